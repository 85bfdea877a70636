-- Numbers of the year's counter that are kept for one counter of the hall 预留号段. Those up to "taken" are cases'; the others
-- stay with the block, and when it is closed in the void register, and are never given out by anything else.
CREATE TABLE number_block (
    district_code text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    year          smallint NOT NULL,
    first         integer NOT NULL CHECK (first >= 1),
    last          integer NOT NULL CHECK (last BETWEEN first AND 999999),
    -- The last number given out of it; the one before the first as long as none is.
    taken         integer NOT NULL CHECK (taken BETWEEN first - 1 AND last),
    -- Up to which number the texts are in the index of the search, which has gone past the block before.
    searchable    integer NOT NULL CHECK (searchable BETWEEN first - 1 AND taken),
    -- The counter of the hall, as the office calls it.
    counter       text COLLATE "C" NOT NULL,
    close_reason  smallint,
    closed_at     timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (district_code, id),
    UNIQUE (district_code, year, first),
    CHECK ((close_reason IS NULL) = (closed_at IS NULL))
);

ALTER TABLE number_block ENABLE ROW LEVEL SECURITY;
ALTER TABLE number_block FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON number_block
    USING (district_code = NULLIF(current_setting('app.district', true), ''))
    WITH CHECK (district_code = NULLIF(current_setting('app.district', true), ''));
