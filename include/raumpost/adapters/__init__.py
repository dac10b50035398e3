"""The only modules that speak a protocol: Postgres, SMTP, IMAP."""
