-- The reference: nothing but who holds which place, and the index that lets one.
CREATE TABLE bench_holder (
    id         uuid PRIMARY KEY,
    place      integer NOT NULL,
    state      text NOT NULL,
    visitors   bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX bench_holder_place ON bench_holder (place) WHERE state = 'CONFIRMED';
