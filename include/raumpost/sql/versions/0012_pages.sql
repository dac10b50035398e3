-- What the pages of invitations and of the log need to be quick, and which DAG and batch wrote a line.

-- Run ids are unique only within a DAG.
ALTER TABLE raumpost.journal
    ADD COLUMN dag_id text,
    ADD COLUMN batch bigint;
COMMENT ON COLUMN raumpost.journal.dag_id IS 'the DAG of dag_run; NULL: no run, or written before this column existed';
COMMENT ON COLUMN raumpost.journal.batch IS 'in which the invitation was after this step';
UPDATE raumpost.journal SET dag_id = actor
WHERE dag_run IS NOT NULL AND actor IN ('mailbox_processor', 'mailbox_housekeeping');

CREATE INDEX journal_at ON raumpost.journal (at);
CREATE INDEX journal_worse ON raumpost.journal (id) WHERE level <> 'info';
CREATE INDEX journal_step ON raumpost.journal (step, id);
CREATE INDEX journal_run ON raumpost.journal (dag_run, id) WHERE dag_run IS NOT NULL;
CREATE INDEX journal_dag ON raumpost.journal (dag_id, id) WHERE dag_id IS NOT NULL;

-- Search by the beginnings of words. Whatever is no letter or digit separates words: the parser of Postgres would take
-- “Physik/Chemie” for the name of a file. A title may be longer than what an index takes.
ALTER TABLE raumpost.invitation ADD COLUMN words tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', regexp_replace(left(summary, 1000), '[^[:alnum:]]+', ' ', 'g'))) STORED;
CREATE INDEX invitation_words ON raumpost.invitation USING gin (words);
CREATE INDEX invitation_start ON raumpost.invitation (starts_at, id);
CREATE INDEX mail_invitation ON raumpost.mail (invitation_id, id) WHERE invitation_id IS NOT NULL;
