//! What each channel asks for beside the submission: calls, faxes, the network, organs above, outside visits (T02c–T02g).

use time::OffsetDateTime;
use xinqiao_chassis::identity::Caller;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::{Phone, local};
use xinqiao_proto::intake::{
    PetitionerInput, RegisterCallRequest, RegisterFaxRequest, RegisterForwardedRequest,
    RegisterOnlineRequest, RegisterOutsideVisitRequest, SubmissionInput,
};

use super::form::{Arrival, Oral, past_day, past_instant, received_by_now, scan, submission};
use super::person::given;
use crate::domain::codes::{Channel, ExternalSystem, OutsideForm, SourceLevel};
use crate::domain::particulars::{
    EXTERNAL_NUMBER_MAX, EXTERNAL_REFS_MAX, ExternalRef, Forwarded, OutsideVisit, Particulars,
    STAFF_AT_HOME_MIN, STAFF_MAX,
};
use crate::domain::submission::Submission;

/// Checks a telephone call. `now` is legal time.
pub(in crate::rpc) fn call(
    request: &RegisterCallRequest,
    now: OffsetDateTime,
) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let received_at = received_by_now(&mut fields, request.received_at, now);
    fields.require(
        "recording_told",
        request.recording_told,
        "NOT_TOLD",
        "应告知来电人通话将被录音",
        "the caller must be told that the call is recorded",
    );
    let caller_number = caller_number(&mut fields, request);
    let arrival = Arrival {
        caller_number,
        ..Arrival::by(Channel::Phone, received_at, Oral::Always)
    };
    submission(fields, request.submission.as_ref(), &arrival, now)
}

/// The number a call came from: always, but of one who stays anonymous or shows none.
fn caller_number(fields: &mut Fields, request: &RegisterCallRequest) -> Option<String> {
    let anonymous = request.submission.as_ref().is_some_and(|said| said.anonymous);
    let Some(typed) = given(&request.caller_number) else {
        if !anonymous && !request.number_withheld {
            fields.missing("caller_number");
        }
        return None;
    };
    fields.require(
        "caller_number",
        !anonymous,
        "OUT_OF_ORDER",
        "匿名信访不登记来电号码",
        "of an anonymous petitioner no number is kept",
    );
    fields.require(
        "caller_number",
        !request.number_withheld,
        "OUT_OF_ORDER",
        "来电号码未显示的，不填写来电号码",
        "a number that was withheld is not known",
    );
    let number = fields.take("caller_number", Phone::parse(typed))?;
    Some(number.as_str().to_owned())
}

/// Checks a fax. `now` is legal time.
pub(in crate::rpc) fn fax(request: &RegisterFaxRequest, now: OffsetDateTime) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let received_at = past_instant(&mut fields, "received_at", request.received_at, now);
    let arrival = Arrival {
        scan_reference: Some(scan(&mut fields, &request.scan_reference)),
        ..Arrival::by(Channel::Fax, received_at, Oral::Never)
    };
    submission(fields, request.submission.as_ref(), &arrival, now)
}

/// Checks what a petitioner enters himself. `now` is legal time, and the time of receipt at whatever hour.
pub(super) fn online(
    request: &RegisterOnlineRequest,
    caller: &Caller,
    now: OffsetDateTime,
) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    if let Some(input) = &request.submission {
        fields.within("submission", |fields| oneself(fields, input, caller));
    }
    let arrival = Arrival::by(Channel::Online, Some(now), Oral::Never);
    submission(fields, request.submission.as_ref(), &arrival, now)
}

/// Whoever gives a name is the one whom the provider of identities vouches for. Who holds a token for one case has shown
/// a query code, and nobody knows who he is.
fn oneself(fields: &mut Fields, input: &SubmissionInput, caller: &Caller) {
    if input.anonymous {
        return;
    }
    let vouched = Some(&caller.name).filter(|name| caller.case_id.is_none() && !name.is_empty());
    let Some(name) = vouched else {
        return fields.wrong(
            "anonymous",
            "IDENTITY_NOT_CHECKED",
            "请用实名账号登录后提出，或者选择匿名",
            "sign in with an account that says who you are, or petition anonymously",
        );
    };
    let first = input.petitioners.first();
    let bears = |first: &PetitionerInput| {
        let proxies = first.guardian.iter().chain(&first.agents);
        let names = proxies.map(|one| &one.name).chain([&first.name]);
        first.name.is_empty() || names.map(|name| name.trim()).any(|found| found == name)
    };
    fields.require(
        "petitioners",
        first.is_none_or(bears),
        "NOT_ONESELF",
        "网上信访须由本人、代理人或者监护人提出，姓名应与登录账号一致",
        "over the network the petitioner, his agent or his guardian acts: one name must be that of the account",
    );
}

/// Checks what an organ above has passed on. `now` is legal time.
pub(in crate::rpc) fn forwarded(
    request: &RegisterForwardedRequest,
    now: OffsetDateTime,
) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let received_on = past_day(
        &mut fields,
        "received_on",
        &request.received_on,
        local::local_date(now),
    );
    let from = from_above(&mut fields, request);
    if let (Some(from), Some(received)) = (&from, received_on) {
        fields.require(
            "sender_on",
            from.sender_on <= received,
            "OUT_OF_ORDER",
            "来文日期不能晚于收到日期",
            "the date of the sender's paper cannot be after the day of receipt",
        );
    }
    let arrival = Arrival {
        scan_reference: Some(scan(&mut fields, &request.scan_reference)),
        particulars: from.map(Particulars::Forwarded),
        // It has a date, not an hour, like a letter.
        ..Arrival::by(
            Channel::Forwarded,
            received_on.map(local::start_of_day),
            Oral::Never,
        )
    };
    submission(fields, request.submission.as_ref(), &arrival, now)
}

fn from_above(fields: &mut Fields, request: &RegisterForwardedRequest) -> Option<Forwarded> {
    let level = fields.choice::<SourceLevel>("source_level", request.source_level);
    let sender_org = fields.text("sender_org", &request.sender_org, 2..=100);
    let sender_number = fields.text("sender_number", &request.sender_number, 1..=60);
    let sender_on = fields.date("sender_on", &request.sender_on);
    let sender_due = fields.optional_date("sender_due", &request.sender_due);
    if let (Some(on), Some(due)) = (sender_on, sender_due) {
        fields.require(
            "sender_due",
            on <= due,
            "OUT_OF_ORDER",
            "要求办理期限不能早于来文日期",
            "the sender's last day cannot be before the date of his paper",
        );
    }
    fields.count(
        "external_refs",
        request.external_refs.len(),
        0..=EXTERNAL_REFS_MAX,
    );
    let refs = request.external_refs.iter().take(EXTERNAL_REFS_MAX).enumerate();
    let refs = refs.filter_map(|(index, typed)| {
        fields.within(&format!("external_refs[{index}]"), |fields| {
            let system = fields.choice::<ExternalSystem>("system", typed.system);
            let number = fields.text("number", &typed.number, 1..=EXTERNAL_NUMBER_MAX);
            system.map(|system| ExternalRef {
                system: system.number(),
                number,
            })
        })
    });
    let external_refs = refs.collect();
    Some(Forwarded {
        level: level?.number(),
        sender_org,
        sender_number,
        sender_on: sender_on?,
        sender_due,
        external_refs,
    })
}

/// Checks an outside visit. `now` is legal time.
pub(in crate::rpc) fn outside_visit(
    request: &RegisterOutsideVisitRequest,
    now: OffsetDateTime,
) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let visited_at = past_instant(&mut fields, "visited_at", request.visited_at, now);
    let form = fields.choice::<OutsideForm>("outside_form", request.outside_form);
    let oral = match form {
        Some(OutsideForm::PhoneHearing) => Oral::Always,
        _ => Oral::Either,
    };
    let visit = form.map(|form| visit(&mut fields, request, form));
    let arrival = Arrival {
        particulars: visit.map(Particulars::OutsideVisit),
        ..Arrival::by(Channel::Outside, visited_at, oral)
    };
    submission(fields, request.submission.as_ref(), &arrival, now)
}

/// What the form of the visit asks for: a place, staff, and of a home its owner's consent.
fn visit(fields: &mut Fields, request: &RegisterOutsideVisitRequest, form: OutsideForm) -> OutsideVisit {
    let place = match form {
        OutsideForm::Onsite | OutsideForm::Home => {
            Some(fields.text("visit_place", &request.visit_place, 2..=100))
        }
        OutsideForm::PhoneHearing => {
            fields.require(
                "visit_place",
                request.visit_place.is_empty(),
                "NOT_OF_THIS_FORM",
                "电话听访不填写处访地点",
                "a hearing by telephone has no place",
            );
            None
        }
    };
    let at_home = form == OutsideForm::Home;
    let least = if at_home { STAFF_AT_HOME_MIN } else { 1 };
    let staff = fields.texts("staff", &request.staff, least..=STAFF_MAX, 50);
    let (consent, needed) = (request.consent_home_visit, at_home);
    fields.require(
        "consent_home_visit",
        consent || !needed,
        "NOT_CONSENTED",
        "上门走访须经信访人同意入户",
        "nobody is visited at home without his consent",
    );
    fields.require(
        "consent_home_visit",
        needed || !consent,
        "NOT_OF_THIS_FORM",
        "只有上门走访才登记是否同意入户",
        "only a visit at home asks for consent to it",
    );
    OutsideVisit {
        form: form.number(),
        place,
        staff,
        consent_home_visit: consent,
    }
}

#[cfg(test)]
mod tests;
