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

ALTER TABLE concern ENABLE ROW LEVEL SECURITY;
ALTER TABLE concern FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON concern USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));

-- Staff complained about, beside the units: by marks.
ALTER TABLE triage ADD COLUMN complained_person_marks bytea[] NOT NULL DEFAULT '{}';
