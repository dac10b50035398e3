-- Previews that tell the generations of an invitation apart: the cancellation of a replaced one may fail, by a late bounce,
-- while the one that follows it lives.

ALTER TABLE raumpost.preview_item
    ADD COLUMN generation integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT preview_item_pkey;
ALTER TABLE raumpost.preview_item
    ADD CONSTRAINT preview_item_pkey PRIMARY KEY (preview_id, room_mailbox_id, kind, source_id, generation);
COMMENT ON COLUMN raumpost.preview_item.generation IS 'of the invitation to be reset; 0 where one is to be made';
