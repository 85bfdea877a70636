-- Another working-day calendar: what it would move, and what it has moved.

-- The versions that came into force here, from calendar.published: levels that were due at that instant stay as they were.
CREATE TABLE calendar_edition (
    district_code text COLLATE "C" NOT NULL,
    edition       text COLLATE "C" NOT NULL,
    in_force_from timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, edition)
);
CREATE INDEX calendar_edition_newest ON calendar_edition (district_code, in_force_from);

-- The last calendar a clock was held against, when its dates stand by an earlier one: dates that a new calendar does not
-- change keep the derivation by which people know them.
ALTER TABLE clock ADD COLUMN held_against text COLLATE "C";
-- The running clocks that the calendar in force has not been held against.
CREATE INDEX clock_held ON clock (district_code, (COALESCE(held_against, calendar_version)), case_id)
    WHERE state = 'running';
-- The running clocks one after the other.
CREATE INDEX clock_open ON clock (district_code, clock_id) WHERE state = 'running';

-- What a clock's dates were before a calendar changed them.
CREATE TABLE clock_move (
    district_code    text COLLATE "C" NOT NULL,
    clock_id         uuid NOT NULL,
    -- The calendar that changed them, and the one they had been derived with.
    edition          text COLLATE "C" NOT NULL,
    calendar_version text COLLATE "C" NOT NULL,
    due_raw          date NOT NULL,
    due_eff          date NOT NULL,
    due_safe         date NOT NULL,
    provisional      boolean NOT NULL,
    created_at       timestamptz NOT NULL,
    created_by       text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, clock_id, edition),
    FOREIGN KEY (district_code, clock_id) REFERENCES clock
);

-- What a proposed calendar would do, worked out page by page in the order of the clocks.
CREATE TABLE calendar_preview (
    district_code text COLLATE "C" NOT NULL,
    proposal_id   uuid NOT NULL,
    edition       text COLLATE "C" NOT NULL,
    -- The whole calendar as it would be in force.
    calendar      jsonb NOT NULL,
    -- The last clock looked at; nil before the first.
    looked_at     uuid NOT NULL,
    complete      boolean NOT NULL,
    open          bigint NOT NULL,
    moving        bigint NOT NULL,
    told          bigint NOT NULL,
    kept          bigint NOT NULL,
    certainty     bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, proposal_id)
);
CREATE INDEX calendar_preview_waiting ON calendar_preview (district_code, created_at) WHERE NOT complete;

-- One clock that would change.
CREATE TABLE calendar_preview_row (
    district_code    text COLLATE "C" NOT NULL,
    proposal_id      uuid NOT NULL,
    clock_id         uuid NOT NULL,
    case_id          uuid NOT NULL,
    code             text COLLATE "C" NOT NULL,
    old_raw          date NOT NULL,
    old_eff          date NOT NULL,
    old_safe         date NOT NULL,
    old_provisional  boolean NOT NULL,
    new_raw          date NOT NULL,
    new_eff          date NOT NULL,
    new_safe         date NOT NULL,
    new_provisional  boolean NOT NULL,
    -- The petitioner has been told the old date; an end that would come sooner stays.
    told             boolean NOT NULL,
    kept             boolean NOT NULL,
    PRIMARY KEY (district_code, proposal_id, clock_id),
    FOREIGN KEY (district_code, proposal_id) REFERENCES calendar_preview ON DELETE CASCADE,
    FOREIGN KEY (district_code, case_id) REFERENCES supervised_case
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['calendar_edition', 'clock_move', 'calendar_preview', 'calendar_preview_row']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
