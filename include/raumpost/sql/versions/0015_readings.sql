-- How often a received mail was begun to be read, so that one that ends its reader cannot stop the others for good.

ALTER TABLE raumpost.mail ADD COLUMN readings integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN raumpost.mail.readings IS
    'how often its reading was begun, and not given up for a reason that lies in the database';

-- Facts that code needs, apart from the sentences about them.

ALTER TABLE raumpost.mail ADD COLUMN about_uid text;
COMMENT ON COLUMN raumpost.mail.about_uid IS 'the UID that a received mail is about, where no invitation has it';

ALTER TABLE raumpost.invitation ADD COLUMN bounced boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN raumpost.invitation.bounced IS
    'the current mail came back undeliverable; last_error is what the mail server said';
ALTER TABLE raumpost.invitation ADD CONSTRAINT bounced_is_failed CHECK (NOT bounced OR state = 'failed');

-- What was notified before is notified once more.
DROP TABLE raumpost.alert;
CREATE TABLE raumpost.alert (
    kind          text NOT NULL CHECK (kind IN (
        'database', 'sending', 'reading', 'task', 'unfinished', 'guard', 'unanswered', 'declined')),
    subject       text NOT NULL,
    run_id        text NOT NULL,
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    count         integer NOT NULL CHECK (count > 0),
    quiet_until   timestamptz NOT NULL,
    notified_at   timestamptz,
    recovered_at  timestamptz,
    PRIMARY KEY (kind, subject, run_id)
);
COMMENT ON TABLE raumpost.alert IS 'one row per cause of trouble: when operators were notified, and when they may be again';
COMMENT ON COLUMN raumpost.alert.subject IS 'the interface, task or DAG; empty where the kind says all';
COMMENT ON COLUMN raumpost.alert.run_id IS 'one late run of the DAG; empty: the cause as a whole';
COMMENT ON COLUMN raumpost.alert.first_at IS 'first failure since the last recovery';
COMMENT ON COLUMN raumpost.alert.count IS 'failures since then';
COMMENT ON COLUMN raumpost.alert.quiet_until IS 'no mail about this cause before';
COMMENT ON COLUMN raumpost.alert.notified_at IS 'when the last mail about it left; NULL: none has';

ALTER TABLE raumpost.check_result RENAME COLUMN verdict TO status;
ALTER TABLE raumpost.check_result RENAME CONSTRAINT check_result_verdict_check TO check_result_status_check;
ALTER INDEX raumpost.check_result_trouble RENAME TO check_result_status;
