"""Rooms, bookings and invitations: plain Python, no I/O, no clock."""
