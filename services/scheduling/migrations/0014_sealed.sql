-- A case of the sealed compartment (DEC-14): of it nothing is shown here.
ALTER TABLE known_case ADD COLUMN sealed boolean NOT NULL DEFAULT false;
