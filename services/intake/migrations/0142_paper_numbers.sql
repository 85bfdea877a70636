-- The last number of the year that was used on paper before the system began 纸质起始号, as it stood when the counter was made.
ALTER TABLE number_counter ADD COLUMN paper integer NOT NULL DEFAULT 0 CHECK (paper BETWEEN 0 AND last);
