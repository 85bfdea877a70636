WITH petition_row AS (
    INSERT INTO bare.petition (id, district_code, channel, received_at, registered_at, title, content)
    VALUES (gen_random_uuid(), '220502', 2, now(), now(), '外墙改造后房屋漏雨', repeat('漏', 300)) RETURNING id
), audit_row AS (
    INSERT INTO bare.audit (id, district_code, action, object, canonical)
    SELECT gen_random_uuid(), '220502', 'intake.register', id, repeat('a', 200)::bytea FROM petition_row
), outbox_row AS (
    INSERT INTO bare.outbox (event_id, district_code, entity_id, kind, body, published)
    SELECT gen_random_uuid(), '220502', id, 'case.registered', repeat('b', 400)::bytea, false FROM petition_row
)
INSERT INTO bare.idempotency (request_id, district_code, body_hash, answer)
SELECT gen_random_uuid(), '220502', repeat('c', 32)::bytea, repeat('d', 300)::bytea FROM petition_row;
