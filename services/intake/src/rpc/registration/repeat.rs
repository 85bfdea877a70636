//! Candidates for a repeat, shown while a submission is entered (RP-5): an exact value in, cases of this district out.
//!
//! It is no way to look somebody up (RP-6): who asks must be registering and have the number before him, what is found
//! are cases and not persons, there is no next page, and every question leaves an audit row.

use time::Date;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::permission::{Resource, Right};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::Phone;
use xinqiao_proto::common::Bilingual;
use xinqiao_proto::intake::{
    FindRepeatCandidatesRequest, FindRepeatCandidatesResponse, RepeatCandidate, RepeatMatch, RepeatReason,
};

use super::person;
use crate::rpc::cases::view;
use crate::rpc::refused::no_such_case;
use crate::store::cases as rows;
use crate::store::onlooker::Onlooker;
use crate::store::repeats::{self, Repeat, Wanted};

/// Finds the cases that have the same ID number or mobile on them.
pub(super) async fn find(
    act: &mut Act,
    max: usize,
    query: FindRepeatCandidatesRequest,
) -> Result<FindRepeatCandidatesResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_case)?;
    let wanted = wanted(&query, act.today())?;
    let asked = [
        ("petitioner.id_no", &wanted.id_no),
        ("petitioner.mobile", &wanted.mobile),
    ];
    let asked = asked.into_iter().filter(|(_, value)| value.is_some());
    let names: Vec<&str> = asked.map(|(name, _)| name).collect();
    act.audit(format!("district:{district}"), &names, None);

    let keys = act.desk().keys().clone();
    let found = repeats::find(act.conn(), &keys, district, &wanted, max.saturating_add(1)).await?;
    let ids: Vec<_> = found.iter().map(|repeat| repeat.case_id).collect();
    let mut cases = rows::find_all(act.conn(), district, &ids).await?;
    let onlooker = Onlooker::of(act).await?;
    cases.retain(|row| !row.sealed && act.permits(Right::ReadCaseHeader, &row.resource(&onlooker)));
    // Identifiers begin with their time.
    cases.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
    let more = cases.len() > max;
    cases.truncate(max);
    let headers = view::headers(act, &cases).await?;
    let reasons = cases.iter().map(|row| {
        let repeat = found.iter().find(|repeat| repeat.case_id == row.id);
        repeat.map(reasons).unwrap_or_default()
    });
    let candidates = headers.into_iter().zip(reasons);
    Ok(FindRepeatCandidatesResponse {
        candidates: candidates
            .map(|(header, reasons)| RepeatCandidate {
                header: Some(header),
                reasons,
            })
            .collect(),
        more,
    })
}

/// What is asked for, in the form in which it is stored.
fn wanted(query: &FindRepeatCandidatesRequest, today: Date) -> Result<Wanted, Refusal> {
    let mut fields = Fields::new();
    let (_, id_no) = person::paper(&mut fields, query.id_type, &query.id_no, today);
    let mobile = person::given(&query.mobile).and_then(|typed| fields.take("mobile", Phone::mobile(typed)));
    fields.require(
        "id_no",
        person::given(&query.id_no)
            .or(person::given(&query.mobile))
            .is_some(),
        "REQUIRED",
        "请填写证件号码或手机号码",
        "give an ID number or a mobile",
    );
    fields.finish()?;
    Ok(Wanted {
        id_no,
        mobile: mobile.map(|phone| phone.as_str().to_owned()),
    })
}

/// What the two submissions have in common, as the clerk reads it.
fn reasons(repeat: &Repeat) -> Vec<RepeatReason> {
    let all = [
        (
            repeat.same_id_no,
            RepeatMatch::SameIdNumber,
            "本次填写的证件号码与该事项登记的证件号码相同，是否同一事项请核对",
            "the ID number given now is also on this case; please check whether it is the same matter",
        ),
        (
            repeat.same_mobile,
            RepeatMatch::SameMobile,
            "本次填写的手机号码与该事项登记的手机号码相同，是否同一事项请核对",
            "the mobile given now is also on this case; please check whether it is the same matter",
        ),
    ];
    let common = all.into_iter().filter(|(same, ..)| *same);
    common
        .map(|(_, kind, zh, en)| RepeatReason {
            kind: kind.into(),
            text: Some(Bilingual {
                zh: zh.to_owned(),
                en: en.to_owned(),
            }),
        })
        .collect()
}
