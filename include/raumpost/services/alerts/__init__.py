"""Report trouble to operators once, and its end."""
