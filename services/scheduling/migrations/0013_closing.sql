-- The archivist reads the record of a case from its closure report on.
ALTER TABLE known_case ADD COLUMN closing boolean NOT NULL DEFAULT false;
