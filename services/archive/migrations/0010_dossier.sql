-- Archive 归档: dossiers that grow by events, and the register of sealed packages. The packages themselves
-- are files. Every key is led by the district; there are no time defaults, legal time is passed in.

-- One row per case of the district. version moves with what the archivist acts on (the facts of the case and
-- sealing), never with an arriving document or a tick of a clock, so that a desk does not go stale by itself.
CREATE TABLE dossier (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    case_no       text COLLATE "C" NOT NULL,
    -- Class P2, for the catalogue.
    title         bytea,
    -- What the rules of the archive file look at; nothing above class P1. One document and not columns,
    -- because the rules read it whole and nothing searches in it.
    facts         jsonb NOT NULL,
    -- When the archive became the holder: closed, or filed without a leader's review.
    held_at       timestamptz,
    -- The K15 term of case.closed (protobuf), and its legal end for the order of the desk.
    k15           bytea,
    k15_due_eff   date,
    -- Events taken so far; the next one gets this number plus one.
    event_count   integer NOT NULL CHECK (event_count >= 0),
    package_id    uuid,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, case_id),
    UNIQUE (district_code, case_no)
);
-- The archivist's desk: held and not sealed, the earliest end of K15 first.
CREATE INDEX dossier_desk ON dossier (district_code, (COALESCE(k15_due_eff, DATE '9999-12-31')), case_id)
    WHERE held_at IS NOT NULL AND package_id IS NULL;

-- Every event of the case in the order in which each follows its cause: item 21 of the file.
CREATE TABLE dossier_event (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    position      integer NOT NULL CHECK (position > 0),
    event_id      uuid NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    publisher     text COLLATE "C" NOT NULL,
    sequence      bigint NOT NULL CHECK (sequence > 0),
    occurred_at   timestamptz NOT NULL,
    actor_ref     text COLLATE "C" NOT NULL,
    causation_id  uuid,
    body          bytea NOT NULL,
    -- State of the case after the event.
    state         text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, case_id, position),
    UNIQUE (district_code, event_id),
    UNIQUE (district_code, case_id, publisher, sequence),
    FOREIGN KEY (district_code, case_id) REFERENCES dossier
);

-- References to the documents of the case. A document without package_id came after sealing or waits for it.
CREATE TABLE dossier_document (
    district_code     text COLLATE "C" NOT NULL,
    document_id       uuid NOT NULL,
    case_id           uuid NOT NULL,
    form              text COLLATE "C" NOT NULL,
    archive_item      text COLLATE "C" NOT NULL CHECK (archive_item ~ '^(0[1-9]|1[0-9]|2[01])$'),
    content_sha256    bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    ciphertext_sha256 bytea NOT NULL CHECK (octet_length(ciphertext_sha256) = 32),
    ciphertext_bytes  bigint NOT NULL CHECK (ciphertext_bytes >= 0),
    key_version       integer NOT NULL,
    created_at        timestamptz NOT NULL,
    publisher         text COLLATE "C" NOT NULL,
    package_id        uuid,
    PRIMARY KEY (district_code, document_id),
    FOREIGN KEY (district_code, case_id) REFERENCES dossier
);
CREATE INDEX dossier_document_case ON dossier_document (district_code, case_id);

-- The counter of archival numbers per year and retention period: its row lock keeps them free of gaps.
CREATE TABLE archival_series (
    district_code text COLLATE "C" NOT NULL,
    year          integer NOT NULL,
    retention     text COLLATE "C" NOT NULL CHECK (retention IN ('Y', 'D30', 'D10')),
    last          integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (district_code, year, retention)
);

-- The register of packages. Only state, final_on and version ever change.
CREATE TABLE package (
    district_code      text COLLATE "C" NOT NULL,
    package_id         uuid NOT NULL,
    case_id            uuid NOT NULL,
    case_no            text COLLATE "C" NOT NULL,
    archival_no        text COLLATE "C" NOT NULL,
    year               integer NOT NULL,
    retention          text COLLATE "C" NOT NULL CHECK (retention IN ('Y', 'D30', 'D10')),
    item               integer NOT NULL CHECK (item > 0),
    state              text COLLATE "C" NOT NULL CHECK (state IN ('SEALED_PROVISIONAL', 'SEALED_FINAL')),
    -- SHA-512 of the tag manifest: the one value that fixes every byte of the bag.
    tagmanifest_sha512 bytea NOT NULL CHECK (octet_length(tagmanifest_sha512) = 64),
    file_count         integer NOT NULL CHECK (file_count > 0),
    payload_bytes      bigint NOT NULL CHECK (payload_bytes >= 0),
    document_count     integer NOT NULL CHECK (document_count >= 0),
    -- Events 1 to this one are in its process log.
    event_count        integer NOT NULL CHECK (event_count >= 0),
    sealed_at          timestamptz NOT NULL,
    final_on           date,
    created_at         timestamptz NOT NULL,
    created_by         text COLLATE "C" NOT NULL,
    updated_at         timestamptz NOT NULL,
    updated_by         text COLLATE "C" NOT NULL,
    version            bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, package_id),
    UNIQUE (district_code, case_id),
    UNIQUE (district_code, archival_no),
    UNIQUE (district_code, year, retention, item),
    FOREIGN KEY (district_code, case_id) REFERENCES dossier,
    CHECK ((state = 'SEALED_FINAL') = (final_on IS NOT NULL))
);
ALTER TABLE dossier ADD FOREIGN KEY (district_code, package_id) REFERENCES package;
ALTER TABLE dossier_document ADD FOREIGN KEY (district_code, package_id) REFERENCES package;

-- What happened to a package after it was sealed; never changed.
CREATE TABLE package_supplement (
    district_code text COLLATE "C" NOT NULL,
    package_id    uuid NOT NULL,
    number        integer NOT NULL CHECK (number > 0),
    kind          text COLLATE "C" NOT NULL CHECK (kind IN ('FINAL')),
    -- Local date on which it took effect.
    effective_on  date NOT NULL,
    -- The event that brought it; NULL when it was so at sealing.
    event_id      uuid,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, package_id, number),
    FOREIGN KEY (district_code, package_id) REFERENCES package
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['dossier', 'dossier_event', 'dossier_document', 'archival_series',
                                'package', 'package_supplement']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
