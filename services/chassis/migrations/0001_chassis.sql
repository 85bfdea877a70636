-- What every service keeps beside its own tables: the journal of events it published, the inbox of
-- events it received, answers already given, the audit chain, and the documents its acts produced.
--
-- district_code leads every key, so that row-level security, uniqueness and foreign keys can never
-- become an oracle about another district. Key columns are COLLATE "C": they are codes, not prose. It is text and not
-- char(6), because comparing char(n) with a text parameter casts the column and passes its indexes by.
-- There are no time defaults: legal time is always passed in.

-- The event journal. Rows stay as they were written. position grows in commit order within a district because a
-- writer takes the district's audit_head row before it inserts here.
-- No index on occurred_at: republishing is rare and may scan.
-- Not partitioned: a partitioned table could not keep (district, entity, sequence) and the event id
-- unique across months, and the relay reads by "unpublished" alone.
CREATE TABLE outbox (
    district_code   text COLLATE "C" NOT NULL,
    position        bigint GENERATED ALWAYS AS IDENTITY,
    event_id        uuid NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    entity_kind     text COLLATE "C" NOT NULL,
    entity_id       uuid NOT NULL,
    case_no         text COLLATE "C",
    sequence        bigint NOT NULL CHECK (sequence > 0),
    subject         text COLLATE "C" NOT NULL,
    body            bytea NOT NULL,
    trace_parent    text COLLATE "C",
    causation_id    uuid,
    actor_ref       text COLLATE "C" NOT NULL,
    occurred_at     timestamptz NOT NULL,
    PRIMARY KEY (district_code, event_id),
    UNIQUE (district_code, entity_id, sequence)
);
CREATE INDEX outbox_calendar ON outbox (district_code, occurred_at) WHERE kind = 'calendar.published';

-- Which events of the journal the bus does not have, a row for each transaction that wrote some; position is that of
-- its first. A table of its own: a mark in the journal would write each row and its index entries a second time.
-- Filled again from the journal when the bus has lost its store.
CREATE TABLE unpublished (
    district_code text COLLATE "C" NOT NULL,
    position      bigint NOT NULL,
    event_ids     uuid[] NOT NULL,
    PRIMARY KEY (district_code, position)
);

-- Unpublished events that the bus refused, and why: each stops what comes after it for its entity.
CREATE TABLE refused (
    district_code text COLLATE "C" NOT NULL,
    event_id      uuid NOT NULL,
    attempts      integer NOT NULL,
    last_error    text NOT NULL,
    PRIMARY KEY (district_code, event_id)
);

-- Every event of every other service, stored before it is acknowledged. state: waiting (for its turn, for
-- a causing event, or for the next try), applied, parked (failed too often, reason says why).
CREATE TABLE inbox (
    district_code text COLLATE "C" NOT NULL,
    event_id      uuid NOT NULL,
    arrival       bigint GENERATED ALWAYS AS IDENTITY,
    publisher     text COLLATE "C" NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    entity_kind   text COLLATE "C" NOT NULL,
    entity_id     uuid NOT NULL,
    case_no       text COLLATE "C",
    sequence      bigint NOT NULL CHECK (sequence > 0),
    body          bytea NOT NULL,
    trace_parent  text COLLATE "C",
    causation_id  uuid,
    actor_ref     text COLLATE "C" NOT NULL,
    occurred_at   timestamptz NOT NULL,
    state         text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'parked')),
    attempts      integer NOT NULL DEFAULT 0,
    reason        text,
    applied_at    timestamptz,
    PRIMARY KEY (district_code, event_id),
    -- Not unique: a publisher that went wrong must not be able to block the rest of a batch.
    CHECK (state <> 'applied' OR applied_at IS NOT NULL)
);
CREATE INDEX inbox_unapplied ON inbox (district_code, arrival) WHERE state = 'waiting';
CREATE INDEX inbox_parked ON inbox (district_code, arrival) WHERE state = 'parked';
CREATE INDEX inbox_calendar ON inbox (district_code, occurred_at) WHERE kind = 'calendar.published';
CREATE INDEX inbox_entity ON inbox (district_code, entity_id, publisher, sequence);

-- How far each publisher's events of an entity have been applied.
CREATE TABLE inbox_position (
    district_code text COLLATE "C" NOT NULL,
    publisher     text COLLATE "C" NOT NULL,
    entity_id     uuid NOT NULL,
    sequence      bigint NOT NULL CHECK (sequence > 0),
    PRIMARY KEY (district_code, publisher, entity_id)
);

-- The last foreign event applied for an entity: what our own next event on it builds on.
CREATE TABLE causation (
    district_code text COLLATE "C" NOT NULL,
    entity_id     uuid NOT NULL,
    event_id      uuid NOT NULL,
    PRIMARY KEY (district_code, entity_id)
);

-- Answers already given, by the request id the client chose. answer is sealed: it may hold personal data.
-- No index on expires_at: forgetting scans once an hour, and every act would pay for the index.
CREATE TABLE idempotency (
    district_code text COLLATE "C" NOT NULL,
    request_id    uuid NOT NULL,
    action        text COLLATE "C" NOT NULL,
    body_hash     bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    answer        bytea,
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (district_code, request_id)
);

-- The audit chain of the district: canonical bytes, and a hash over the previous hash and the bytes.
-- object repeats a field of the canonical bytes for people who look into the table; verification compares both.
CREATE TABLE audit (
    district_code text COLLATE "C" NOT NULL,
    seq           bigint NOT NULL CHECK (seq > 0),
    object        text COLLATE "C" NOT NULL,
    canonical     bytea NOT NULL,
    prev_hash     bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
    hash          bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (district_code, seq)
);

-- The last link of the chain. Its row lock puts the writers of a district in one order.
CREATE TABLE audit_head (
    district_code text COLLATE "C" NOT NULL PRIMARY KEY,
    seq           bigint NOT NULL,
    hash          bytea NOT NULL CHECK (octet_length(hash) = 32)
);

-- The legal documents that acts produced: canonical data with a random salt, sealed.
CREATE TABLE document (
    district_code     text COLLATE "C" NOT NULL,
    document_id       uuid NOT NULL,
    case_id           uuid NOT NULL,
    form              text COLLATE "C" NOT NULL,
    archive_item      text COLLATE "C" NOT NULL,
    content           bytea NOT NULL,
    content_sha256    bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    ciphertext_sha256 bytea NOT NULL CHECK (octet_length(ciphertext_sha256) = 32),
    ciphertext_bytes  bigint NOT NULL,
    key_version       integer NOT NULL,
    created_at        timestamptz NOT NULL,
    created_by        text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, document_id)
);

-- Which documents the object store does not have, a row for each transaction that wrote some; first_id is that of its
-- first. A table of its own for the same reason as "unpublished".
CREATE TABLE uncopied (
    district_code text COLLATE "C" NOT NULL,
    first_id      uuid NOT NULL,
    document_ids  uuid[] NOT NULL,
    PRIMARY KEY (district_code, first_id)
);

-- Ciphertext does not compress, and a row cut into pieces costs two index entries for each: documents, answers
-- and bodies stay in one piece while they fit a page.
ALTER TABLE unpublished ALTER COLUMN event_ids SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
ALTER TABLE uncopied ALTER COLUMN document_ids SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
ALTER TABLE idempotency ALTER COLUMN answer SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
ALTER TABLE document ALTER COLUMN content SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['outbox', 'unpublished', 'refused', 'inbox', 'inbox_position', 'causation', 'idempotency',
                                'audit', 'audit_head', 'document', 'uncopied']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
