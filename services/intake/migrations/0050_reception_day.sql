-- The leaders' reception days, as scheduling tells them: a visit names one of them, and when a day is over whoever was
-- not received waits for no record.
CREATE TABLE reception_day (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    -- Closed or cancelled: nobody is received on it any more.
    is_over       boolean NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (district_code, id)
);

-- Cases that wait for the record of their day; few at any time.
CREATE INDEX case_file_awaits_reception ON case_file (district_code, reception_day_id)
    WHERE reception_day_id IS NOT NULL AND reception_id IS NULL;

-- Days that were told before this table was there. As its owner, and of all districts at once.
ALTER TABLE inbox NO FORCE ROW LEVEL SECURITY;
INSERT INTO reception_day (district_code, id, is_over, updated_at)
SELECT DISTINCT ON (district_code, entity_id)
       district_code, entity_id, kind IN ('reception_day.closed', 'reception_day.cancelled'), occurred_at
FROM inbox
WHERE publisher = 'scheduling' AND entity_kind = 'reception_day' AND state = 'applied'
ORDER BY district_code, entity_id, sequence DESC;
ALTER TABLE inbox FORCE ROW LEVEL SECURITY;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['reception_day']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
