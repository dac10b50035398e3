-- Indexes for the overview, which must stay quick with hundreds of thousands of invitations.

CREATE INDEX invitation_counts ON raumpost.invitation (room_mailbox_id, state, answer);
CREATE INDEX invitation_late ON raumpost.invitation (state, ends_at) WHERE state IN ('sent', 'failed');
CREATE INDEX invitation_declined ON raumpost.invitation (ends_at) WHERE state = 'answered' AND answer = 'DECLINED';
CREATE INDEX invitation_answered ON raumpost.invitation (answered_at) INCLUDE (sent_at) WHERE state = 'answered';
CREATE INDEX journal_done ON raumpost.journal (at) INCLUDE (step) WHERE step IN ('confirm', 'answer');
