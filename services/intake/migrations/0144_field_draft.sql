-- What field tablets took down 平板离线登记: which case a draft is or becomes. The row is written before the registration, so
-- that every further attempt has the same case and request; until then there is no case with its id.
CREATE TABLE field_draft (
    district_code text COLLATE "C" NOT NULL,
    device        text COLLATE "C" NOT NULL,
    draft_id      uuid NOT NULL,
    temporary_no  text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    request_id    uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_code, device, draft_id),
    UNIQUE (district_code, temporary_no),
    UNIQUE (district_code, case_id)
);

ALTER TABLE field_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE field_draft FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON field_draft
    USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
