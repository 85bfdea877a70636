-- How the petitioner was told of a void, and which supervisor looked at it first. None where nobody did.
ALTER TABLE void_register
    ADD COLUMN told smallint,
    ADD COLUMN reviewed_by text COLLATE "C",
    ADD COLUMN reviewed_at timestamptz,
    ADD CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL)),
    ADD CHECK (reviewed_by IS NULL OR (reviewed_by <> proposed_by AND reviewed_by <> confirmed_by));
CREATE INDEX void_register_age ON void_register (district_code, confirmed_at, case_id) WHERE confirmed_at IS NOT NULL;
