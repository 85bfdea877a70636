//! What scheduling reads from the environment beside what every service reads.

use xinqiao_chassis::config::{Reader, Variable};

/// Readers of one district's schedule at once.
const SCHEDULE_WINDOWS: Variable = Variable::with_default(
    "XINQIAO_SCHEDULE_WINDOWS",
    "4",
    "calls",
    "Readings of the published schedule of one district that are answered at the same time; more are told to come back, \
     so that those of the others find a place.",
);

/// Settings of scheduling.
#[derive(Debug, Clone, Copy)]
pub struct SchedulingSettings {
    /// Readings of one district's published schedule that are answered at the same time.
    pub schedule_windows: u32,
}

impl SchedulingSettings {
    /// Reads them; what is wrong is noted in the reader.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            schedule_windows: reader.number(&SCHEDULE_WINDOWS, 1..=1_000),
        }
    }
}
