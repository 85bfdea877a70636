-- Clocks that run on cases, as supervision tells of them: until when the petitioner can expect what.
CREATE TABLE case_term (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    clock_id      uuid NOT NULL,
    clock         text COLLATE "C" NOT NULL,
    due_eff       date NOT NULL,
    PRIMARY KEY (district_code, case_id, clock_id),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id)
);

ALTER TABLE case_term ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_term FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON case_term
    USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
