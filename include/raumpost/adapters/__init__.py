"""The only files that speak a protocol: Postgres, SMTP, IMAP."""
