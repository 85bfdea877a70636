-- K1 no longer has the dates of the registration: another calendar came into force, and supervision derived it anew.
ALTER TABLE case_file ADD COLUMN k1_recomputed boolean NOT NULL DEFAULT false;
