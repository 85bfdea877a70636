WITH case_row AS (
    INSERT INTO case_file (district_code, id, year, sequence, channel, state, holder, worked_in, remedy, purpose, sealed,
        anonymous, received_at, registered_at, rule_version, k1_raw, k1_eff, k1_safe, k1_calendar, k1_provisional,
        event_id, created_at, created_by, updated_at, updated_by, version)
    SELECT '220502', gen_random_uuid(), 2026, nextval('numbers')::integer, 2, 'C10', 'intake', 'C41', 'R0', 2, false,
        false, now(), now(), 'national-2022', '2026-03-18', '2026-03-18', '2026-03-18', 'CN-2026', false,
        gen_random_uuid(), now(), 'person.li-dengji', now(), 'person.li-dengji', 1
    RETURNING id, event_id
), submission_row AS (
    INSERT INTO submission (district_code, case_id, ordinal, id, channel, received_at, registered_at, visit_count,
        affected_count, joint, oral, confidential, consent_public, first_flag, original_id, created_at, created_by,
        updated_at, updated_by, version)
    SELECT '220502', id, 1, gen_random_uuid(), 2, now(), now(), 1,
        1, false, true, false, false, true, gen_random_uuid(), now(), 'person.li-dengji',
        now(), 'person.li-dengji', 1
    FROM case_row
), petitioner_row AS (
    INSERT INTO petitioner (district_code, case_id, ordinal, position, id, kind, preferred_channel, representative,
        identity, id_index, mobile_index, query_key, created_at, created_by, updated_at, updated_by, version)
    SELECT '220502', id, 1, 0, gen_random_uuid(), 1, 1, false,
        repeat('i', {IDENTITY})::bytea, repeat('n', 32)::bytea, repeat('m', 32)::bytea, (random() * 9e18)::bigint, now(), 'person.li-dengji',
        now(), 'person.li-dengji', 1
    FROM case_row
), document_rows AS (
    INSERT INTO document (district_code, document_id, case_id, form, archive_item, content, content_sha256,
        ciphertext_sha256, ciphertext_bytes, key_version, created_at, created_by)
    SELECT '220502', gen_random_uuid(), id, form, item, content, repeat('h', 32)::bytea,
        repeat('c', 32)::bytea, octet_length(content), 1, now(), 'person.li-dengji'
    FROM case_row, (VALUES ('D01', '02', repeat('f', {FORM})::bytea),
                           ('ORIGINAL', '03', repeat('o', {ORIGINAL})::bytea)) AS paper (form, item, content)
    RETURNING document_id
), uncopied_row AS (
    INSERT INTO uncopied (district_code, first_id, document_ids)
    SELECT '220502', gen_random_uuid(), array_agg(document_id) FROM document_rows
), outbox_row AS (
    INSERT INTO outbox (district_code, event_id, kind, entity_kind, entity_id, case_no, sequence, subject, body,
        trace_parent, actor_ref, occurred_at)
    SELECT '220502', event_id, 'case.registered', 'case', id, 'XF-220502-2026-2-000001-9', 1,
        'xq.220502.intake.case.registered', repeat('e', {EVENT})::bytea,
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'person.li-dengji', now()
    FROM case_row RETURNING position, event_id
), unpublished_row AS (
    INSERT INTO unpublished (district_code, position, event_ids)
    SELECT '220502', position, ARRAY[event_id] FROM outbox_row
), audit_row AS (
    INSERT INTO audit (district_code, seq, object, canonical, prev_hash, hash)
    SELECT '220502', nextval('numbers'), 'case:' || id, repeat('a', {CANONICAL})::bytea, repeat('p', 32)::bytea,
        repeat('l', 32)::bytea
    FROM case_row
)
INSERT INTO idempotency (district_code, request_id, action, body_hash, answer, expires_at)
SELECT '220502', gen_random_uuid(), 'intake.RegisterVisit', repeat('b', 32)::bytea, repeat('s', {ANSWER})::bytea,
    now() + interval '30 days'
FROM case_row;
