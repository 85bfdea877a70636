-- In which unit somebody looked at a case; the nil uuid for a role that is of no unit, and of a sealed case always.
ALTER TABLE case_access ADD COLUMN unit_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE case_access DROP CONSTRAINT case_access_pkey;
ALTER TABLE case_access ADD PRIMARY KEY (district_code, case_id, day, role, unit_id);

-- What a unit is called, as assignment tells it; none where it has told nothing since this column is here.
ALTER TABLE unit_place ADD COLUMN name text;
