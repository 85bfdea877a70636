-- How the notice of a diverted, refused or transferred case was served (T39). What proves it is class P2 and sealed.
CREATE TABLE notice_service (
    district_code text COLLATE "C" NOT NULL,
    case_id       uuid NOT NULL,
    method        text COLLATE "C" NOT NULL
                  CHECK (method IN ('IN_PERSON', 'REGISTERED_MAIL', 'ONLINE', 'REPRESENTATIVE', 'LEFT_WITH_WITNESS')),
    served_on     date NOT NULL,
    proof         bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, case_id),
    FOREIGN KEY (district_code, case_id) REFERENCES supervised_case
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['notice_service']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY district ON %I USING (district_code = NULLIF(current_setting(''app.district'', true), ''''))'
            ' WITH CHECK (district_code = NULLIF(current_setting(''app.district'', true), ''''))', name);
    END LOOP;
END
$$;
