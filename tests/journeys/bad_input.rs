//! Bad input: the right status, a stable reason, the field, a sentence a clerk understands, and nothing changed.

use anyhow::{Context as _, Result};
use time::macros::date;
use tonic::{Code, Status};
use xinqiao_chassis::random;
use xinqiao_local::clients::Desk;
use xinqiao_local::journey::patience::describe;
use xinqiao_local::journey::schedule::Day;
use xinqiao_local::journey::{Cast, Journey, masters, script::Script};
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_proto::intake::{
    GetCaseRequest, PetitionerInput, RegisterVisitRequest, Registered, SubmissionInput, get_case_request,
};
use xinqiao_proto::scheduling::{AppointmentVisitor, BookAppointmentRequest, BookingChannel, SlotRef};
use xinqiao_tests::counter::{register, sheet, visit};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::refused::{must_be, must_name, refusal};

/// One field of 5 MiB.
const TOO_LONG: usize = 5 * 1024 * 1024;

/// What is wrong, the status, the reason, and the field with the reason it is named for.
struct Row {
    what: &'static str,
    status: Status,
    code: Code,
    reason: &'static str,
    field: Option<(&'static str, &'static str)>,
}

/// What the dispatcher writes on his sheet.
const SUMMARY: &str = "反映外墙改造质量问题导致房屋漏雨";

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_reason_field_and_sentence_and_changes_nothing() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    let reception_day_id = session.reception_day_id.clone();
    let mut journey = Journey::new(&cast, Script::demo(), schedule, reception_day_id);
    fleet
        .platform
        .set_legal_time(journey.schedule().begins(Day::Reception)?)?;
    masters::open(&cast.clerk, &session).await?;
    journey.register().await?;
    let known = visit(&Script::demo());
    let known_case = register(&cast.clerk, known.clone()).await?;
    cast.dispatcher
        .triage()
        .triage_case(sheet(&known_case, SUMMARY))
        .await?;
    fleet.quiet().await?;

    let before = fleet.picture().await?;
    let mut rows = at_the_counter(&cast.clerk, known).await?;
    rows.extend(elsewhere(&fleet, &cast, &known_case).await?);
    rows.push(without_a_section(&cast, &journey).await?);
    for row in rows {
        must_be(row.what, &row.status, row.code, row.reason)?;
        if let Some((field, reason)) = row.field {
            must_name(row.what, &row.status, field, reason).with_context(|| describe(&row.status))?;
        }
    }
    let after = fleet.picture().await?;
    before.must_equal(&after, "the refused calls")?;
    fleet.end().await
}

async fn at_the_counter(clerk: &Desk, known: RegisterVisitRequest) -> Result<Vec<Row>> {
    let try_visit = async |what, change: &dyn Fn(&mut SubmissionInput)| {
        let mut visit = visit(&Script::demo());
        visit.submission.iter_mut().for_each(change);
        refusal(what, clerk.registration().register_visit(visit).await)
    };
    let invalid = |what, status, field, reason| Row {
        what,
        status,
        code: Code::InvalidArgument,
        reason: "INVALID_FIELDS",
        field: Some((field, reason)),
    };
    let check_digit = try_visit("a wrong check digit", &|submission| {
        "110105194912310021".clone_into(&mut submission.petitioners[0].id_no);
    })
    .await?;
    let sixth = try_visit("a sixth representative", &|submission| {
        let elected = PetitionerInput {
            representative: true,
            id_type: 0,
            id_no: String::new(),
            ..submission.petitioners[0].clone()
        };
        submission.petitioners = vec![elected; 6];
        submission.joint = true;
        submission.visit_count = 6;
        submission.affected_count = 6;
    })
    .await?;
    let too_long = try_visit("a field of 5 MiB", &|submission| {
        submission.content = "长".repeat(TOO_LONG / "长".len());
    })
    .await?;
    let unknown = try_visit("an unknown enum", &|submission| submission.purpose = 999).await?;
    let mut other = known;
    other
        .submission
        .iter_mut()
        .for_each(|submission| submission.title.push('改'));
    let reused = refusal(
        "the same request id",
        clerk.registration().register_visit(other).await,
    )?;
    Ok(vec![
        invalid(
            "a wrong check digit",
            check_digit,
            "submission.petitioners[0].id_no",
            "RESIDENT_ID_CHECK_DIGIT",
        ),
        invalid(
            "a sixth representative",
            sixth,
            "submission.petitioners",
            "TOO_MANY_REPRESENTATIVES",
        ),
        invalid("a field of 5 MiB", too_long, "submission.content", "TOO_LONG"),
        invalid("an unknown enum", unknown, "submission.purpose", "UNKNOWN_VALUE"),
        Row {
            what: "the same request id with another body",
            status: reused,
            code: Code::AlreadyExists,
            reason: "REQUEST_ID_REUSED",
            field: None,
        },
    ])
}

async fn elsewhere(fleet: &Fleet, cast: &Cast, known: &Registered) -> Result<Vec<Row>> {
    let holiday = refusal(
        "a Tuesday that is a holiday",
        cast.clerk.appointments().book_appointment(on("2026-05-05")).await,
    )?;
    let endless = refusal(
        "a day at the end of time",
        cast.clerk.appointments().book_appointment(on("9999-12-30")).await,
    )?;
    let stale = refusal(
        "a stale version",
        cast.dispatcher.triage().triage_case(sheet(known, SUMMARY)).await,
    )?;
    let clerk = people::find("li-dengji").context("the clerk is gone")?;
    let token = fleet.platform.issuer.token_for_audience(clerk, "somebody-else")?;
    let query = GetCaseRequest {
        case: Some(get_case_request::Case::CaseId(known.case_id.clone())),
    };
    let stranger = fleet.platform.desk_with_token(&token)?;
    let audience = refusal(
        "a token of another audience",
        stranger.cases().get_case(query).await,
    )?;
    Ok(vec![
        Row {
            what: "a Tuesday that is a holiday",
            status: holiday,
            code: Code::InvalidArgument,
            reason: "NOT_A_RECEPTION_DAY",
            field: Some(("slot.day", "NOT_A_RECEPTION_DAY")),
        },
        Row {
            what: "a day at the end of time",
            status: endless,
            code: Code::InvalidArgument,
            reason: "INVALID_FIELDS",
            field: Some(("slot.day", "NOT_A_DATE")),
        },
        Row {
            what: "a stale version",
            status: stale,
            code: Code::Aborted,
            reason: "STALE_VERSION",
            field: None,
        },
        Row {
            what: "a token of another audience",
            status: audience,
            code: Code::Unauthenticated,
            reason: "TOKEN_INVALID",
            field: None,
        },
    ])
}

/// A reception record with one of the five integrations missing.
async fn without_a_section(cast: &Cast, journey: &Journey<'_>) -> Result<Row> {
    let mut record = journey.reception_record()?;
    if let Some(integrations) = &mut record.integrations {
        integrations.prevention.clear();
    }
    let what = "a missing section";
    Ok(Row {
        what,
        status: refusal(what, cast.clerk.receptions().record_reception(record).await)?,
        code: Code::InvalidArgument,
        reason: "INVALID_FIELDS",
        field: Some(("integrations.prevention", "REQUIRED")),
    })
}

fn on(day: &str) -> BookAppointmentRequest {
    BookAppointmentRequest {
        request_id: random::new_id().to_string(),
        slot: Some(SlotRef {
            day: day.to_owned(),
            start: "09:00".to_owned(),
            room: "1".to_owned(),
        }),
        visitors: vec![AppointmentVisitor {
            name: "测试甲".to_owned(),
            id_no: "11010519491231002X".to_owned(),
            phone: "19900000001".to_owned(),
        }],
        subject: "外墙改造后房屋漏雨".to_owned(),
        case_id: String::new(),
        channel: BookingChannel::Counter.into(),
        hold: false,
    }
}
