-- Counting the invitations of all room mailboxes reads this index alone.
CREATE INDEX invitation_ahead ON raumpost.invitation (ends_at) INCLUDE (room_mailbox_id, state, answer);
