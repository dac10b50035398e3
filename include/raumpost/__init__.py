"""Raumpost: keeps groupware room mailboxes in step with room bookings."""
