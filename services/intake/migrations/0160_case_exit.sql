-- Ends of cases that two persons decide (T03, T05, T06, T07): proposals, and what became of them.
CREATE TABLE case_exit (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    -- Where it leads, by its number in the code: joined, not accepted, no longer accepted, passed on.
    kind          smallint NOT NULL,
    -- The open case it is joined to, or the one whose remedies are exhausted.
    other_case_id uuid,
    -- Sealed: the proposal with its reasons.
    proposal      bytea NOT NULL,
    -- Version of the case after the proposal: whatever is done on the case later makes it void.
    case_version  bigint NOT NULL,
    proposed_by   text COLLATE "C" NOT NULL,
    -- Class P1.
    proposed_name text NOT NULL,
    decided_by    text COLLATE "C",
    decided_at    timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (district_code, case_id),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (decided_by <> proposed_by),
    CHECK (other_case_id <> case_id),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id),
    FOREIGN KEY (district_code, other_case_id) REFERENCES case_file (district_code, id)
);
CREATE INDEX case_exit_other ON case_exit (district_code, other_case_id) WHERE decided_at IS NOT NULL;

ALTER TABLE case_exit ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_exit FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON case_exit
    USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
