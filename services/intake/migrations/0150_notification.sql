-- What petitioners are told: one row for each petitioner and request. Neither contact nor words are here; both are made
-- when it is sent. What was asked for twice is one row, and its id is the key under which it is sent.
CREATE TABLE notification (
    district_code  text COLLATE "C" NOT NULL,
    id             uuid NOT NULL,
    -- The request: who asked, by which event.
    publisher      text COLLATE "C" NOT NULL,
    event_id       uuid NOT NULL,
    case_id        uuid NOT NULL,
    petitioner_id  uuid NOT NULL,
    template       smallint NOT NULL,
    appointment_at timestamptz,
    state          text COLLATE "C" NOT NULL
                   CHECK (state IN ('DUE', 'SENT', 'FAILED', 'NEEDS_HAND', 'TOLD_BY_HAND')),
    -- How he is told, once it was tried.
    channel        smallint,
    -- Counted before each attempt: whoever dies in it has used it up.
    attempts       integer NOT NULL,
    -- When it is tried next; while it is being tried, when somebody else may.
    next_try_at    timestamptz NOT NULL,
    -- Why the last attempt failed, a code.
    failure        text COLLATE "C",
    told_at        timestamptz,
    created_at     timestamptz NOT NULL,
    created_by     text COLLATE "C" NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_by     text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    PRIMARY KEY (district_code, id),
    UNIQUE (district_code, publisher, event_id, petitioner_id),
    CHECK (state NOT IN ('SENT', 'FAILED', 'TOLD_BY_HAND') OR channel IS NOT NULL),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id)
);
CREATE INDEX notification_due ON notification (district_code, next_try_at, id) WHERE state = 'DUE';
CREATE INDEX notification_of_case ON notification (district_code, case_id, created_at, id);
CREATE INDEX notification_undelivered ON notification (district_code, created_at, id)
    WHERE state IN ('FAILED', 'NEEDS_HAND');

ALTER TABLE notification ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON notification
    USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
