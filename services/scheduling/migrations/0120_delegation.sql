-- A leader's part done by another for some days (DEC-07). Who approved it is another person than who proposed it.

CREATE TABLE delegation (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    leader_id     uuid NOT NULL,
    delegate_id   uuid NOT NULL CHECK (delegate_id <> leader_id),
    scope         text COLLATE "C" NOT NULL CHECK (scope IN ('RECEIVE', 'REVIEW_SIGN', 'ALL')),
    first_day     date NOT NULL,
    last_day      date NOT NULL CHECK (last_day >= first_day),
    state         text COLLATE "C" NOT NULL
                  CHECK (state IN ('DRAFT', 'PROPOSED', 'APPROVED', 'REFUSED', 'REVOKED')),
    approved_by   text COLLATE "C",
    approved_at   timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (district_code, id),
    FOREIGN KEY (district_code, leader_id) REFERENCES leader (district_code, id),
    FOREIGN KEY (district_code, delegate_id) REFERENCES leader (district_code, id),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (state <> 'APPROVED' OR approved_by IS NOT NULL),
    CHECK (approved_by <> created_by)
);
CREATE INDEX delegation_list ON delegation (district_code, first_day DESC, id DESC);
CREATE INDEX delegation_of ON delegation (district_code, leader_id, last_day) WHERE state = 'APPROVED';

-- By which delegation somebody received who is neither the leader of the session nor his stand-in.
ALTER TABLE reception ADD COLUMN delegation_id uuid;
ALTER TABLE reception ADD FOREIGN KEY (district_code, delegation_id) REFERENCES delegation (district_code, id);

DO $$
BEGIN
    ALTER TABLE delegation ENABLE ROW LEVEL SECURITY;
    ALTER TABLE delegation FORCE ROW LEVEL SECURITY;
    CREATE POLICY district ON delegation
        USING (district_code = NULLIF(current_setting('app.district', true), ''))
        WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
END
$$;
