//! An end as typed and as shown.

use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::intake::get_proposed_exit_response::Exit as Shown;
use xinqiao_proto::intake::propose_exit_request::Exit as Typed;
use xinqiao_proto::intake::{Linked, NoLongerAccepted, NotAccepted, ProposeExitRequest, TransferredOut};

use crate::domain::codes::NotAcceptedReason;
use crate::domain::exit::Exit;

/// Checks a proposal.
pub(super) fn read(query: &ProposeExitRequest) -> Result<Exit, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("case_id", &query.case_id);
    let exit = match &query.exit {
        None => {
            fields.wrong(
                "exit",
                "REQUIRED",
                "请选择结束办理的方式",
                "choose how the case ends",
            );
            None
        }
        Some(Typed::NotAccepted(typed)) => {
            fields.within("not_accepted", |fields| not_accepted(fields, typed))
        }
        Some(Typed::NoLongerAccepted(typed)) => {
            fields.within("no_longer_accepted", |fields| no_longer_accepted(fields, typed))
        }
        Some(Typed::TransferredOut(typed)) => fields.within("transferred_out", |fields| {
            Some(Exit::TransferredOut {
                addressee: fields.text("addressee", &typed.addressee, 2..=100),
                reasons: reasons(fields, &typed.reasons),
            })
        }),
        Some(Typed::Linked(typed)) => fields.within("linked", |fields| {
            let open = fields.uuid("open_case_id", &typed.open_case_id);
            let reasons = reasons(fields, &typed.reasons);
            open.map(|open| Exit::Linked { open, reasons })
        }),
    };
    fields.finish()?;
    Ok(exit.expect("invariant: nothing was wrong"))
}

fn not_accepted(fields: &mut Fields, typed: &NotAccepted) -> Option<Exit> {
    let reason = fields.choice::<NotAcceptedReason>("reason", typed.reason);
    let basis = fields.text("basis", &typed.basis, 5..=2_000);
    let guidance = fields.text("guidance", &typed.guidance, 5..=2_000);
    reason.map(|reason| Exit::NotAccepted {
        reason,
        basis,
        guidance,
    })
}

fn no_longer_accepted(fields: &mut Fields, typed: &NoLongerAccepted) -> Option<Exit> {
    let ended = fields.uuid("final_case_id", &typed.final_case_id);
    let reasons = reasons(fields, &typed.reasons);
    let help = fields.text("help", &typed.help, 5..=2_000);
    ended.map(|ended| Exit::NoLongerAccepted { ended, reasons, help })
}

fn reasons(fields: &mut Fields, typed: &str) -> String {
    fields.text("reasons", typed, 5..=2_000)
}

/// The other case is not there for the caller: the same for one of another district and one he may not know of.
pub(super) fn unknown_other(exit: &Exit) -> Refusal {
    let field = match exit {
        Exit::Linked { .. } => "linked.open_case_id",
        _ => "no_longer_accepted.final_case_id",
    };
    let mut fields = Fields::new();
    fields.wrong(
        field,
        "UNKNOWN_CASE",
        "未找到所选的信访事项，请核对",
        "the other case was not found; check it",
    );
    fields
        .finish()
        .err()
        .map_or_else(super::no_such_case, Refusal::from)
}

/// A proposal for who decides.
pub(super) fn shown(exit: Exit) -> Shown {
    match exit {
        Exit::Linked { open, reasons } => Shown::Linked(Linked {
            open_case_id: open.to_string(),
            reasons,
        }),
        Exit::NotAccepted {
            reason,
            basis,
            guidance,
        } => Shown::NotAccepted(NotAccepted {
            reason: reason.number().into(),
            basis,
            guidance,
        }),
        Exit::NoLongerAccepted { ended, reasons, help } => Shown::NoLongerAccepted(NoLongerAccepted {
            final_case_id: ended.to_string(),
            reasons,
            help,
        }),
        Exit::TransferredOut { addressee, reasons } => {
            Shown::TransferredOut(TransferredOut { addressee, reasons })
        }
    }
}
