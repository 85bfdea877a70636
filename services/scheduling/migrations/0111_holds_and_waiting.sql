-- A slot may be held for somebody who has not confirmed it, and people may wait for one. A hold is over when its time is,
-- without anything having to happen: the statement that books the slot next, ends it.

ALTER TABLE appointment ALTER COLUMN slot_id DROP NOT NULL;
ALTER TABLE appointment ADD COLUMN held_until timestamptz;
ALTER TABLE appointment DROP CONSTRAINT appointment_state_check;
ALTER TABLE appointment ADD CONSTRAINT appointment_state_check CHECK (state IN ('REQUESTED', 'CONFIRMED', 'CHECKED_IN',
    'IN_MEETING', 'COMPLETED', 'RESCHEDULED', 'CANCELLED_BY_PETITIONER', 'CANCELLED_BY_OFFICE', 'DECLINED', 'EXPIRED',
    'NO_SHOW'));
-- Only who waits, or has left the list, has no slot; a slot that is not confirmed is held for a time.
ALTER TABLE appointment ADD CONSTRAINT appointment_place CHECK (
    slot_id IS NOT NULL OR state IN ('REQUESTED', 'RESCHEDULED', 'CANCELLED_BY_PETITIONER', 'CANCELLED_BY_OFFICE', 'DECLINED')
);
ALTER TABLE appointment ADD CONSTRAINT appointment_hold CHECK (
    state <> 'REQUESTED' OR (slot_id IS NULL) = (held_until IS NULL)
);

-- A hold has its slot like an appointment that is confirmed.
DROP INDEX appointment_slot;
CREATE UNIQUE INDEX appointment_slot ON appointment (district_code, slot_id)
    WHERE state IN ('REQUESTED', 'CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED');
-- Since when a slot is free.
CREATE INDEX appointment_of_slot ON appointment (district_code, slot_id);
-- Who waits for a day, in order.
CREATE INDEX appointment_waiting ON appointment (district_code, reception_day_id, created_at, id)
    WHERE state = 'REQUESTED' AND slot_id IS NULL;
