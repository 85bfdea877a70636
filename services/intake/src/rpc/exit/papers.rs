//! The papers of an end: what the petitioner is told, and of a transfer the letter to the organ.

use xinqiao_chassis::desk::Act;
use xinqiao_chassis::journal::Entity;
use xinqiao_documents::document_number;
use xinqiao_documents::forms::triage::{
    LinkNotice, NoLongerAcceptedNotice, NonAcceptanceNotice, TransferLetter, TransferNotice,
};
use xinqiao_documents::part::{Issue, Official};
use xinqiao_kernel::{CaseNumber, local};
use xinqiao_proto::common::DocumentRef;

use crate::domain::exit::Exit;
use crate::rpc::triage::issue;
use crate::store::cases::CaseRow;
use crate::store::exit::Proposed;

/// Files them with the case.
pub(super) fn file(
    act: &mut Act,
    row: &CaseRow,
    found: &Proposed,
    other: Option<&CaseRow>,
) -> Vec<DocumentRef> {
    let district = act.district();
    let number = row.number(district);
    let entity = Entity::case(row.id, number);
    let second_person = act.caller().name.clone();
    let named = || other.expect("invariant: the end names another case");
    match &found.proposal.exit {
        Exit::NotAccepted {
            reason,
            basis,
            guidance,
        } => {
            let notice = NonAcceptanceNotice {
                case_no: number,
                issue: prepared(act, found, document_number::<NonAcceptanceNotice>(number, 1)),
                reason: reason.zh().to_owned(),
                basis: basis.clone(),
                guidance: guidance.clone(),
                second_person,
            };
            vec![act.file(entity, &notice)]
        }
        Exit::NoLongerAccepted { reasons, help, .. } => {
            let notice = NoLongerAcceptedNotice {
                case_no: number,
                issue: prepared(act, found, document_number::<NoLongerAcceptedNotice>(number, 1)),
                final_case_no: named().number(district),
                reasons: reasons.clone(),
                help: help.clone(),
                second_person,
            };
            vec![act.file(entity, &notice)]
        }
        Exit::Linked { reasons, .. } => {
            let notice = LinkNotice {
                case_no: number,
                issue: prepared(act, found, document_number::<LinkNotice>(number, 1)),
                open_case_no: named().number(district),
                state: named().standing().state.zh().to_owned(),
                reasons: reasons.clone(),
                text: goes_on(named().number(district), named()),
                second_person,
            };
            vec![act.file(entity, &notice)]
        }
        Exit::TransferredOut { addressee, reasons } => {
            let letter = letter(act, row, found, (addressee, reasons));
            let notice = TransferNotice {
                case_no: number,
                issue: issue(act, document_number::<TransferNotice>(number, 1)),
                text: format!(
                    "您反映的事项已按照规定转送{addressee}，请向该机关了解办理情况。转送理由：{reasons}"
                ),
            };
            vec![act.file(entity, &letter), act.file(entity, &notice)]
        }
    }
}

/// Where the matter goes on, and that nothing begins anew (RP-1).
fn goes_on(number: CaseNumber, open: &CaseRow) -> String {
    let standing = open.standing();
    format!(
        "您本次反映的事项与正在办理的{number}号信访事项相同，已并入该事项一并办理，原办理期限不变。该事项目前处于“{}”状态，由“{}”环节办理。",
        standing.state.zh(),
        standing.holder.zh()
    )
}

fn letter(act: &Act, row: &CaseRow, found: &Proposed, (addressee, reasons): (&str, &str)) -> TransferLetter {
    let number = row.number(act.district());
    let issued = issue(act, document_number::<TransferLetter>(number, 1));
    TransferLetter {
        case_no: number,
        addressee: addressee.to_owned(),
        reasons: reasons.to_owned(),
        received_on: local::local_date(row.received_at).into(),
        proposed_by: found.name.clone(),
        second_person: issued.signed_by.clone(),
        issue: issued,
    }
}

/// Issued now, prepared by who proposed it.
fn prepared(act: &Act, found: &Proposed, document_no: String) -> Issue {
    let by = &found.proposal.by;
    Issue {
        signed_by: Official {
            id: by.strip_prefix("person:").unwrap_or(by).to_owned(),
            name: found.name.clone(),
            post: None,
        },
        ..issue(act, document_no)
    }
}
