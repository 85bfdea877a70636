//! Leaders and their delegations, which scheduling owns: the local copy supervision verifies signatures against.

use xinqiao_chassis::{desk::Act, inbox::Incoming, refusal::Refusal};
use xinqiao_kernel::local::parse_date;
use xinqiao_proto::event::{DelegationChanged, DelegationScope, LeaderChanged};

use super::casefile::stamp;
use crate::store::{self, delegations::Delegation, signatories::Signatory};

/// `leader.changed`: who may sign, with which certificate.
pub(super) async fn leader(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: LeaderChanged = event.decode()?;
    let signatory = Signatory {
        leader_id: body
            .leader_id
            .parse()
            .map_err(|error| Refusal::internal(&error))?,
        person_id: body.person_id,
        name: body.name,
        post: body.post,
        certificate_pem: body.certificate_pem,
        active: body.active,
    };
    let stamp = stamp(act);
    store::signatories::upsert(act.conn(), &stamp, &signatory).await?;
    Ok(())
}

/// `delegation.changed`: who reviews and signs for a leader, and when. One for receiving only gives nothing here.
pub(super) async fn delegation(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: DelegationChanged = event.decode()?;
    let leader = |text: &str| {
        text.parse()
            .map_err(|error: uuid::Error| Refusal::internal(&error))
    };
    let day =
        |text: &str| parse_date(text).ok_or_else(|| Refusal::internal(&"a delegation without its days"));
    let signs = matches!(body.scope(), DelegationScope::ReviewSign | DelegationScope::All);
    let delegation = Delegation {
        id: event.entity_id,
        leader_id: leader(&body.leader_id)?,
        delegate_id: leader(&body.delegate_id)?,
        first_day: day(&body.first_day)?,
        last_day: day(&body.last_day)?,
        signs: signs && body.active,
    };
    let stamp = stamp(act);
    store::delegations::upsert(act.conn(), &stamp, &delegation).await?;
    Ok(())
}
