//! Who expects a session, and has to be told when it changes or falls out.

use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::Refusal;

use crate::store;
use crate::store::days::ReceptionDay;

/// Whoever is booked or registered for a session and was not received yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Expecting {
    /// Their cases; the service that holds a contact writes to it.
    pub(super) case_ids: Vec<Uuid>,
    /// Appointments that no case belongs to: the office calls them itself.
    pub(super) without_case: u32,
}

pub(super) async fn expecting(act: &mut Act, day: &ReceptionDay) -> Result<Expecting, Refusal> {
    let case_ids = store::known::expecting(act, day.id).await?;
    let without_case = store::appointments::held_without_case(act, day.id).await?;
    Ok(Expecting {
        case_ids,
        without_case: u32::try_from(without_case).unwrap_or(u32::MAX),
    })
}
