//! The counter form: every wrong field named at once, and a checked submission when there is none.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::document::stamp;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::intake::{RegisterLetterRequest, RegisterVisitRequest, SubmissionInput};

use super::{accused, draft, person};
use crate::domain::codes::{Channel, Purpose};
use crate::domain::submission::{
    CONTENT_MAX, CONTENT_MIN, PETITIONERS_MAX, REPRESENTATIVES_MAX, REQUESTS_MAX, Submission, TITLE_MAX, Text,
};

/// What is known besides the submission itself.
struct Arrival {
    channel: Channel,
    received_at: Option<OffsetDateTime>,
    postmark_on: Option<Date>,
    reception_day: Option<Uuid>,
    scan_reference: Option<String>,
}

/// Checks a visit. `now` is legal time.
pub(super) fn visit(request: &RegisterVisitRequest, now: OffsetDateTime) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let typed = request.field_draft.as_ref();
    let draft = typed.and_then(|typed| draft::read(&mut fields, typed, now));
    fields.require(
        "received_at",
        typed.is_none() || request.received_at.is_none(),
        "OUT_OF_ORDER",
        "平板登记以平板登记时间为收到时间，请勿另填",
        "what a tablet took down was received then; leave the time of receipt out",
    );
    let received_at = match &request.received_at {
        None => Some(draft.as_ref().map_or(now, |draft| draft.taken_at)),
        Some(at) => fields
            .instant("received_at", Some(stamp(*at)))
            .filter(|at| not_in_future(&mut fields, "received_at", *at <= now)),
    };
    let reception_day = fields.optional_uuid("reception_day_id", &request.reception_day_id);
    let number_block = fields.optional_uuid("number_block_id", &request.number_block_id);
    let arrival = Arrival {
        channel: Channel::Visit,
        received_at,
        postmark_on: None,
        reception_day,
        scan_reference: None,
    };
    Ok(Submission {
        number_block,
        draft,
        ..submission(fields, request.submission.as_ref(), &arrival, now)?
    })
}

/// Checks a letter. `now` is legal time.
pub(super) fn letter(request: &RegisterLetterRequest, now: OffsetDateTime) -> Result<Submission, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &request.request_id);
    let today = local::local_date(now);
    let postmark_on = fields.date("postmark_on", &request.postmark_on);
    let received_on = fields.date("received_on", &request.received_on);
    if let (Some(postmark), Some(received)) = (postmark_on, received_on) {
        fields.require(
            "postmark_on",
            postmark <= received,
            "OUT_OF_ORDER",
            "邮戳日期不能晚于收到日期",
            "the postmark cannot be after the day of receipt",
        );
    }
    if let Some(received) = received_on {
        not_in_future(&mut fields, "received_on", received <= today);
    }
    let scan = fields.text("scan_reference", &request.scan_reference, 1..=200);
    let number_block = fields.optional_uuid("number_block_id", &request.number_block_id);
    let arrival = Arrival {
        channel: Channel::Letter,
        // A letter has a date, not an hour: it counts from the beginning of its day.
        received_at: received_on.map(local::start_of_day),
        postmark_on,
        reception_day: None,
        scan_reference: Some(scan),
    };
    Ok(Submission {
        number_block,
        ..submission(fields, request.submission.as_ref(), &arrival, now)?
    })
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

fn submission(
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
        fields.require(
            "oral_readback",
            !input.oral || input.oral_readback,
            "NOT_READ_BACK",
            "口述内容应向信访人宣读核对",
            "what was taken down must be read back to the petitioner",
        );
        let today = local::local_date(now);
        let petitioners = person::petitioners(fields, input, today);
        let accused = accused::accused(fields, input, purpose);
        Some((text, purpose?, petitioners?, accused?))
    });
    fields.finish()?;
    let (text, purpose, petitioners, accused) = checked.expect("invariant: nothing was wrong");
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
        oral: input.oral,
        confidential: input.confidential_request,
        consent_public: input.consent_public,
        accused,
        text,
    })
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
        usize::try_from(input.visit_count).is_ok_and(|count| count >= named),
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
