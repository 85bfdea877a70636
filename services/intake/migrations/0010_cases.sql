-- Cases, submissions, petitioners, triage, and the time line people see.
--
-- States, holders and remedies are stored as the rule book writes them (C10, intake, R0), code values by their
-- number in the contract. "Sealed" columns hold ciphertext of the district (class P2 and above); the blind indexes beside them find repeats without
-- opening anything. Registration comes in thousands and is written in batches: its three tables carry no
-- index that nobody searches by, and no foreign keys among themselves: one statement writes all three, none of
-- their rows is ever deleted, and the look-ups would cost more than the rows.

-- The last number given out per district and year. A writer that compares and swaps "last" in the
-- transaction of its cases leaves no gap, whatever fails.
CREATE TABLE number_counter (
    district_code text COLLATE "C" NOT NULL,
    year          smallint NOT NULL CHECK (year BETWEEN 1900 AND 9999),
    last          integer NOT NULL CHECK (last BETWEEN 0 AND 999999),
    PRIMARY KEY (district_code, year)
);

-- The header of a case 信访事项. The number is stored in its parts: check digit and text follow from them,
-- and the unique key is also the order of the register.
CREATE TABLE case_file (
    district_code         text COLLATE "C" NOT NULL,
    id                    uuid NOT NULL,
    year                  smallint NOT NULL,
    sequence              integer NOT NULL,
    channel               smallint NOT NULL,
    -- Where the case stands: a projection of the events of all services once the hold has passed.
    state                 text COLLATE "C" NOT NULL,
    holder                text COLLATE "C" NOT NULL,
    -- C41 or C51, wherever the unit worked last: a return leads back there.
    worked_in             text COLLATE "C" NOT NULL,
    remedy                text COLLATE "C" NOT NULL,
    purpose               smallint NOT NULL,
    -- An accusation: sealed compartment (DEC-14).
    sealed                boolean NOT NULL,
    anonymous             boolean NOT NULL,
    received_at           timestamptz NOT NULL,
    registered_at         timestamptz NOT NULL,
    rule_version          text COLLATE "C" NOT NULL,
    k1_raw                date NOT NULL,
    k1_eff                date NOT NULL,
    k1_safe               date NOT NULL,
    k1_calendar           text COLLATE "C" NOT NULL,
    k1_provisional        boolean NOT NULL,
    -- Re-assignment after an upheld objection, as assignment computed it.
    k1b                   bytea,
    -- Set when the visit belongs to a leaders' reception session; the rest follows from its record (DEC-07).
    reception_day_id      uuid,
    reception_id          uuid,
    reception_held        boolean NOT NULL DEFAULT false,
    reception_finalised   boolean NOT NULL DEFAULT false,
    responsible_leader_id uuid,
    -- Units the case is assigned to; they may see it.
    unit_ids              uuid[] NOT NULL DEFAULT '{}',
    -- Trace of the registration, for the time line.
    trace_id              text COLLATE "C",
    event_id              uuid NOT NULL,
    created_at            timestamptz NOT NULL,
    created_by            text COLLATE "C" NOT NULL,
    updated_at            timestamptz NOT NULL,
    updated_by            text COLLATE "C" NOT NULL,
    -- Counts the acts of intake on the case: what a caller must have seen. Events of others do not count.
    version               bigint NOT NULL,
    PRIMARY KEY (district_code, id),
    UNIQUE (district_code, year, sequence)
);

-- A submission 信访件: one letter, one visit. Number = case number and ordinal, "/S01" first (DEC-02).
CREATE TABLE submission (
    district_code   text COLLATE "C" NOT NULL,
    case_id         uuid NOT NULL,
    ordinal         smallint NOT NULL,
    id              uuid NOT NULL,
    channel         smallint NOT NULL,
    received_at     timestamptz NOT NULL,
    registered_at   timestamptz NOT NULL,
    postmark_on     date,
    visit_count     integer NOT NULL CHECK (visit_count >= 1),
    affected_count  integer NOT NULL,
    joint           boolean NOT NULL,
    oral            boolean NOT NULL,
    confidential    boolean NOT NULL,
    consent_public  boolean NOT NULL,
    first_flag      boolean NOT NULL,
    repeat_of       uuid,
    -- The document with title, content, requests and scan reference: the text is kept once.
    original_id     uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    created_by      text COLLATE "C" NOT NULL,
    updated_at      timestamptz NOT NULL,
    updated_by      text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    PRIMARY KEY (district_code, case_id, ordinal),
    CHECK (affected_count >= visit_count)
);

-- A petitioner of a submission. Nothing here or inside "identity" says anything about a person beyond
-- what the counter form asks.
CREATE TABLE petitioner (
    district_code     text COLLATE "C" NOT NULL,
    case_id           uuid NOT NULL,
    ordinal           smallint NOT NULL,
    position          smallint NOT NULL,
    id                uuid NOT NULL,
    kind              smallint NOT NULL,
    preferred_channel smallint NOT NULL,
    representative    boolean NOT NULL,
    -- Sealed: name, sex, identity paper, telephones, address.
    identity          bytea NOT NULL,
    -- Blind indexes of the normalised ID number and mobile, for repeat candidates during a registration.
    id_index          bytea,
    mobile_index      bytea,
    created_at        timestamptz NOT NULL,
    created_by        text COLLATE "C" NOT NULL,
    updated_at        timestamptz NOT NULL,
    updated_by        text COLLATE "C" NOT NULL,
    version           bigint NOT NULL,
    PRIMARY KEY (district_code, case_id, ordinal, position)
);
CREATE INDEX petitioner_id_index ON petitioner (district_code, id_index) WHERE id_index IS NOT NULL;
CREATE INDEX petitioner_mobile_index ON petitioner (district_code, mobile_index) WHERE mobile_index IS NOT NULL;

-- The triage sheet, as it stands.
CREATE TABLE triage (
    district_code       text COLLATE "C" NOT NULL,
    case_id             uuid NOT NULL,
    legal_route         smallint NOT NULL,
    content_code        text COLLATE "C" NOT NULL,
    problem_loc_code    text COLLATE "C" NOT NULL,
    problem_town_code   text COLLATE "C" NOT NULL,
    field_code          text COLLATE "C" NOT NULL,
    cause_code          text COLLATE "C",
    complained_unit_ids uuid[] NOT NULL,
    -- Sealed: summary and the names of what is complained about.
    sheet               bytea NOT NULL,
    created_at          timestamptz NOT NULL,
    created_by          text COLLATE "C" NOT NULL,
    updated_at          timestamptz NOT NULL,
    updated_by          text COLLATE "C" NOT NULL,
    version             bigint NOT NULL,
    PRIMARY KEY (district_code, case_id),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id)
);

-- The void register: proposals and confirmed voids (T40). A number in it is never used again.
CREATE TABLE void_register (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    reason        smallint NOT NULL,
    -- Sealed: the explanation.
    explanation   bytea NOT NULL,
    proposed_by   text COLLATE "C" NOT NULL,
    confirmed_by  text COLLATE "C",
    confirmed_at  timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (district_code, case_id),
    CHECK (confirmed_by IS NULL OR confirmed_by <> proposed_by),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id)
);

-- What happened after the registration, in the order it became known here. The registration itself is
-- the first entry; it is read from case_file, so that the busiest act writes one row less.
CREATE TABLE timeline (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    position      integer NOT NULL,
    event_id      uuid NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    at            timestamptz NOT NULL,
    state         text COLLATE "C" NOT NULL,
    actor         text COLLATE "C" NOT NULL,
    service       text COLLATE "C" NOT NULL,
    trace_id      text COLLATE "C",
    PRIMARY KEY (district_code, case_id, position),
    UNIQUE (district_code, event_id),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id)
);

-- As in the chassis: ciphertext does not compress, and in one piece it costs no index entries.
ALTER TABLE petitioner ALTER COLUMN identity SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['number_counter', 'case_file', 'submission', 'petitioner', 'triage',
                                'void_register', 'timeline']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
