-- Requests of city support to be let into one case, and what was decided.
CREATE TABLE break_glass (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    case_id       uuid NOT NULL,
    -- Sealed: the fault, and why it cannot be found without the content.
    reason        bytea NOT NULL,
    approved      boolean,
    decided_by    text COLLATE "C",
    decided_at    timestamptz,
    -- Sealed: why it was refused.
    refusal       bytea,
    ended_at      timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (district_code, id),
    CHECK ((approved IS NULL) = (decided_by IS NULL) AND (approved IS NULL) = (decided_at IS NULL)),
    CHECK (decided_by <> created_by),
    CHECK (ended_at IS NULL OR approved),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id)
);
CREATE INDEX break_glass_age ON break_glass (district_code, created_at, id);
CREATE INDEX break_glass_waiting ON break_glass (district_code, created_at, id) WHERE approved IS NULL;

ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON break_glass
    USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
