-- Which roles have opened a case in this service on a day, and in which unit: the first look of each, never who.
CREATE TABLE case_opened (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    day           date NOT NULL,
    role          text COLLATE "C" NOT NULL,
    -- Of the role of a unit; the nil uuid for every other.
    unit_id       uuid NOT NULL,
    PRIMARY KEY (district_code, case_id, day, role, unit_id)
);

ALTER TABLE case_opened ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_opened FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON case_opened USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
