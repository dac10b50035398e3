"""Calendar mail, pure: bytes in, bytes out."""
