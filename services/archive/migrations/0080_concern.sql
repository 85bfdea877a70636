-- Whom a case concerns [R:28(3)], by who says it: triage, the order of assignment, declarations of recusal. Persons by
-- marks: who is complained about is class P2. Of an accusation nothing is here.
CREATE TABLE concern (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    source        text COLLATE "C" NOT NULL CHECK (source IN ('TRIAGE', 'ORDER', 'DECLARATION')),
    -- Marks of those complained about or recused.
    person_marks  bytea[] NOT NULL,
    -- Units complained about.
    unit_ids      uuid[] NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (district_code, case_id, source)
);

-- Which unit stands under which, as assignment tells it: who works under a unit complained about is kept away too.
CREATE TABLE unit_place (
    district_code  text COLLATE "C" NOT NULL,
    unit_id        uuid NOT NULL,
    parent_unit_id uuid,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (district_code, unit_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['concern', 'unit_place']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
