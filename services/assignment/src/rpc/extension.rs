//! T20: the handling limit, longer once.

use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_kernel::ClockCode;
use xinqiao_proto::assignment::{ExtendRequest, ExtendResponse};

use super::{decode, forms, opened};
use crate::{
    domain::{
        denied::Denied,
        extension::Extension,
        paper::{ExtensionNotice, PaperKind},
        transitions,
    },
    events::outgoing,
    store::{papers, units},
};

/// T20 延期.
pub(super) async fn extend(act: &mut Act, request: ExtendRequest) -> Result<ExtendResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::Extend).await?;
    let today = act.today();
    let accepted_on = case.terms.get(ClockCode::K4).map_or(today, |k4| k4.start);
    let mut fields = Fields::new();
    let longest = act.rules().longest_extension();
    let days = u16::try_from(request.days).unwrap_or(u16::MAX);
    let extension = Extension {
        days,
        reason: request.reason,
    }
    .check(longest, &mut fields);
    let notice = decode::notice(request.notice, &mut fields)
        .map(|notice| notice.check(accepted_on, today, &mut fields));
    fields.finish()?;
    let Some(notice) = notice else {
        return Err(Denied::NoHandlingLimit.into());
    };

    let k5 = case.extend(version, extension.days, &opened::law(act))?;
    let paper = ExtensionNotice { extension, notice };
    papers::append(act, case.id, PaperKind::Extension, &paper).await?;
    outgoing::extended(act, &case, &k5);
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let documents = forms::extension(act, &case, &units, (&paper.extension, &paper.notice), &k5);
    let result = opened::close(act, case, &[k5], documents).await?;
    Ok(ExtendResponse { result })
}
