-- The search in sealed petition texts: tokens in place of words. What they tell and what not is said in the chassis,
-- module "search".

-- The tokens of a submission's title, content and requests, ascending and distinct, filled a little after the registration
-- and only for ordinary cases. Derived: it can be emptied together with search_progress and fills again.
CREATE TABLE search_text (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    ordinal       smallint NOT NULL,
    tokens        integer[] NOT NULL CHECK (cardinality(tokens) <= 100000),
    PRIMARY KEY (district_code, case_id, ordinal)
);

-- Up to which number of a year the texts are in, counted like number_counter, and with tokens of which key and scheme.
CREATE TABLE search_progress (
    district_code text COLLATE "C" NOT NULL,
    year          smallint NOT NULL,
    done          integer NOT NULL CHECK (done BETWEEN 0 AND 999999),
    scheme        integer NOT NULL,
    PRIMARY KEY (district_code, year)
);

-- The district needs no place in this index: the tokens of two districts are never the same. New rows wait in its
-- pending list and are merged many at a time, since each brings some hundred entries.
CREATE INDEX search_text_tokens ON search_text USING gin (tokens) WITH (fastupdate = on, gin_pending_list_limit = 2048);

-- Tokens are noise to a compressor.
ALTER TABLE search_text ALTER COLUMN tokens SET STORAGE EXTERNAL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['search_text', 'search_progress']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;

-- Which tokens are wanted stands in app.search and is asked by a policy, not by the statement: behind row-level
-- security Postgres uses an index only for operators marked leakproof, @> on arrays is none, and a search would read the
-- whole table. A condition of a policy is under no such rule. It only takes rows away, and without the setting none.
CREATE POLICY wanted ON search_text AS RESTRICTIVE FOR SELECT
    USING (tokens @> COALESCE(NULLIF(current_setting('app.search', true), ''), '{}')::integer[]);
