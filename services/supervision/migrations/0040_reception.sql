-- A case may be received again before the record of the first talk is done: each record has its own K0, and the second
-- talk takes nothing from the first. Clocks of before, and all but K0, are about no reception.
ALTER TABLE clock ADD COLUMN reception_id uuid;

-- One running clock of a code in a case, of K0 one for each reception, whatever two events race for.
DROP INDEX clock_running;
CREATE UNIQUE INDEX clock_running ON clock (district_code, case_id, code, reception_id) NULLS NOT DISTINCT
    WHERE state = 'running';
