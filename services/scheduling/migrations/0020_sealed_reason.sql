-- Why the office called an appointment off may tell about the visitors, so it is sealed like the subject. Nothing has been
-- released that wrote it in clear: there is no value to carry over.
ALTER TABLE appointment ADD COLUMN end_reason bytea;
ALTER TABLE appointment DROP COLUMN reason;

-- Who holds an appointment is told by index of identity number or telephone together with the day: a dump does not show
-- on which days the same person came. Rows written before mean nothing under the new index.
TRUNCATE appointment_person;

COMMENT ON COLUMN reception_day.cancel_reason IS
    'In clear, because it is a public notice: the hall and the public roster show why a day is called off.';
