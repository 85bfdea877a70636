-- Reception days, their slots and appointments.

CREATE TABLE reception_day (
    district_code    text COLLATE "C" NOT NULL,
    id               uuid NOT NULL,
    day              date NOT NULL,
    kind             text COLLATE "C" NOT NULL CHECK (kind IN ('REGULAR', 'SUBSTITUTE', 'EXTRA')),
    state            text COLLATE "C" NOT NULL
                     CHECK (state IN ('PLANNED', 'PUBLISHED', 'OPEN', 'CLOSED', 'CANCELLED')),
    leader_id        uuid NOT NULL,
    backup_leader_id uuid,
    hall             text NOT NULL,
    open_from        time NOT NULL,
    open_to          time NOT NULL,
    provisional      boolean NOT NULL,
    published_at     timestamptz,
    cancel_reason    text,
    substitute_id    uuid,
    -- Last number given to a visitor group of the day.
    receptions       integer NOT NULL CHECK (receptions BETWEEN 0 AND 999),
    created_at       timestamptz NOT NULL,
    created_by       text COLLATE "C" NOT NULL,
    updated_at       timestamptz NOT NULL,
    updated_by       text COLLATE "C" NOT NULL,
    version          bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, id),
    FOREIGN KEY (district_code, leader_id) REFERENCES leader (district_code, id),
    FOREIGN KEY (district_code, backup_leader_id) REFERENCES leader (district_code, id),
    CHECK (backup_leader_id <> leader_id),
    CHECK (state IN ('PLANNED', 'CANCELLED') OR published_at IS NOT NULL),
    CHECK (state <> 'CANCELLED' OR cancel_reason IS NOT NULL)
);
-- One session per date; a cancelled one makes room.
CREATE UNIQUE INDEX reception_day_date ON reception_day (district_code, day) WHERE state <> 'CANCELLED';
CREATE INDEX reception_day_list ON reception_day (district_code, day, id);

CREATE TABLE slot (
    district_code    text COLLATE "C" NOT NULL,
    id               uuid NOT NULL,
    reception_day_id uuid NOT NULL,
    starts_at        time NOT NULL,
    minutes          integer NOT NULL CHECK (minutes > 0),
    room             text NOT NULL,
    walk_in          boolean NOT NULL,
    PRIMARY KEY (district_code, id),
    UNIQUE (district_code, reception_day_id, starts_at, room),
    FOREIGN KEY (district_code, reception_day_id) REFERENCES reception_day (district_code, id)
);

CREATE TABLE appointment (
    district_code    text COLLATE "C" NOT NULL,
    id               uuid NOT NULL,
    reception_day_id uuid NOT NULL,
    slot_id          uuid NOT NULL,
    state            text COLLATE "C" NOT NULL CHECK (state IN ('CONFIRMED', 'CHECKED_IN', 'IN_MEETING',
                     'COMPLETED', 'RESCHEDULED', 'CANCELLED_BY_PETITIONER', 'CANCELLED_BY_OFFICE', 'NO_SHOW')),
    -- Names, identity numbers and telephones of the visitors, and what it is about: sealed.
    visitors         bytea NOT NULL,
    subject          bytea NOT NULL,
    case_id          uuid,
    channel          text COLLATE "C" NOT NULL CHECK (channel IN ('COUNTER', 'PHONE', 'ONLINE')),
    moved_from       uuid,
    reason           text,
    created_at       timestamptz NOT NULL,
    created_by       text COLLATE "C" NOT NULL,
    updated_at       timestamptz NOT NULL,
    updated_by       text COLLATE "C" NOT NULL,
    version          bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, id),
    FOREIGN KEY (district_code, reception_day_id) REFERENCES reception_day (district_code, id),
    FOREIGN KEY (district_code, slot_id) REFERENCES slot (district_code, id),
    FOREIGN KEY (district_code, case_id) REFERENCES known_case (district_code, id),
    FOREIGN KEY (district_code, moved_from) REFERENCES appointment (district_code, id)
);
-- The booking rule: a slot (and with it day, start and room) is held by at most one appointment. A bare
-- exclusion constraint gives the same and is far slower under contention.
CREATE UNIQUE INDEX appointment_slot ON appointment (district_code, slot_id)
    WHERE state IN ('CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED');
CREATE INDEX appointment_day ON appointment (district_code, reception_day_id, created_at, id);

-- Who holds an appointment on a day, by blind index of identity number or telephone, while it is held.
CREATE TABLE appointment_person (
    district_code    text COLLATE "C" NOT NULL,
    reception_day_id uuid NOT NULL,
    person           bytea NOT NULL CHECK (octet_length(person) = 32),
    appointment_id   uuid NOT NULL,
    PRIMARY KEY (district_code, reception_day_id, person),
    FOREIGN KEY (district_code, appointment_id) REFERENCES appointment (district_code, id)
);
CREATE INDEX appointment_person_of ON appointment_person (district_code, appointment_id);
