-- What a restored database must know so as not to say two things under one number.

ALTER TABLE raumpost.installation
    ADD COLUMN sequence_floor integer NOT NULL DEFAULT 0 CHECK (sequence_floor >= 0),
    ADD COLUMN restored_at timestamptz;
COMMENT ON COLUMN raumpost.installation.sequence_floor IS
    'SEQUENCE of new invitations: above all that may have been sent since the dump was made';
COMMENT ON COLUMN raumpost.installation.restored_at IS 'when “python -m raumpost restored” last put things right';
