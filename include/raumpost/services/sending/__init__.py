"""Write the mails of a batch and hand them to a mail server, each outcome committed at once."""
