-- The leadership team, its leave, and which calendar is in force. Names and posts of officials are class P1
-- and stand in clear.

CREATE TABLE leader (
    district_code   text COLLATE "C" NOT NULL,
    id              uuid NOT NULL,
    name            text NOT NULL,
    post            text NOT NULL,
    portfolio       text[] NOT NULL,
    linked_towns    text[] NOT NULL,
    person_id       text COLLATE "C" NOT NULL,
    certificate_pem text COLLATE "C" NOT NULL,
    rota_order      integer NOT NULL CHECK (rota_order BETWEEN 1 AND 999),
    active          boolean NOT NULL,
    created_at      timestamptz NOT NULL,
    created_by      text COLLATE "C" NOT NULL,
    updated_at      timestamptz NOT NULL,
    updated_by      text COLLATE "C" NOT NULL,
    version         bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, id),
    -- One token, one leader: otherwise nobody could say whose instruction it was.
    CONSTRAINT leader_person UNIQUE (district_code, person_id)
);
CREATE INDEX leader_rota ON leader (district_code, rota_order, id);

CREATE TABLE leader_leave (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    leader_id     uuid NOT NULL,
    first_day     date NOT NULL,
    last_day      date NOT NULL CHECK (last_day >= first_day),
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, id),
    FOREIGN KEY (district_code, leader_id) REFERENCES leader (district_code, id)
);
CREATE INDEX leader_leave_of ON leader_leave (district_code, leader_id, last_day);

-- A version of the working-day calendar that the district was told of; its row is the proof that
-- calendar.published went out once. The days of a version are the kernel's.
CREATE TABLE calendar_edition (
    district_code text COLLATE "C" NOT NULL,
    version       text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    published_at  timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, version)
);

-- What this service knows of units, from unit.changed.
CREATE TABLE known_unit (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    name          text NOT NULL,
    active        boolean NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (district_code, id)
);

-- What this service knows of cases: case.registered made it known; assigned units may read its record.
CREATE TABLE known_case (
    district_code    text COLLATE "C" NOT NULL,
    id               uuid NOT NULL,
    case_no          text COLLATE "C" NOT NULL,
    registered_at    timestamptz NOT NULL,
    reception_day_id uuid,
    unit_ids         uuid[] NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (district_code, id)
);
CREATE INDEX known_case_day ON known_case (district_code, reception_day_id, registered_at, id)
    WHERE reception_day_id IS NOT NULL;
