-- Tables of the service that the tests of the data side run.
CREATE TABLE note (
    district_code text COLLATE "C" NOT NULL,
    note_id       uuid NOT NULL,
    content       bytea NOT NULL,
    PRIMARY KEY (district_code, note_id)
);
-- Without a key, so that an effect that happened twice can be seen.
CREATE TABLE effect (
    district_code text COLLATE "C" NOT NULL,
    place         bigint GENERATED ALWAYS AS IDENTITY,
    event_id      uuid NOT NULL,
    publisher     text COLLATE "C" NOT NULL,
    entity_id     uuid NOT NULL,
    sequence      bigint NOT NULL
);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
ALTER TABLE note FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON note USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
ALTER TABLE effect ENABLE ROW LEVEL SECURITY;
ALTER TABLE effect FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON effect USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
