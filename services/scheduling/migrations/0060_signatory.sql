-- The head of the office signs where no leader received (DEC-16). His certificate is kept beside the leaders', but he
-- is not of the leadership team and takes no turn: whoever only signs has no place in the rota.

ALTER TABLE leader ADD COLUMN signs_only boolean NOT NULL DEFAULT false;
ALTER TABLE leader ALTER COLUMN signs_only DROP DEFAULT;
ALTER TABLE leader DROP CONSTRAINT leader_rota_order_check;
ALTER TABLE leader ADD CONSTRAINT leader_turn CHECK (
    CASE WHEN signs_only THEN rota_order = 0 ELSE rota_order BETWEEN 1 AND 999 END
);
