-- Which of our received mails have been put away.

ALTER TABLE raumpost.mail
    ADD COLUMN filed_at timestamptz,
    ADD CONSTRAINT only_received_is_filed CHECK (filed_at IS NULL OR direction = 'in');
COMMENT ON COLUMN raumpost.mail.filed_at IS
    'moved to the processed folder, or found gone from its own; NULL: lies where it arrived';
CREATE INDEX mail_to_file ON raumpost.mail (imap_conn_id, folder, id)
    WHERE direction = 'in' AND invitation_id IS NOT NULL AND filed_at IS NULL;
