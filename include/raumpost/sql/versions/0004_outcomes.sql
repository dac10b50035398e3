-- Aliases of room mailboxes, the mail behind a journal line, and what a received mail can come to.

CREATE TABLE raumpost.room_mailbox_alias (
    room_mailbox_id  bigint NOT NULL REFERENCES raumpost.room_mailbox ON DELETE CASCADE,
    address          text NOT NULL
        CONSTRAINT alias_is_an_address CHECK (
            length(address) <= 254
            AND address ~ '^[A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$'),
    PRIMARY KEY (room_mailbox_id, address)
);
CREATE UNIQUE INDEX room_mailbox_alias_address ON raumpost.room_mailbox_alias (lower(address));
COMMENT ON TABLE raumpost.room_mailbox_alias IS
    'further addresses under which a room mailbox answers; unlike its own address they may change';

ALTER TABLE raumpost.journal ADD COLUMN mail_id bigint REFERENCES raumpost.mail ON DELETE SET NULL;
COMMENT ON COLUMN raumpost.journal.mail_id IS 'the received mail behind this line';
CREATE INDEX journal_mail ON raumpost.journal (mail_id) WHERE mail_id IS NOT NULL;

ALTER TABLE raumpost.mail DROP CONSTRAINT mail_outcome_check;
ALTER TABLE raumpost.mail ADD CONSTRAINT mail_outcome_check CHECK (outcome IN (
    'rendered', 'sent', 'not-sent', 'uncertain',
    'applied', 'superseded', 'stale', 'future', 'no-answer', 'counter', 'delegated',
    'not-the-room', 'untrusted', 'bounce', 'delay', 'auto-reply', 'receipt', 'unknown', 'other', 'unreadable'));
CREATE INDEX mail_sent_by_message_id ON raumpost.mail (message_id) WHERE direction = 'out';
