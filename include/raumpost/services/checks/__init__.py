"""Look at interfaces, links and rooms, and keep what was found."""
