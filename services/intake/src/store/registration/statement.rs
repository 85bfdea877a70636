//! The statement that writes a batch, one for each place that numbers come from.

/// What swaps the place that numbers come from, and the rest.
macro_rules! statement {
    ($counter:literal) => {
        concat!(
            "WITH counter AS (",
            $counter,
            r"), head AS (
    UPDATE audit_head SET seq = $8, hash = $9
    WHERE district_code = $1 AND seq = $6 AND hash = $7 AND EXISTS (SELECT FROM counter)
    RETURNING 1
), answers AS (
    INSERT INTO idempotency (district_code, request_id, action, body_hash, answer, expires_at)
    SELECT $1, unnest($2::uuid[]), unnest($10::text[]), unnest($11::bytea[]), unnest($12::bytea[]),
        unnest($13::timestamptz[])
    WHERE EXISTS (SELECT FROM head)
), cases AS (
    INSERT INTO case_file (district_code, year, state, holder, worked_in, remedy, version,
        id, sequence, channel, purpose, sealed, anonymous, received_at, registered_at, created_at, updated_at,
        rule_version, k1_raw, k1_eff, k1_safe, k1_calendar, k1_provisional, reception_day_id, trace_id, event_id,
        created_by, updated_by)
    SELECT $1, $3, 'C10', 'intake', 'C41', 'R0', 1,
        r.id, r.sequence, r.channel, r.purpose, r.sealed, r.anonymous, r.received_at, r.at, r.at, r.at,
        r.rule_version, r.k1_raw, r.k1_eff, r.k1_safe, r.k1_calendar, r.k1_provisional, r.reception_day_id,
        r.trace_id, r.event_id, r.by, r.by
    FROM (SELECT unnest($14::uuid[]) AS id, unnest($15::integer[]) AS sequence, unnest($16::smallint[]) AS channel,
        unnest($17::smallint[]) AS purpose, unnest($18::boolean[]) AS sealed, unnest($19::boolean[]) AS anonymous,
        unnest($20::timestamptz[]) AS received_at, unnest($21::timestamptz[]) AS at,
        unnest($22::text[]) AS rule_version, unnest($23::date[]) AS k1_raw, unnest($24::date[]) AS k1_eff,
        unnest($25::date[]) AS k1_safe, unnest($26::text[]) AS k1_calendar, unnest($27::boolean[]) AS k1_provisional,
        unnest($28::uuid[]) AS reception_day_id, unnest($29::text[]) AS trace_id, unnest($30::uuid[]) AS event_id,
        unnest($31::text[]) AS by) AS r
    WHERE EXISTS (SELECT FROM head)
), submissions AS (
    INSERT INTO submission (district_code, ordinal, first_flag, version,
        case_id, channel, received_at, registered_at, created_at, updated_at, created_by, updated_by,
        id, postmark_on, visit_count, affected_count, joint, oral, confidential, consent_public, original_id,
        particulars)
    SELECT $1, 1, true, 1,
        r.case_id, r.channel, r.received_at, r.at, r.at, r.at, r.by, r.by,
        r.id, r.postmark_on, r.visit_count, r.affected_count, r.joint, r.oral, r.confidential, r.consent_public,
        r.original_id, r.particulars
    FROM (SELECT unnest($14::uuid[]) AS case_id, unnest($16::smallint[]) AS channel,
        unnest($20::timestamptz[]) AS received_at, unnest($21::timestamptz[]) AS at, unnest($31::text[]) AS by,
        unnest($32::uuid[]) AS id, unnest($33::date[]) AS postmark_on, unnest($34::integer[]) AS visit_count,
        unnest($35::integer[]) AS affected_count, unnest($36::boolean[]) AS joint, unnest($37::boolean[]) AS oral,
        unnest($38::boolean[]) AS confidential, unnest($39::boolean[]) AS consent_public,
        unnest($40::uuid[]) AS original_id, unnest($77::bytea[]) AS particulars) AS r
    WHERE EXISTS (SELECT FROM head)
), petitioners AS (
    INSERT INTO petitioner (district_code, ordinal, version,
        case_id, position, id, kind, preferred_channel, representative, identity, id_index, mobile_index, query_key,
        created_at, updated_at, created_by, updated_by)
    SELECT $1, 1, 1, r.case_id, r.position, r.id, r.kind, r.preferred, r.representative, r.identity, r.id_index,
        r.mobile_index, r.query_key, r.at, r.at, r.by, r.by
    FROM (SELECT unnest($41::uuid[]) AS case_id, unnest($42::smallint[]) AS position, unnest($43::uuid[]) AS id,
        unnest($44::smallint[]) AS kind, unnest($45::smallint[]) AS preferred,
        unnest($46::boolean[]) AS representative, unnest($47::bytea[]) AS identity, unnest($48::bytea[]) AS id_index,
        unnest($49::bytea[]) AS mobile_index, unnest($50::timestamptz[]) AS at, unnest($51::text[]) AS by,
        unnest($71::bigint[]) AS query_key) AS r
    WHERE EXISTS (SELECT FROM head)
), accused_of_cases AS (
    INSERT INTO accused (district_code, version, case_id, marks, objects, created_at, updated_at, created_by, updated_by)
    SELECT $1, 1, r.case_id, r.marks, r.objects, r.at, r.at, r.by, r.by
    FROM (SELECT unnest($72::uuid[]) AS case_id, unnest($73::bytea[]) AS marks, unnest($74::bytea[]) AS objects,
        unnest($75::timestamptz[]) AS at, unnest($76::text[]) AS by) AS r
    WHERE EXISTS (SELECT FROM head)
), documents AS (
    INSERT INTO document (district_code, document_id, case_id, form, archive_item, content, content_sha256,
        ciphertext_sha256, ciphertext_bytes, key_version, created_at, created_by)
    SELECT $1, r.document_id, r.case_id, r.form, r.archive_item, r.content, r.content_sha256,
        r.ciphertext_sha256, octet_length(r.content), r.key_version, r.at, r.by
    FROM (SELECT unnest($52::uuid[]) AS document_id, unnest($53::uuid[]) AS case_id, unnest($54::text[]) AS form,
        unnest($55::text[]) AS archive_item, unnest($56::bytea[]) AS content, unnest($57::bytea[]) AS content_sha256,
        unnest($58::bytea[]) AS ciphertext_sha256, unnest($59::integer[]) AS key_version,
        unnest($60::timestamptz[]) AS at, unnest($61::text[]) AS by) AS r
    WHERE EXISTS (SELECT FROM head)
), uncopied_documents AS (
    INSERT INTO uncopied (district_code, first_id, document_ids)
    SELECT $1, ($52::uuid[])[1], $52::uuid[] WHERE EXISTS (SELECT FROM head)
), events AS (
    INSERT INTO outbox (district_code, sequence, kind, entity_kind,
        event_id, entity_id, case_no, subject, body, trace_parent, actor_ref, occurred_at)
    SELECT $1, 1, 'case.registered', 'case',
        r.event_id, r.entity_id, r.case_no, r.subject, r.body, r.trace_parent, r.by, r.at
    FROM (SELECT unnest($30::uuid[]) AS event_id, unnest($14::uuid[]) AS entity_id, unnest($62::text[]) AS case_no,
        unnest($63::text[]) AS subject, unnest($64::bytea[]) AS body, unnest($65::text[]) AS trace_parent,
        unnest($31::text[]) AS by, unnest($21::timestamptz[]) AS at) AS r
    WHERE EXISTS (SELECT FROM head)
    RETURNING position, event_id
), unpublished_events AS (
    INSERT INTO unpublished (district_code, position, event_ids)
    SELECT $1, min(position), array_agg(event_id ORDER BY position) FROM events HAVING count(*) > 0
), audits AS (
    INSERT INTO audit (district_code, seq, object, canonical, prev_hash, hash)
    SELECT $1, unnest($66::bigint[]), unnest($67::text[]), unnest($68::bytea[]), unnest($69::bytea[]),
        unnest($70::bytea[])
    WHERE EXISTS (SELECT FROM head)
)
SELECT CASE WHEN EXISTS (SELECT FROM counter) THEN 1 / (SELECT count(*)::integer FROM head) ELSE 0 END"
        )
    };
}

/// Numbers of the counter of the year.
pub(super) const FROM_COUNTER: &str = statement!(
    "UPDATE number_counter SET last = $5 WHERE district_code = $1 AND year = $3 AND last = $4 RETURNING 1"
);

/// Numbers of a block. Its id comes after all other arguments.
pub(super) const FROM_BLOCK: &str = statement!(
    "UPDATE number_block SET taken = $5
     WHERE district_code = $1 AND year = $3 AND taken = $4 AND id = $78 AND closed_at IS NULL RETURNING 1"
);

/// Arguments of the longer one.
pub(super) const ARGUMENTS: usize = 78;
