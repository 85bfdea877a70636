-- Beside its tokens the folded text itself, sealed: a search verifies a candidate from the row that it found, without
-- going through submission and document. The index is derived, so it is emptied and fills again.
TRUNCATE search_text, search_progress;
ALTER TABLE search_text ADD COLUMN body bytea NOT NULL;
ALTER TABLE search_text ALTER COLUMN body SET STORAGE EXTERNAL;
-- A text of the usual length stays in its row; a long one is moved aside.
ALTER TABLE search_text SET (toast_tuple_target = 4080);
