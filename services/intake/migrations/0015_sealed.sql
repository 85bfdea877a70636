-- The procedure of sealed cases (DEC-14), class P4. "Sealed" columns hold ciphertext under the keys of the compartment.

-- Whom an accusation is about, as registered.
CREATE TABLE accused (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    -- Keyed hashes of case and unit or person, 32 bytes each: whoever comes can be told to be one of them, and a
    -- thief of the table learns of nobody, not even that two cases are about the same.
    marks         bytea NOT NULL CHECK (octet_length(marks) % 32 = 0),
    -- Sealed: units, persons and names.
    objects       bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (district_code, case_id)
);

-- The transfer to the discipline inspection (T07): proposed by one person, confirmed by another.
CREATE TABLE sealed_transfer (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    -- Sealed: where it goes, and why.
    addressee     bytea NOT NULL,
    reasons       bytea NOT NULL,
    proposed_by   text COLLATE "C" NOT NULL,
    proposed_name text COLLATE "C" NOT NULL,
    confirmed_by  text COLLATE "C",
    confirmed_at  timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (district_code, case_id),
    CHECK (confirmed_by IS NULL OR confirmed_by <> proposed_by),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    FOREIGN KEY (district_code, case_id) REFERENCES case_file (district_code, id)
);

-- Openings 启封. Readers are subjects of tokens.
CREATE TABLE sealed_opening (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    id            uuid NOT NULL,
    -- Sealed: why it was asked for.
    reason        bytea NOT NULL,
    minutes       smallint NOT NULL CHECK (minutes > 0),
    readers       text[] COLLATE "C" NOT NULL CHECK (cardinality(readers) > 0),
    asked_by      text COLLATE "C" NOT NULL,
    confirmed_by  text COLLATE "C",
    confirmed_at  timestamptz,
    expires_at    timestamptz,
    ended_by      text COLLATE "C",
    ended_at      timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (district_code, case_id, id),
    CHECK (confirmed_by IS NULL OR confirmed_by <> asked_by),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL) AND (confirmed_by IS NULL) = (expires_at IS NULL)),
    CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
    FOREIGN KEY (district_code, case_id) REFERENCES sealed_transfer (district_code, case_id)
);

-- Which unit stands under which, as assignment tells it: nothing goes to a unit under one complained about.
CREATE TABLE unit_place (
    district_code  text COLLATE "C" NOT NULL,
    unit_id        uuid NOT NULL,
    parent_unit_id uuid,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (district_code, unit_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['accused', 'sealed_transfer', 'sealed_opening', 'unit_place']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
