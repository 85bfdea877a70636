-- Reception records 接访记录.

CREATE TABLE reception (
    district_code    text COLLATE "C" NOT NULL,
    id               uuid NOT NULL,
    reception_no     text COLLATE "C" NOT NULL,
    case_id          uuid NOT NULL,
    reception_day_id uuid NOT NULL,
    leader_id        uuid NOT NULL,
    appointment_id   uuid,
    staff            text[] NOT NULL,
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz NOT NULL CHECK (ended_at >= started_at),
    -- Place, attendees, own words, the texts of the five integrations and the instruction: sealed.
    record           bytea NOT NULL,
    lead_unit_id     uuid,
    assist_unit_ids  uuid[] NOT NULL,
    branch           text COLLATE "C" NOT NULL CHECK (branch IN ('A_REASONABLE', 'B_PARTLY_NO_BASIS',
                     'C_NOT_REASONABLE', 'D_ONSITE_SETTLED', 'E_OTHER_ROUTE')),
    due_hint         date,
    -- The term K0 as it was computed.
    k0               jsonb NOT NULL,
    k0_due           date NOT NULL,
    state            text COLLATE "C" NOT NULL CHECK (state IN ('OPEN', 'FINALISED')),
    finalised_at     timestamptz,
    created_at       timestamptz NOT NULL,
    created_by       text COLLATE "C" NOT NULL,
    updated_at       timestamptz NOT NULL,
    updated_by       text COLLATE "C" NOT NULL,
    version          bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, id),
    UNIQUE (district_code, reception_no),
    -- One record per case and day: what the leader heard twice belongs into one.
    CONSTRAINT reception_case_day UNIQUE (district_code, case_id, reception_day_id),
    FOREIGN KEY (district_code, case_id) REFERENCES known_case (district_code, id),
    FOREIGN KEY (district_code, reception_day_id) REFERENCES reception_day (district_code, id),
    FOREIGN KEY (district_code, leader_id) REFERENCES leader (district_code, id),
    FOREIGN KEY (district_code, appointment_id) REFERENCES appointment (district_code, id),
    CHECK ((state = 'FINALISED') = (finalised_at IS NOT NULL))
);
CREATE INDEX reception_open ON reception (district_code, k0_due, reception_no) WHERE state = 'OPEN';
CREATE INDEX reception_day_records ON reception (district_code, reception_day_id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['leader', 'leader_leave', 'calendar_edition', 'known_unit', 'known_case',
                                'reception_day', 'slot', 'appointment', 'appointment_person', 'reception']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END $$;
