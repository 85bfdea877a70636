-- Supervision 督查督办: cases as known here, their clocks, the petitioner's opinion, the leader's
-- inspections and review. Every key is led by the district; there are no time defaults, legal time is passed in.

-- One row per case of the district, built from the events of the other services, from registration on:
-- clocks run long before supervision holds the case. version moves with what people act on, never with a
-- timer or an arriving document, so that a desk does not go stale by itself.
CREATE TABLE supervised_case (
    district_code         text COLLATE "C" NOT NULL,
    case_id               uuid NOT NULL,
    case_no               text COLLATE "C" NOT NULL,
    state                 text COLLATE "C" NOT NULL,
    holder                text COLLATE "C" NOT NULL
                          CHECK (holder IN ('intake', 'assignment', 'supervision', 'archive')),
    legal_route           text COLLATE "C",
    leader_received       boolean NOT NULL,
    sealed                boolean NOT NULL,
    responsible_leader_id uuid,
    -- The units it is assigned to: who of a unit may read it.
    unit_ids              uuid[] NOT NULL DEFAULT '{}',
    persons               integer NOT NULL CHECK (persons >= 0),
    representatives       integer NOT NULL CHECK (representatives >= 1),
    investigated          boolean NOT NULL DEFAULT false,
    opinion_issued        boolean NOT NULL DEFAULT false,
    -- SUPPORT, EXPLAIN or NOT_SUPPORT, from the closure report.
    outcome               text COLLATE "C",
    -- How often it came back: returned as incomplete, or sent back by the leader.
    returns               integer NOT NULL DEFAULT 0,
    -- Local date on which C61 was entered; attempts to reach the petitioner count from here.
    opinion_pending_since date,
    -- Local date of the diversion or refusal; its notice is not served before.
    noticed_on            date,
    remedy                text COLLATE "C" NOT NULL,
    remedy_effective_on   date,
    signed_at             timestamptz,
    -- Earliest rung of a running clock not yet acted on; NULL when there is none. The timer claims by it.
    next_due_at           timestamptz,
    created_at            timestamptz NOT NULL,
    created_by            text COLLATE "C" NOT NULL,
    updated_at            timestamptz NOT NULL,
    updated_by            text COLLATE "C" NOT NULL,
    version               bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, case_id),
    UNIQUE (district_code, case_no)
);
-- The timer's queue, oldest due first.
CREATE INDEX supervised_case_due ON supervised_case (district_code, next_due_at, case_id)
    WHERE next_due_at IS NOT NULL;

-- A clock. Its dates and its derivation never change once written; only its state moves, once.
CREATE TABLE clock (
    district_code    text COLLATE "C" NOT NULL,
    clock_id         uuid NOT NULL,
    case_id          uuid NOT NULL,
    code             text COLLATE "C" NOT NULL,
    -- 1 for the first clock of this code in the case.
    round            integer NOT NULL CHECK (round > 0),
    state            text COLLATE "C" NOT NULL
                     CHECK (state IN ('running', 'met', 'cancelled', 'expired', 'replaced')),
    start_date       date NOT NULL,
    term_length      integer NOT NULL CHECK (term_length >= 0),
    term_unit        text COLLATE "C" NOT NULL CHECK (term_unit IN ('day', 'working_day')),
    calendar_version text COLLATE "C" NOT NULL,
    provisional      boolean NOT NULL,
    due_raw          date NOT NULL,
    due_eff          date NOT NULL,
    due_safe         date NOT NULL,
    -- Day by day: date, kind, reason, count.
    derivation       jsonb NOT NULL,
    -- The event that started it, and whether its publisher had other dates.
    started_by       text COLLATE "C" NOT NULL,
    started_at       timestamptz NOT NULL,
    differed         boolean NOT NULL,
    stopped_by       text COLLATE "C",
    stopped_at       timestamptz,
    created_at       timestamptz NOT NULL,
    created_by       text COLLATE "C" NOT NULL,
    updated_at       timestamptz NOT NULL,
    updated_by       text COLLATE "C" NOT NULL,
    version          bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, clock_id),
    UNIQUE (district_code, case_id, code, round),
    FOREIGN KEY (district_code, case_id) REFERENCES supervised_case,
    CHECK ((state = 'running') = (stopped_at IS NULL)),
    CHECK ((stopped_at IS NULL) = (stopped_by IS NULL))
);
-- One running clock of a code in a case, whatever two events race for.
CREATE UNIQUE INDEX clock_running ON clock (district_code, case_id, code) WHERE state = 'running';
-- The desk of what is due.
CREATE INDEX clock_desk ON clock (district_code, due_eff, clock_id) WHERE state = 'running';

-- The levels a clock passes. fired_at is set once, in the transaction that also writes the event.
CREATE TABLE clock_rung (
    district_code text COLLATE "C" NOT NULL,
    clock_id      uuid NOT NULL,
    -- 1 amber, 2 red, 3 overdue, 4 the end of a right.
    level         smallint NOT NULL CHECK (level BETWEEN 1 AND 4),
    due_at        timestamptz NOT NULL,
    fired_at      timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, clock_id, level),
    FOREIGN KEY (district_code, clock_id) REFERENCES clock
);

-- References to the documents of a case, from every service: the completeness check counts them, the
-- signing sheet names their hashes. Never their content.
CREATE TABLE seen_document (
    district_code  text COLLATE "C" NOT NULL,
    document_id    uuid NOT NULL,
    case_id        uuid NOT NULL,
    form           text COLLATE "C" NOT NULL,
    archive_item   text COLLATE "C" NOT NULL,
    content_sha256 bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    created_at     timestamptz NOT NULL,
    created_by     text COLLATE "C" NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_by     text COLLATE "C" NOT NULL,
    version        bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, document_id),
    FOREIGN KEY (district_code, case_id) REFERENCES supervised_case
);
CREATE INDEX seen_document_case ON seen_document (district_code, case_id, archive_item);

-- The petitioner's opinion, one row per representative and round. details is class P2 and sealed: words,
-- witnesses, attempts. There is no column for a waiver, and there will be none.
CREATE TABLE petitioner_opinion (
    district_code  text COLLATE "C" NOT NULL,
    opinion_id     uuid NOT NULL,
    case_id        uuid NOT NULL,
    round          integer NOT NULL CHECK (round > 0),
    representative integer NOT NULL CHECK (representative > 0),
    result         text COLLATE "C" NOT NULL CHECK (result IN ('SIGNED', 'REFUSED', 'UNREACHABLE')),
    attitude       text COLLATE "C"
                   CHECK (attitude IN ('SATISFIED', 'BASICALLY', 'DISSATISFIED', 'NO_COMMENT')),
    agree_closed   boolean,
    remedy_told    boolean NOT NULL CHECK (remedy_told),
    details        bytea NOT NULL,
    created_at     timestamptz NOT NULL,
    created_by     text COLLATE "C" NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_by     text COLLATE "C" NOT NULL,
    version        bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, opinion_id),
    UNIQUE (district_code, case_id, round, representative),
    FOREIGN KEY (district_code, case_id) REFERENCES supervised_case,
    CHECK ((result = 'SIGNED') = (attitude IS NOT NULL)),
    CHECK ((result = 'SIGNED') = (agree_closed IS NOT NULL))
);

-- Inspections by the responsible leader 督查. The texts are class P2.
CREATE TABLE inspection (
    district_code text COLLATE "C" NOT NULL,
    inspection_id uuid NOT NULL,
    case_id       uuid NOT NULL,
    leader_id     uuid NOT NULL,
    inspected_at  timestamptz NOT NULL,
    manner        text COLLATE "C" NOT NULL CHECK (manner IN ('ON_SITE', 'FILE', 'HEARING_UNIT')),
    findings      bytea NOT NULL,
    instruction   bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, inspection_id),
    FOREIGN KEY (district_code, case_id) REFERENCES supervised_case
);
CREATE INDEX inspection_case ON inspection (district_code, case_id);

-- What the leader decided: approved with a verified signature, or sent back with a reason.
CREATE TABLE leader_review (
    district_code   text COLLATE "C" NOT NULL,
    review_id       uuid NOT NULL,
    case_id         uuid NOT NULL,
    round           integer NOT NULL CHECK (round > 0),
    signer          text COLLATE "C" NOT NULL,
    leader_id       uuid,
    decision        text COLLATE "C" NOT NULL CHECK (decision IN ('APPROVE', 'SEND_BACK')),
    -- Class P2.
    comment         bytea NOT NULL,
    sheet_sha256    bytea CHECK (octet_length(sheet_sha256) = 32),
    signature       bytea CHECK (octet_length(signature) = 64),
    certificate_pem text,
    rework_due      date,
    created_at      timestamptz NOT NULL,
    created_by      text COLLATE "C" NOT NULL,
    updated_at      timestamptz NOT NULL,
    updated_by      text COLLATE "C" NOT NULL,
    version         bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, review_id),
    UNIQUE (district_code, case_id, round),
    FOREIGN KEY (district_code, case_id) REFERENCES supervised_case,
    CHECK ((decision = 'APPROVE')
           = (sheet_sha256 IS NOT NULL AND signature IS NOT NULL AND certificate_pem IS NOT NULL)),
    CHECK ((decision = 'SEND_BACK') = (rework_due IS NOT NULL))
);

-- Who may sign and with which certificate, from leader.changed. Names of officials are class P1.
CREATE TABLE signatory (
    district_code   text COLLATE "C" NOT NULL,
    leader_id       uuid NOT NULL,
    person_id       text COLLATE "C" NOT NULL,
    name            text NOT NULL,
    post            text NOT NULL,
    certificate_pem text NOT NULL,
    active          boolean NOT NULL,
    created_at      timestamptz NOT NULL,
    created_by      text COLLATE "C" NOT NULL,
    updated_at      timestamptz NOT NULL,
    updated_by      text COLLATE "C" NOT NULL,
    version         bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, leader_id)
);
CREATE INDEX signatory_person ON signatory (district_code, person_id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['supervised_case', 'clock', 'clock_rung', 'seen_document',
                                'petitioner_opinion', 'inspection', 'leader_review', 'signatory']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
