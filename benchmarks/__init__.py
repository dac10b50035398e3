"""What a mail costs: `make bench`."""
