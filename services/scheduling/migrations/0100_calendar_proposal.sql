-- Proposals of another working-day calendar: one person imports a year's notice, another puts it into force.

-- Which version one came after: a version has one successor, whoever approves what at the same time.
ALTER TABLE calendar_edition ADD COLUMN follows text COLLATE "C";
ALTER TABLE calendar_edition ADD CONSTRAINT calendar_edition_follows UNIQUE (district_code, follows);

CREATE TABLE calendar_proposal (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    year          integer NOT NULL,
    -- The version it is once in force, and the one it was made from.
    edition       text COLLATE "C" NOT NULL,
    base_edition  text COLLATE "C" NOT NULL,
    -- Which notice says so.
    notice        text NOT NULL,
    -- The whole calendar, word for word as it is published.
    calendar      jsonb NOT NULL,
    state         text COLLATE "C" NOT NULL
                  CHECK (state IN ('PROPOSED', 'PREVIEWED', 'APPROVED', 'REFUSED', 'WITHDRAWN')),
    -- What it would do to the open clocks, as supervision has counted.
    open          bigint,
    moving        bigint,
    told          bigint,
    kept          bigint,
    certainty     bigint,
    previewed_at  timestamptz,
    decided_at    timestamptz,
    decided_by    text COLLATE "C",
    refusal       text,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, id),
    CONSTRAINT calendar_proposal_edition UNIQUE (district_code, edition),
    CHECK ((previewed_at IS NULL) = (open IS NULL)),
    CHECK ((decided_at IS NULL) = (state IN ('PROPOSED', 'PREVIEWED'))),
    -- Nothing comes into force before it is known what it moves.
    CHECK (state <> 'APPROVED' OR previewed_at IS NOT NULL)
);
CREATE INDEX calendar_proposal_newest ON calendar_proposal (district_code, created_at, id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['calendar_proposal']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;

-- K0 no longer has the dates of the talk: another calendar came into force, and supervision derived it anew.
ALTER TABLE reception ADD COLUMN k0_recomputed boolean NOT NULL DEFAULT false;
