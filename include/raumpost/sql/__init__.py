"""The database of Raumpost: its revisions, in plain SQL, and its named statements."""
