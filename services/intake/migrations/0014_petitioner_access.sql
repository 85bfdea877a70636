-- Keyed hash of query code and last four digits of the telephone: finds the case of somebody who shows both, and
-- nobody who has only one. None where no telephone was left.
ALTER TABLE petitioner ADD COLUMN query_key bigint;
CREATE INDEX petitioner_query_key ON petitioner (district_code, query_key) WHERE query_key IS NOT NULL;

-- Attempts to sign in by a query code, whether it exists or not, by a keyed hash of the code.
CREATE TABLE query_attempt (
    district_code text COLLATE "C" NOT NULL,
    code_key      bigint NOT NULL,
    failures      smallint NOT NULL,
    last_at       timestamptz NOT NULL,
    PRIMARY KEY (district_code, code_key)
);
CREATE INDEX query_attempt_age ON query_attempt (district_code, last_at);

-- Which roles looked at a case on a day, for its petitioner: never who.
CREATE TABLE case_access (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    day           date NOT NULL,
    role          text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, case_id, day, role)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['query_attempt', 'case_access']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
