//! Numbers and switches of a district that are no clock.

use serde::{Deserialize, Serialize};

/// Every field has the national or designed default; a district file names only what it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Representatives in a joint visit, at most `[R:20(3)]`.
    pub representatives_max: u8,
    /// Agents of one petitioner, at most (Shandong allows two; the national text is silent).
    pub agents_max: u8,
    /// A published reception day lies at least this many working days ahead.
    pub publish_ahead_working_days: u16,
    /// A leader tells the office of his absence at least this many working days ahead.
    pub absence_notice_working_days: u16,
    /// Sessions of a provisional year can be booked at most this many days ahead.
    pub provisional_booking_days: u16,
    /// A draft of received material is kept at most this many hours before it is registered.
    pub draft_hours: u16,
    /// The unit proceeds when the leader has given no instruction on its report for this many working days.
    pub instruction_wait_working_days: u16,
    /// Attempts to reach a petitioner for his opinion, on as many different days.
    pub opinion_attempts: u8,
    /// Different methods used in these attempts, at least.
    pub opinion_methods: u8,
    /// A matter settled on the spot can be reopened by the petitioner within this many days.
    pub settled_reopen_days: u16,
    /// Months between two reviews of a follow-up, at most.
    pub follow_up_review_months: u8,
    /// Days between two contacts the unit makes unasked during a follow-up, at least.
    pub follow_up_contact_gap_days: u16,
    /// A matter becomes final when the review window closes unused; the national text is silent on it.
    pub final_on_expiry: bool,
    /// The simplified procedure is offered.
    pub simplified_procedure: bool,
    /// A joint matter of at least this many persons is kept permanently.
    pub joint_permanent_persons: u16,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            representatives_max: 5,
            agents_max: 2,
            publish_ahead_working_days: 3,
            absence_notice_working_days: 1,
            provisional_booking_days: 30,
            draft_hours: 24,
            instruction_wait_working_days: 5,
            opinion_attempts: 3,
            opinion_methods: 2,
            settled_reopen_days: 30,
            follow_up_review_months: 6,
            follow_up_contact_gap_days: 30,
            final_on_expiry: true,
            simplified_procedure: true,
            joint_permanent_persons: 5,
        }
    }
}
