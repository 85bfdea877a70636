//! Leaders, whom scheduling owns: the local copy supervision verifies signatures against.

use xinqiao_chassis::{desk::Act, inbox::Incoming, refusal::Refusal};
use xinqiao_proto::event::LeaderChanged;

use super::casefile::stamp;
use crate::store::{self, signatories::Signatory};

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
