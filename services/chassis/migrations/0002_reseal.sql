-- How far each sealed column has come under the keys that seal now. target says which keys those are, walked is the last
-- key of the table that was looked at, left_over how many values were still under others. A row of another target
-- counts as none.
CREATE TABLE reseal (
    district_code text COLLATE "C" NOT NULL,
    table_name    text COLLATE "C" NOT NULL,
    column_name   text COLLATE "C" NOT NULL,
    target        text COLLATE "C" NOT NULL,
    walked        uuid,
    left_over     bigint NOT NULL,
    done          bigint NOT NULL,
    finished      boolean NOT NULL,
    PRIMARY KEY (district_code, table_name, column_name)
);

ALTER TABLE reseal ENABLE ROW LEVEL SECURITY;
ALTER TABLE reseal FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON reseal USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
