-- What the completeness check asks for depends on what happened in the case, as the archive's does: whoever objected has
-- an objection and its answer in the file, whatever was served has its proof. Cases of before are asked for what they
-- were asked for when these things happened.
ALTER TABLE supervised_case
    ADD COLUMN objected boolean NOT NULL DEFAULT false,
    -- Whether the notice of acceptance was served, or exempt; NULL before the acceptance.
    ADD COLUMN acceptance_served boolean,
    ADD COLUMN extended boolean NOT NULL DEFAULT false,
    ADD COLUMN opinion_served boolean NOT NULL DEFAULT false,
    -- Settled on the spot, withdrawn or diverted: it ended before anything was investigated.
    ADD COLUMN ended_early boolean NOT NULL DEFAULT false;
