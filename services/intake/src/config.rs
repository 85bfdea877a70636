//! What intake reads from the environment beside what every service reads.

use xinqiao_chassis::config::{Reader, Variable};

/// Registrations that may wait for the writer.
const QUEUE_MAX: Variable = Variable::with_default(
    "XINQIAO_REGISTRATION_QUEUE_MAX",
    "4096",
    "registrations",
    "Registrations that may wait for their commit; more are turned away at once and may be sent again.",
);
/// Registrations in one transaction.
const BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_REGISTRATION_BATCH_MAX",
    "256",
    "registrations",
    "Registrations written in one transaction at the most.",
);

/// Settings of intake.
#[derive(Debug, Clone, Copy)]
pub struct IntakeSettings {
    /// Of the group commit.
    pub registration: RegistrationSettings,
}

/// Settings of the group commit of registrations.
#[derive(Debug, Clone, Copy)]
pub struct RegistrationSettings {
    /// Registrations that may wait.
    pub queue_max: usize,
    /// Registrations in one transaction.
    pub batch_max: usize,
}

impl IntakeSettings {
    /// Reads them; what is wrong is noted in the reader.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            registration: RegistrationSettings {
                queue_max: reader.count(&QUEUE_MAX, 1..=100_000),
                batch_max: reader.count(&BATCH_MAX, 1..=1_024),
            },
        }
    }
}
