-- Drafts of registrations (C00, T01). No row is ever deleted: that a draft has expired is told by its date.
CREATE TABLE draft (
    district_code  text COLLATE "C" NOT NULL,
    id             uuid NOT NULL,
    channel        smallint NOT NULL,
    -- Sealed: the request of the channel as entered; none once a case has it.
    content        bytea,
    expires_at     timestamptz NOT NULL,
    -- On its way into a case: nobody changes it meanwhile.
    registering    boolean NOT NULL,
    case_id        uuid,
    discard_reason smallint,
    discarded_by   text COLLATE "C",
    -- Sealed: why it was discarded, in words.
    explanation    bytea,
    created_at     timestamptz NOT NULL,
    created_by     text COLLATE "C" NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_by     text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    PRIMARY KEY (district_code, id),
    CHECK ((content IS NULL) = (case_id IS NOT NULL)),
    CHECK (case_id IS NULL OR discarded_by IS NULL),
    CHECK ((discard_reason IS NULL) = (discarded_by IS NULL) AND (explanation IS NULL) = (discarded_by IS NULL))
);
CREATE INDEX draft_age ON draft (district_code, created_at, id);

ALTER TABLE draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE draft FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON draft USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
