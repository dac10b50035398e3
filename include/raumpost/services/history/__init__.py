"""Show what happened to a booking, an invitation, or everything."""
