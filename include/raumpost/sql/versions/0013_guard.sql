-- Cancellations that wait for an approval because too many came at once.

CREATE TABLE raumpost.withheld (
    invitation_id  bigint PRIMARY KEY REFERENCES raumpost.invitation ON DELETE CASCADE,
    state          text NOT NULL DEFAULT 'noted' CHECK (state IN ('noted', 'withheld', 'released')),
    noted_at       timestamptz NOT NULL
);
COMMENT ON TABLE raumpost.withheld IS
    'invitations whose booking is gone: each cancellation is noted here first and counted at the end of the pass';
COMMENT ON COLUMN raumpost.withheld.state IS
    'noted: not counted yet; withheld: too many of this link, a person must approve; released: the next pass cancels';

ALTER TABLE raumpost.preview
    DROP CONSTRAINT preview_verb_check,
    ADD CONSTRAINT preview_verb_check CHECK (verb IN ('initialise', 'reset', 'approve'));
ALTER TABLE raumpost.preview_item
    DROP CONSTRAINT preview_item_outcome_check,
    ADD CONSTRAINT preview_item_outcome_check CHECK (outcome IN (
        'invited', 'invited-changed', 'invited-already', 'not-wanted', 'reset', 'approved', 'moved-on'));
COMMENT ON TABLE raumpost.preview IS
    'what mailbox_initialise, mailbox_reset_failed and mailbox_approve_cancellations have shown; a preview may be '
    'deleted when its run is over';
