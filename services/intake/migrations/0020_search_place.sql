-- The sealed text of a submission opens in its own row only: what it is bound to follows from both parts of the key, and is
-- no value that somebody could move along with the text. The index is derived, so it is emptied and fills again.
TRUNCATE search_text, search_progress;
ALTER TABLE search_text ADD COLUMN place uuid NOT NULL
    GENERATED ALWAYS AS (substring(encode(sha256(uuid_send(case_id) || int2send(ordinal)), 'hex') FROM 1 FOR 32)::uuid) STORED;
