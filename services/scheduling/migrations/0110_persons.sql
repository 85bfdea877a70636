-- Who may book for a case, as intake tells it: blind indexes of identity number and mobile, sealed, because a dump must
-- not show which cases one person has.
ALTER TABLE known_case ADD COLUMN persons bytea;

-- Who holds an appointment is told by the blind index that intake has too, hashed together with the date: so a
-- petitioner who books himself is the same person as at the counter, and still nobody is followed from day to day. Rows
-- written before mean nothing under the new index; nothing has been released that wrote them.
TRUNCATE appointment_person;

-- What a petitioner sees of his case.
CREATE INDEX appointment_case ON appointment (district_code, case_id) WHERE case_id IS NOT NULL;
