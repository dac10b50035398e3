"""Turn changes of bookings into invitations to be sent, and hold back what a shrunken source would cancel."""
