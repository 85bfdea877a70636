-- Requests to export rows of the register, and what became of them. The rows themselves are never stored here.
CREATE TABLE export_request (
    district_code  text COLLATE "C" NOT NULL,
    id             uuid NOT NULL,
    first_day      date NOT NULL,
    last_day       date NOT NULL,
    -- None means all.
    states         text[] COLLATE "C" NOT NULL,
    -- Numbers of the contract, in the order of the columns.
    fields         smallint[] NOT NULL,
    purpose        smallint NOT NULL,
    -- Sealed: what the rows are needed for.
    reason         bytea NOT NULL,
    counted        integer NOT NULL,
    -- The highest number of the set: what is registered later does not come in.
    upper_year     smallint NOT NULL,
    upper_sequence integer NOT NULL,
    approved       boolean,
    decided_by     text COLLATE "C",
    decided_at     timestamptz,
    -- Sealed: why it was refused.
    refusal        bytea,
    expires_at     timestamptz,
    fetched_at     timestamptz,
    -- The request that fetched it; the same one may go on.
    fetched_with   uuid,
    created_at     timestamptz NOT NULL,
    created_by     text COLLATE "C" NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_by     text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    PRIMARY KEY (district_code, id),
    CHECK ((approved IS NULL) = (decided_by IS NULL) AND (approved IS NULL) = (decided_at IS NULL)),
    CHECK (decided_by <> created_by),
    CHECK ((expires_at IS NOT NULL) = COALESCE(approved, false)),
    CHECK ((fetched_at IS NULL) = (fetched_with IS NULL)),
    CHECK (fetched_at IS NULL OR fetched_at < expires_at)
);
CREATE INDEX export_request_age ON export_request (district_code, created_at, id);

-- How much of what is limited by the day was taken today; earlier days are swept. Somebody is empty where the district
-- has the limit as a whole.
CREATE TABLE daily_use (
    district_code text COLLATE "C" NOT NULL,
    day           date NOT NULL,
    act           text COLLATE "C" NOT NULL,
    somebody      text COLLATE "C" NOT NULL,
    taken         integer NOT NULL CHECK (taken > 0),
    PRIMARY KEY (district_code, day, act, somebody)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['export_request', 'daily_use']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
