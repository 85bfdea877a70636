-- As what somebody confirmed a void: the gap report names roles and no persons. Empty where it was not kept.
ALTER TABLE void_register ADD COLUMN confirmed_role text COLLATE "C" NOT NULL DEFAULT '';
