//! The form of a submission: every wrong field named at once, and a checked submission when there is none. Visits and
//! letters are read here, the other channels in `channels`.

use prost_types::Timestamp;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::document::stamp;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::intake::{RegisterLetterRequest, RegisterVisitRequest, SubmissionInput};

use super::{accused, field_draft, person};
use crate::domain::codes::{Channel, Purpose};
use crate::domain::particulars::Particulars;
use crate::domain::submission::{
    CONTENT_MAX, CONTENT_MIN, PETITIONERS_MAX, REPRESENTATIVES_MAX, REQUESTS_MAX, Submission, TITLE_MAX, Text,
};

/// What is known besides the submission itself.
pub(super) struct Arrival {
    pub(super) channel: Channel,
    pub(super) received_at: Option<OffsetDateTime>,
    pub(super) oral: Oral,
    pub(super) postmark_on: Option<Date>,
    pub(super) reception_day: Option<Uuid>,
    pub(super) scan_reference: Option<String>,
    pub(super) caller_number: Option<String>,
    pub(super) particulars: Option<Particulars>,
}

/// Whether what came by a channel was said or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oral {
    /// Either, as the form says.
    Either,
    /// Always said, and so read back `[R:19(1)]`.
    Always,
    /// Always written.
    Never,
}

impl Arrival {
    /// By a channel that has nothing of its own.
    pub(super) fn by(channel: Channel, received_at: Option<OffsetDateTime>, oral: Oral) -> Self {
        Self {
            channel,
            received_at,
            oral,
            postmark_on: None,
            reception_day: None,
            scan_reference: None,
            caller_number: None,
            particulars: None,
        }
    }
}

/// Checks a visit. `now` is legal time.
pub(in crate::rpc) fn visit(
    request: &RegisterVisitRequest,
    now: OffsetDateTime,
) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let typed = request.field_draft.as_ref();
    let draft = typed.and_then(|typed| field_draft::read(&mut fields, typed, now));
    fields.require(
        "received_at",
        typed.is_none() || request.received_at.is_none(),
        "OUT_OF_ORDER",
        "平板登记以平板登记时间为收到时间，请勿另填",
        "what a tablet took down was received then; leave the time of receipt out",
    );
    let received_at = match &draft {
        Some(draft) => Some(draft.taken_at),
        None => received_by_now(&mut fields, request.received_at, now),
    };
    let reception_day = fields.optional_uuid("reception_day_id", &request.reception_day_id);
    let number_block = fields.optional_uuid("number_block_id", &request.number_block_id);
    let arrival = Arrival {
        reception_day,
        ..Arrival::by(Channel::Visit, received_at, Oral::Either)
    };
    Ok(Submission {
        number_block,
        draft,
        ..submission(fields, request.submission.as_ref(), &arrival, now)?
    })
}

/// Checks a letter. `now` is legal time.
pub(in crate::rpc) fn letter(
    request: &RegisterLetterRequest,
    now: OffsetDateTime,
) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let today = local::local_date(now);
    let postmark_on = fields.date("postmark_on", &request.postmark_on);
    let received_on = past_day(&mut fields, "received_on", &request.received_on, today);
    if let (Some(postmark), Some(received)) = (postmark_on, received_on) {
        fields.require(
            "postmark_on",
            postmark <= received,
            "OUT_OF_ORDER",
            "邮戳日期不能晚于收到日期",
            "the postmark cannot be after the day of receipt",
        );
    }
    // A letter has a date, not an hour: it counts from the beginning of its day.
    let received_at = received_on.map(local::start_of_day);
    let number_block = fields.optional_uuid("number_block_id", &request.number_block_id);
    let arrival = Arrival {
        postmark_on,
        scan_reference: Some(scan(&mut fields, &request.scan_reference)),
        ..Arrival::by(Channel::Letter, received_at, Oral::Either)
    };
    Ok(Submission {
        number_block,
        ..submission(fields, request.submission.as_ref(), &arrival, now)?
    })
}

/// When it was received, if the form says so; otherwise now.
pub(super) fn received_by_now(
    fields: &mut Fields,
    at: Option<Timestamp>,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    match at {
        None => Some(now),
        Some(_) => past_instant(fields, "received_at", at, now),
    }
}

/// An instant that has been.
pub(super) fn past_instant(
    fields: &mut Fields,
    field: &str,
    at: Option<Timestamp>,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let found = fields.instant(field, at.map(stamp))?;
    not_in_future(fields, field, found <= now).then_some(found)
}

/// A day that has begun.
pub(super) fn past_day(fields: &mut Fields, field: &str, typed: &str, today: Date) -> Option<Date> {
    let found = fields.date(field, typed)?;
    not_in_future(fields, field, found <= today);
    Some(found)
}

/// Where the paper or its scan is kept.
pub(super) fn scan(fields: &mut Fields, typed: &str) -> String {
    fields.text("scan_reference", typed, 1..=200)
}

fn not_in_future(fields: &mut Fields, field: &str, holds: bool) -> bool {
    fields.require(
        field,
        holds,
        "IN_FUTURE",
        "收到时间不能晚于现在",
        "the time of receipt cannot be in the future",
    )
}

/// The submission itself, and with it all that is wrong.
pub(super) fn submission(
    mut fields: Fields,
    input: Option<&SubmissionInput>,
    arrival: &Arrival,
    now: OffsetDateTime,
) -> Result<Submission, Refusal> {
    let Some(input) = input else {
        fields.missing("submission");
        return Err(fields
            .finish()
            .expect_err("invariant: a wrong field was noted")
            .into());
    };
    let checked = fields.within("submission", |fields| {
        counts(fields, input, arrival.channel);
        let text = text(fields, input, arrival.scan_reference.clone());
        let purpose = fields.choice::<Purpose>("purpose", input.purpose);
        oral(fields, input, arrival.oral);
        let today = local::local_date(now);
        let petitioners = person::petitioners(fields, input, today);
        let accused = accused::accused(fields, input, purpose);
        Some((text, purpose?, petitioners?, accused?))
    });
    fields.finish()?;
    let (text, purpose, mut petitioners, accused) = checked.expect("invariant: nothing was wrong");
    if let Some(first) = petitioners.first_mut() {
        first.identity.caller_number.clone_from(&arrival.caller_number);
    }
    Ok(Submission {
        channel: arrival.channel,
        received_at: arrival.received_at.expect("invariant: nothing was wrong"),
        postmark_on: arrival.postmark_on,
        reception_day: arrival.reception_day,
        number_block: None,
        draft: None,
        case_id: None,
        anonymous: input.anonymous,
        petitioners,
        visit_count: i32::try_from(input.visit_count).expect("invariant: checked"),
        affected_count: i32::try_from(input.affected_count).expect("invariant: checked"),
        joint: input.joint,
        purpose,
        oral: input.oral || arrival.oral == Oral::Always,
        confidential: input.confidential_request,
        consent_public: input.consent_public,
        accused,
        particulars: arrival.particulars.clone(),
        text,
    })
}

/// What was said is read back; what came in writing was not said.
fn oral(fields: &mut Fields, input: &SubmissionInput, channel: Oral) {
    fields.require(
        "oral",
        channel != Oral::Never || !input.oral,
        "NOT_OF_THIS_CHANNEL",
        "该信访形式为书面提交，不是口述记录",
        "what comes by this channel is written, not taken down",
    );
    fields.require(
        "oral_readback",
        input.oral_readback || channel == Oral::Never || (channel == Oral::Either && !input.oral),
        "NOT_READ_BACK",
        "口述内容应向信访人宣读核对",
        "what was taken down must be read back to the petitioner",
    );
}

fn text(fields: &mut Fields, input: &SubmissionInput, scan_reference: Option<String>) -> Text {
    let title = fields.text("title", &input.title, 1..=TITLE_MAX);
    let content = fields.text("content", &input.content, CONTENT_MIN..=CONTENT_MAX);
    fields.count("requests", input.requests.len(), 1..=REQUESTS_MAX);
    let requests = input.requests.iter().take(REQUESTS_MAX).enumerate();
    let requests = requests
        .map(|(index, typed)| fields.text(&format!("requests[{index}]"), typed, CONTENT_MIN..=CONTENT_MAX))
        .collect();
    Text {
        title,
        content,
        requests,
        scan_reference,
    }
}

/// Numbers of people: who came, who is touched, who speaks `[R:20(3)]`.
fn counts(fields: &mut Fields, input: &SubmissionInput, channel: Channel) {
    let named = input.petitioners.len();
    fields.require(
        "visit_count",
        input.visit_count >= 1,
        "TOO_FEW",
        "信访人数至少为1",
        "at least one person",
    );
    fields.require(
        "visit_count",
        input.visit_count == 0 || usize::try_from(input.visit_count).is_ok_and(|count| count >= named),
        "TOO_FEW",
        format_args!("信访人数不能少于登记的信访人数({named})"),
        format_args!("fewer persons than the {named} petitioners named"),
    );
    fields.require(
        "affected_count",
        input.affected_count >= input.visit_count,
        "TOO_FEW",
        "涉及人数不能少于信访人数",
        "fewer persons affected than came",
    );
    fields.require(
        "affected_count",
        input.affected_count <= 10_000_000,
        "TOO_MANY",
        "涉及人数过大",
        "more persons affected than a city has",
    );
    fields.count("petitioners", named, 0..=PETITIONERS_MAX);
    match (input.anonymous, named) {
        (true, 1..) => fields.wrong(
            "anonymous",
            "OUT_OF_ORDER",
            "匿名信访不登记信访人",
            "an anonymous petition names nobody",
        ),
        (false, 0) => fields.wrong(
            "petitioners",
            "REQUIRED",
            "请登记信访人；不愿留名的请选择匿名",
            "name a petitioner, or mark the petition as anonymous",
        ),
        _ => {}
    }
    if channel == Channel::Visit {
        representatives(fields, input);
    }
}

/// Who speaks for the visitors: up to five, and of a joint visit at least one `[R:20(3)]`. Whoever gives no name elects
/// nobody.
fn representatives(fields: &mut Fields, input: &SubmissionInput) {
    let elected = input
        .petitioners
        .iter()
        .filter(|petitioner| petitioner.representative)
        .count();
    fields.require(
        "petitioners",
        elected <= REPRESENTATIVES_MAX,
        "TOO_MANY_REPRESENTATIVES",
        "请推选代表，代表不超过5人(《信访工作条例》第二十条)",
        "elect at most 5 representatives [R:20]",
    );
    fields.require(
        "petitioners",
        elected > 0 || !input.joint || input.petitioners.is_empty(),
        "NO_REPRESENTATIVE",
        "集体来访须推选1至5名代表，请在登记的信访人中标明代表(《信访工作条例》第二十条)",
        "a joint visit elects 1 to 5 representatives; mark them among the petitioners [R:20]",
    );
}

#[cfg(test)]
mod tests;
