-- What a person was shown before something was done by hand: exactly this is applied after approval.

CREATE TABLE raumpost.preview (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    verb        text NOT NULL CHECK (verb IN ('initialise', 'reset')),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL,
    dag_run     text
);
COMMENT ON TABLE raumpost.preview IS
    'what mailbox_initialise and mailbox_reset_failed have shown; a preview may be deleted when its run is over';

CREATE TABLE raumpost.preview_item (
    preview_id       bigint NOT NULL REFERENCES raumpost.preview ON DELETE CASCADE,
    room_mailbox_id  bigint NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('event', 'block')),
    source_id        bigint NOT NULL,
    fingerprint      text NOT NULL,
    outcome          text CHECK (outcome IN (
                         'invited', 'invited-changed', 'invited-already', 'not-wanted', 'reset', 'moved-on')),
    PRIMARY KEY (preview_id, room_mailbox_id, kind, source_id)
);
COMMENT ON COLUMN raumpost.preview_item.room_mailbox_id IS
    'without a foreign key: that the link is gone since is something to say, not to prevent';
COMMENT ON COLUMN raumpost.preview_item.fingerprint IS 'of what was shown; another one means that it changed since';
COMMENT ON COLUMN raumpost.preview_item.outcome IS 'NULL: shown, not applied';
