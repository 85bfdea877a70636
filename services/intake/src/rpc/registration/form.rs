//! The counter form: every wrong field named at once, and a checked submission when there is none.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::intake::{RegisterLetterRequest, RegisterVisitRequest, SubmissionInput};

use super::{accused, person};
use crate::domain::codes::{Channel, Purpose};
use crate::domain::submission::{
    CONTENT_MAX, CONTENT_MIN, PETITIONERS_MAX, REPRESENTATIVES_MAX, REQUESTS_MAX, Submission, TITLE_MAX, Text,
};
use crate::rpc::words::{self, Label, chosen, label};

const TITLE: Label = label("title", "标题", "the title");
const CONTENT: Label = label("content", "反映内容", "the content");
const REQUESTS: Label = label("requests", "诉求", "a request");
const PURPOSE: Label = label("purpose", "信访目的", "the purpose");
const SCAN: Label = label("scan_reference", "扫描件编号", "the scan reference");

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
    let received_at = match &request.received_at {
        None => Some(now),
        Some(stamp) => instant(&mut fields, stamp, now),
    };
    let reception_day = fields.optional_uuid("reception_day_id", &request.reception_day_id);
    let arrival = Arrival {
        channel: Channel::Visit,
        received_at,
        postmark_on: None,
        reception_day,
        scan_reference: None,
    };
    submission(fields, request.submission.as_ref(), &arrival, now)
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
    let scan = words::words(&mut fields, SCAN, &request.scan_reference, 1..=200);
    let arrival = Arrival {
        channel: Channel::Letter,
        // A letter has a date, not an hour: it counts from the beginning of its day.
        received_at: received_on.map(local::start_of_day),
        postmark_on,
        reception_day: None,
        scan_reference: Some(scan),
    };
    submission(fields, request.submission.as_ref(), &arrival, now)
}

fn instant(
    fields: &mut Fields,
    stamp: &prost_types::Timestamp,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let nanos = i128::from(stamp.seconds) * 1_000_000_000 + i128::from(stamp.nanos);
    // Whole microseconds, as the database keeps them.
    let found = OffsetDateTime::from_unix_timestamp_nanos(nanos / 1_000 * 1_000);
    let found = fields.some(
        "received_at",
        found.ok(),
        "BAD_FORMAT",
        "收到时间无效",
        "received_at is not an instant",
    )?;
    not_in_future(fields, "received_at", found <= now).then_some(found)
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
    let input = fields.some(
        "submission",
        input,
        "REQUIRED",
        "请填写信访件内容",
        "submission is required",
    );
    let Some(input) = input else {
        return Err(fields.finish().expect_err("invariant: a wrong field was noted"));
    };
    let checked = fields.within("submission", |fields| {
        counts(fields, input, arrival.channel);
        let text = text(fields, input, arrival.scan_reference.clone());
        let purpose = chosen::<Purpose>(fields, PURPOSE, input.purpose);
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
    let title = words::words(fields, TITLE, &input.title, 1..=TITLE_MAX);
    let content = words::words(fields, CONTENT, &input.content, CONTENT_MIN..=CONTENT_MAX);
    fields.require(
        "requests",
        !input.requests.is_empty(),
        "REQUIRED",
        "请至少填写一项诉求",
        "at least one request is required",
    );
    fields.require(
        "requests",
        input.requests.len() <= REQUESTS_MAX,
        "TOO_MANY",
        format_args!("诉求最多{REQUESTS_MAX}项"),
        format_args!("at most {REQUESTS_MAX} requests"),
    );
    let requests = input.requests.iter().take(REQUESTS_MAX).enumerate();
    let requests = requests
        .map(|(index, typed)| words::entry(fields, REQUESTS, index, typed, CONTENT_MIN..=CONTENT_MAX))
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
    fields.require(
        "petitioners",
        named <= PETITIONERS_MAX,
        "TOO_MANY",
        format_args!("一次最多登记{PETITIONERS_MAX}名信访人"),
        format_args!("at most {PETITIONERS_MAX} petitioners in one registration"),
    );
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
    let elected = input
        .petitioners
        .iter()
        .filter(|petitioner| petitioner.representative)
        .count();
    fields.require(
        "petitioners",
        channel != Channel::Visit || elected <= REPRESENTATIVES_MAX,
        "TOO_MANY_REPRESENTATIVES",
        "请推选代表，代表不超过5人(《信访工作条例》第二十条)",
        "elect at most 5 representatives [R:20]",
    );
}

#[cfg(test)]
mod tests;
