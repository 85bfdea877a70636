-- Who reviews and signs for whom, on which days, as scheduling tells it.

CREATE TABLE delegation (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    leader_id     uuid NOT NULL,
    delegate_id   uuid NOT NULL,
    first_day     date NOT NULL,
    last_day      date NOT NULL,
    -- It is for reviewing and signing, and was not taken back.
    signs         boolean NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (district_code, id)
);
CREATE INDEX delegation_of ON delegation (district_code, leader_id, delegate_id, last_day) WHERE signs;

-- By which delegation somebody reviewed who is not the responsible leader.
ALTER TABLE leader_review ADD COLUMN delegation_id uuid;

DO $$
BEGIN
    ALTER TABLE delegation ENABLE ROW LEVEL SECURITY;
    ALTER TABLE delegation FORCE ROW LEVEL SECURITY;
    CREATE POLICY district ON delegation
        USING (district_code = NULLIF(current_setting('app.district', true), ''))
        WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
END
$$;
