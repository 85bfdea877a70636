//! The transfer to the discipline inspection (T07): proposed by one dispatcher, confirmed by another.

use xinqiao_chassis::desk::{Act, object_ref};
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_chassis::seal::Compartment;
use xinqiao_documents::document_number;
use xinqiao_documents::forms::triage::{TransferLetter, TransferNotice};
use xinqiao_kernel::{ClockCode, local};
use xinqiao_proto::common::{DocumentRef, LegalTerm};
use xinqiao_proto::event::CaseTransferredOut;
use xinqiao_proto::intake::{
    ConfirmSealedTransferRequest, ConfirmSealedTransferResponse, ProposeSealedTransferRequest,
    ProposeSealedTransferResponse,
};

use super::{proof, take};
use crate::contract;
use crate::legal;
use crate::rpc::seen;
use crate::rpc::triage::{commit_step, issue, note};
use crate::store::cases::{By, CaseRow};
use crate::store::sealed::{self, Proposal, TransferRow};

/// What the petitioner is told. Whoever else finds the paper learns neither to whom nor about what.
const NOTICE: &str =
    "您反映的事项已按照规定转送有权处理的机关。办理情况请凭回执上的查询码查询，或者向本机关询问。";

/// First half.
pub(super) async fn propose(
    act: &mut Act,
    query: ProposeSealedTransferRequest,
) -> Result<ProposeSealedTransferResponse, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("case_id", &query.case_id);
    let addressee = fields.text("addressee", &query.addressee, 2..=100);
    let reasons = fields.text("reasons", &query.reasons, 5..=2_000);
    fields.finish()?;
    let row = take(act, &query.case_id).await?;
    row.case().propose_transfer(seen(query.version))?;
    let (desk, district) = (act.desk().clone(), act.district());
    let (actor, at, name) = (act.actor_ref().to_owned(), act.now(), act.caller().name.clone());
    let proposal = Proposal {
        addressee: &addressee,
        reasons: &reasons,
        name: &name,
    };
    let by = By { actor: &actor, at };
    sealed::propose_transfer(act.conn(), desk.keys(), district, row.id, proposal, by).await?;
    let version = commit_step(act, &row, row.standing()).await?;
    act.audit(object_ref("case", row.id), &["transfer.proposed"], None);
    Ok(ProposeSealedTransferResponse {
        state: contract::state(row.standing().state),
        version,
    })
}

/// Second half: the state, K1, the papers.
pub(super) async fn confirm(
    act: &mut Act,
    query: ConfirmSealedTransferRequest,
) -> Result<ConfirmSealedTransferResponse, Refusal> {
    let row = take(act, &query.case_id).await?;
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let standing = row.case().transfer(seen(query.version), &actor)?;
    let proposed = sealed::transfer(act.conn(), district, row.id).await?;
    let proposed = proposed.ok_or_else(|| Refusal::internal(&"a proposed transfer has no row"))?;
    sealed::confirm_transfer(act.conn(), district, row.id, By { actor: &actor, at }).await?;
    let version = commit_step(act, &row, standing).await?;
    let due = legal::due(act.rules(), act.calendar(), ClockCode::K23, act.today());
    let k23 = legal::legal_term(ClockCode::K23, &due);
    let entity = Entity::case(row.id, row.number(district));
    let event = act.publish("case.transferred_out", entity, &told(&row, &k23));
    note(act, &row, "case.transferred_out", event, standing).await?;
    let documents = papers(act, &row, &proposed)?;
    act.audit(object_ref("case", row.id), &["transfer.confirmed"], None);
    Ok(ConfirmSealedTransferResponse {
        state: contract::state(standing.state),
        version,
        k23: Some(k23),
        documents,
    })
}

fn told(row: &CaseRow, k23: &LegalTerm) -> CaseTransferredOut {
    CaseTransferredOut {
        k23: Some(k23.clone()),
        leader_received: row.reception_day_id.is_some(),
        responsible_leader_id: row
            .responsible_leader_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        sealed: row.sealed,
    }
}

/// The letter and the notice, as closed as the case.
fn papers(act: &mut Act, row: &CaseRow, proposed: &TransferRow) -> Result<Vec<DocumentRef>, Refusal> {
    let (proof, district) = (proof(act)?, act.district());
    let (addressee, reasons) = proposed.texts(act.keys(), &proof, district)?;
    let number = row.number(district);
    let entity = Entity::case(row.id, number);
    let issued = issue(act, document_number::<TransferLetter>(number, 1));
    let letter = TransferLetter {
        case_no: number,
        addressee,
        reasons,
        received_on: local::local_date(row.received_at).into(),
        proposed_by: proposed.proposed_name.clone(),
        second_person: issued.signed_by.clone(),
        issue: issued,
    };
    let notice = TransferNotice {
        case_no: number,
        issue: issue(act, document_number::<TransferNotice>(number, 1)),
        text: NOTICE.to_owned(),
    };
    Ok(vec![
        act.file_in(Compartment::Accusation, entity, &letter),
        act.file_in(Compartment::Accusation, entity, &notice),
    ])
}
