-- A unit as one person proposes it, until another confirms; at most one for each unit. Nobody but both together moves
-- a unit out from under another (DEC-14).
CREATE TABLE unit_proposal (
    district_code     text COLLATE "C" NOT NULL,
    unit_id           uuid NOT NULL,
    proposal_id       uuid NOT NULL,
    name              text NOT NULL,
    kind              text COLLATE "C" NOT NULL,
    parent_unit_id    uuid,
    successor_unit_id uuid,
    uscc              text COLLATE "C",
    active            boolean NOT NULL,
    -- The version of the unit that it changes; 0 adds one.
    version           bigint NOT NULL CHECK (version >= 0),
    proposed_by       text COLLATE "C" NOT NULL,
    -- Class P1.
    proposed_name     text NOT NULL,
    proposed_at       timestamptz NOT NULL,
    PRIMARY KEY (district_code, unit_id),
    UNIQUE (district_code, proposal_id)
);

ALTER TABLE unit_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit_proposal FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON unit_proposal USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
