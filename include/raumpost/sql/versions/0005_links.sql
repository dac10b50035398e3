-- Links that are removed, and invitations that are made anew under another technical user.

-- A removed link stays for its history; room and address are free again once it is gone.
ALTER TABLE raumpost.room_mailbox
    ADD COLUMN removal_requested_at timestamptz,
    ADD COLUMN removed_at timestamptz,
    ADD CONSTRAINT removed_after_request CHECK (removed_at IS NULL OR removal_requested_at IS NOT NULL),
    DROP CONSTRAINT room_mailbox_room_id_key;
DROP INDEX raumpost.room_mailbox_address;
CREATE UNIQUE INDEX room_mailbox_room_id_key ON raumpost.room_mailbox (room_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX room_mailbox_address ON raumpost.room_mailbox (lower(address)) WHERE removed_at IS NULL;
COMMENT ON COLUMN raumpost.room_mailbox.removal_requested_at IS
    'its future invitations are being cancelled; nothing new is planned for it';
COMMENT ON COLUMN raumpost.room_mailbox.removed_at IS
    'its cancellations are sent: it is history, and its room and address may be linked anew';

CREATE OR REPLACE FUNCTION raumpost.keep_link_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.room_id, NEW.address, NEW.smtp_conn_id, NEW.imap_conn_id, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.room_id, OLD.address, OLD.smtp_conn_id, OLD.imap_conn_id, OLD.created_at) THEN
        RAISE EXCEPTION 'room mailbox %: only technical_user_id, include_blocks and active may change', OLD.address
            USING ERRCODE = 'integrity_constraint_violation',
                  HINT = 'Every invitation was sent under them; they are fixed when the link is made.';
    END IF;
    IF OLD.removed_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'room mailbox %: its link was removed and is history', OLD.address
            USING ERRCODE = 'integrity_constraint_violation', HINT = 'Link the room anew.';
    END IF;
    IF OLD.removal_requested_at IS NOT NULL
       AND (NEW.removal_requested_at, NEW.technical_user_id, NEW.include_blocks)
           IS DISTINCT FROM (OLD.removal_requested_at, OLD.technical_user_id, OLD.include_blocks) THEN
        RAISE EXCEPTION 'room mailbox %: its link is being removed', OLD.address
            USING ERRCODE = 'integrity_constraint_violation',
                  HINT = 'Wait until its cancellations are sent, then link the room anew.';
    END IF;
    RETURN NEW;
END $$;

-- The organizer of a UID never changes (INTEROP W6). Under another technical user a booking is therefore invited by
-- another row: of the next generation, with a UID of its own, once the cancellation of this one has been sent.
ALTER TABLE raumpost.invitation
    ADD COLUMN generation integer NOT NULL DEFAULT 0 CHECK (generation >= 0),
    ADD COLUMN replacement text CHECK (replacement IN ('wanted', 'made')),
    DROP CONSTRAINT invitation_room_mailbox_id_kind_source_id_key;
ALTER TABLE raumpost.invitation
    ADD CONSTRAINT invitation_room_mailbox_id_kind_source_id_key
        UNIQUE (room_mailbox_id, kind, source_id, generation);
COMMENT ON COLUMN raumpost.invitation.replacement IS
    'wanted: to be cancelled, then invited anew by the next generation; made: the next generation exists';
CREATE INDEX invitation_to_replace ON raumpost.invitation (kind, source_id) WHERE replacement = 'wanted';

-- The cancellation of an invitation that is to be replaced makes its booking a change to plan.
CREATE FUNCTION raumpost.note_replaceable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO raumpost.booking_change (kind, source_id) VALUES (NEW.kind, NEW.source_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_replaceable AFTER UPDATE OF state ON raumpost.invitation
    FOR EACH ROW WHEN (NEW.replacement = 'wanted' AND NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn')
    EXECUTE FUNCTION raumpost.note_replaceable();

-- The next generation settles the one before.
CREATE FUNCTION raumpost.settle_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE raumpost.invitation SET replacement = 'made'
    WHERE room_mailbox_id = NEW.room_mailbox_id AND kind = NEW.kind AND source_id = NEW.source_id
      AND generation < NEW.generation AND replacement = 'wanted';
    RETURN NULL;
END $$;
CREATE TRIGGER settle_replaced AFTER INSERT ON raumpost.invitation
    FOR EACH ROW WHEN (NEW.generation > 0) EXECUTE FUNCTION raumpost.settle_replaced();
