-- Who registered the case: he does not record a refusal to sign alone. Null for cases from before this was kept.
ALTER TABLE supervised_case ADD COLUMN registered_by text COLLATE "C";
