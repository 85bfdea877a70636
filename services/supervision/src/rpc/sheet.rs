//! The signing sheet of a case as it is now.

use xinqiao_chassis::{desk::Act, refusal::Refusal};

use crate::{
    domain::{
        case::Case,
        opinion::Outcome,
        sheet::{ITEMS, Sheet},
        signature::sheet_hash,
    },
    store::{self, delegations::Delegation},
};

/// Longest written view.
pub(super) const COMMENT_MAX: usize = 4_000;

/// What a leader would sign now.
pub(super) struct Drawn {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// SHA-256 of the bytes: what is signed.
    pub(super) sha256: [u8; 32],
    /// Inspections of the case.
    pub(super) inspections: u32,
    /// By which delegation, when another leader is responsible.
    pub(super) delegation: Option<Delegation>,
}

/// Draws the sheet, when nothing that a signature needs is missing.
pub(super) async fn draw(act: &mut Act, case: &Case, comment: &str) -> Result<Drawn, Refusal> {
    let district = act.district();
    let inspections = store::reviews::count_inspections(act.conn(), district, case.id).await?;
    let recorded = store::opinions::of_round(act.conn(), district, case.id, case.round()).await?;
    let opinions: Vec<Outcome> = recorded.iter().map(|opinion| opinion.outcome).collect();
    if let Some(fault) = case.signature_faults(inspections, &opinions, comment).first() {
        return Err(super::refuse::review(*fault));
    }
    let delegation = super::access::delegation(act, case).await?;
    let documents = store::documents::of_items(act.conn(), district, case.id, &ITEMS).await?;
    let signer = match act.caller().leader_id.filter(|_| case.leader_received) {
        Some(leader) => format!("leader:{leader}"),
        None => act.actor_ref().to_owned(),
    };
    let sheet = Sheet {
        case_no: &case.number.to_string(),
        comment,
        delegation: delegation.as_ref().map(|delegation| delegation.id),
        signer: &signer,
        round: case.round(),
        inspections,
        opinions: &opinions,
        documents,
    };
    let bytes = sheet.bytes();
    let sha256 = sheet_hash(&bytes);
    Ok(Drawn {
        bytes,
        sha256,
        inspections,
        delegation,
    })
}
