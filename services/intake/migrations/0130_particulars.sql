-- What a channel asks for beside the submission itself: of what an organ above passed on its level, number and dates, of
-- an outside visit its form, place and staff. Sealed as one, since nothing is searched by it; the other channels have none.
ALTER TABLE submission ADD COLUMN particulars bytea;
ALTER TABLE submission ALTER COLUMN particulars SET STORAGE EXTERNAL;
