-- The queue of a reception day: numbers, and nothing about a person but the appointment one was taken for.

-- Last number given.
ALTER TABLE reception_day ADD COLUMN queue_numbers integer NOT NULL DEFAULT 0 CHECK (queue_numbers BETWEEN 0 AND 999);

CREATE TABLE queue_entry (
    district_code    text COLLATE "C" NOT NULL,
    id               uuid NOT NULL,
    reception_day_id uuid NOT NULL,
    number           integer NOT NULL CHECK (number BETWEEN 1 AND 999),
    state            text COLLATE "C" NOT NULL CHECK (state IN ('WAITING', 'CALLED', 'DONE', 'ABSENT')),
    -- That somebody is called before others; why, is not kept.
    with_needs       boolean NOT NULL,
    appointment_id   uuid,
    -- A slot kept for walk-in visitors.
    slot_id          uuid,
    room             text,
    called_at        timestamptz,
    created_at       timestamptz NOT NULL,
    created_by       text COLLATE "C" NOT NULL,
    updated_at       timestamptz NOT NULL,
    updated_by       text COLLATE "C" NOT NULL,
    version          bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, id),
    UNIQUE (district_code, reception_day_id, number),
    FOREIGN KEY (district_code, reception_day_id) REFERENCES reception_day (district_code, id),
    FOREIGN KEY (district_code, appointment_id) REFERENCES appointment (district_code, id),
    FOREIGN KEY (district_code, slot_id) REFERENCES slot (district_code, id),
    CHECK (appointment_id IS NULL OR slot_id IS NULL),
    CHECK (state = 'WAITING' OR room IS NOT NULL)
);
-- An appointment has one number at a time, a kept slot one holder.
CREATE UNIQUE INDEX queue_appointment ON queue_entry (district_code, appointment_id)
    WHERE appointment_id IS NOT NULL AND state <> 'ABSENT';
CREATE UNIQUE INDEX queue_slot ON queue_entry (district_code, slot_id) WHERE slot_id IS NOT NULL AND state <> 'ABSENT';

ALTER TABLE queue_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE queue_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON queue_entry
    USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
