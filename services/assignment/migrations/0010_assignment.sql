-- Assignment and handling: the masters this service owns or copies, cases as far as its rules decide on them, and
-- the papers people entered, sealed.

-- Responsible units. Never deleted: old cases name them.
CREATE TABLE unit (
    district_code     text COLLATE "C" NOT NULL,
    unit_id           uuid NOT NULL,
    name              text NOT NULL,
    kind              text COLLATE "C" NOT NULL,
    parent_unit_id    uuid,
    successor_unit_id uuid,
    uscc              text COLLATE "C",
    active            boolean NOT NULL,
    created_at        timestamptz NOT NULL,
    created_by        text COLLATE "C" NOT NULL,
    updated_at        timestamptz NOT NULL,
    updated_by        text COLLATE "C" NOT NULL,
    version           bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, unit_id),
    FOREIGN KEY (district_code, parent_unit_id) REFERENCES unit (district_code, unit_id),
    FOREIGN KEY (district_code, successor_unit_id) REFERENCES unit (district_code, unit_id)
);

-- Copy of the leaders scheduling owns, as far as portfolio matching needs them (leader.changed).
CREATE TABLE leader (
    district_code text COLLATE "C" NOT NULL,
    leader_id     uuid NOT NULL,
    name          text NOT NULL,
    post          text NOT NULL,
    portfolio     text[] NOT NULL,
    linked_towns  text[] NOT NULL,
    active        boolean NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, leader_id)
);

-- Instructions of receiving leaders (reception.finalised). Keyed by the case; no foreign key, because scheduling's
-- events and intake's arrive in any order.
CREATE TABLE instruction (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    reception_id  uuid NOT NULL,
    leader_id     uuid NOT NULL,
    lead_unit_id  uuid,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, case_id)
);

-- A case as this service's rules see it. Nothing above class P1: texts are in paper.
CREATE TABLE case_file (
    district_code         text COLLATE "C" NOT NULL,
    case_id               uuid NOT NULL,
    case_no               text COLLATE "C" NOT NULL,
    hold                  text COLLATE "C" NOT NULL CHECK (hold IN ('AWAITED', 'HERE', 'PASSED')),
    state                 text COLLATE "C" NOT NULL,
    purpose               text COLLATE "C" NOT NULL,
    anonymous             boolean NOT NULL,
    leader_received       boolean NOT NULL,
    responsible_leader_id uuid,
    -- What triage found; all null before the release.
    sixty_days            boolean,
    field_code            text COLLATE "C",
    town_code             text COLLATE "C",
    reception_id          uuid,
    complained_unit_ids   uuid[],
    request_count         integer,
    -- Round of assignment; 0 before the first.
    round                 integer NOT NULL CHECK (round >= 0),
    lead_unit_id          uuid,
    assist_unit_ids       uuid[] NOT NULL,
    approved_unit_ids     uuid[] NOT NULL,
    objected              boolean NOT NULL,
    -- Legal terms by clock: local copies, supervision keeps the clocks.
    terms                 jsonb NOT NULL,
    -- Subjects and names (class P1) of the investigators.
    investigators         jsonb NOT NULL,
    report_submitted_at   timestamptz,
    report_read_at        timestamptz,
    opinion_outcome       text COLLATE "C",
    opinion_issued_on     date,
    opinion_served_on     date,
    opinion_exempt        boolean NOT NULL,
    due_on                date,
    created_at            timestamptz NOT NULL,
    created_by            text COLLATE "C" NOT NULL,
    updated_at            timestamptz NOT NULL,
    updated_by            text COLLATE "C" NOT NULL,
    version               bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, case_id),
    UNIQUE (district_code, case_no),
    FOREIGN KEY (district_code, lead_unit_id) REFERENCES unit (district_code, unit_id),
    CHECK ((sixty_days IS NULL) = (request_count IS NULL)),
    CHECK ((opinion_outcome IS NULL) = (opinion_issued_on IS NULL))
);
-- The desks: what is due first comes first, cases without a date last.
CREATE INDEX case_file_office ON case_file (district_code, COALESCE(due_on, DATE '9999-12-31'), case_id)
    WHERE hold = 'HERE';
CREATE INDEX case_file_unit ON case_file (district_code, lead_unit_id, COALESCE(due_on, DATE '9999-12-31'), case_id)
    WHERE hold = 'HERE';
CREATE INDEX case_file_leader
    ON case_file (district_code, responsible_leader_id, COALESCE(due_on, DATE '9999-12-31'), case_id)
    WHERE hold = 'HERE';

-- Every text people entered, as canonical JSON, sealed (class P2). Drafts are replaced and go when they are issued;
-- nothing else is ever changed.
CREATE TABLE paper (
    district_code text COLLATE "C" NOT NULL,
    paper_id      uuid NOT NULL,
    case_id       uuid NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    number        integer NOT NULL CHECK (number > 0),
    content       bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, paper_id),
    UNIQUE (district_code, case_id, kind, number),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, case_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['unit', 'leader', 'instruction', 'case_file', 'paper']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
