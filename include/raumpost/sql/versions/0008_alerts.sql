-- What has been told to operators, and which invitations have been forgotten.

CREATE TABLE raumpost.alert (
    cause         text PRIMARY KEY CHECK (cause <> ''),
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    count         integer NOT NULL CHECK (count > 0),
    quiet_until   timestamptz NOT NULL,
    notified_at       timestamptz,
    recovered_at  timestamptz
);
COMMENT ON TABLE raumpost.alert IS 'one row per cause of trouble: who has told of it, and when again';
COMMENT ON COLUMN raumpost.alert.first_at IS 'first failure since the last recovery';
COMMENT ON COLUMN raumpost.alert.count IS 'failures since then';
COMMENT ON COLUMN raumpost.alert.quiet_until IS 'nobody tells of this cause before';
COMMENT ON COLUMN raumpost.alert.notified_at IS 'when the last mail about it left; NULL: none has';

ALTER TABLE raumpost.invitation ADD COLUMN forgotten_at timestamptz;
COMMENT ON COLUMN raumpost.invitation.forgotten_at IS
    'housekeeping removed its texts, mails and journal; a change after that makes it known again';
CREATE INDEX invitation_end ON raumpost.invitation (ends_at);
CREATE INDEX mail_foreign ON raumpost.mail (received_at) WHERE direction = 'in' AND invitation_id IS NULL;
CREATE INDEX journal_loose ON raumpost.journal (id) WHERE invitation_id IS NULL;
