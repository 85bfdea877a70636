-- Joint reception: leaders and units on duty in the session of the leader who receives and signs.

ALTER TABLE reception_day ADD COLUMN joint_leader_ids uuid[] NOT NULL DEFAULT '{}';
ALTER TABLE reception_day ADD COLUMN duty_unit_ids uuid[] NOT NULL DEFAULT '{}';
ALTER TABLE reception_day ALTER COLUMN joint_leader_ids DROP DEFAULT;
ALTER TABLE reception_day ALTER COLUMN duty_unit_ids DROP DEFAULT;
ALTER TABLE reception_day ADD CONSTRAINT reception_day_joint CHECK (
    NOT leader_id = ANY (joint_leader_ids)
    AND (backup_leader_id IS NULL OR NOT backup_leader_id = ANY (joint_leader_ids))
);
