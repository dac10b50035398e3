"""Make, change and remove the links of rooms to their mailboxes."""
