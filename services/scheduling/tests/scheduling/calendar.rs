//! A year's notice is imported by one person, previewed, and put into force by another.

use tonic::{Code, Status};
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::testing::{Foreign, Person, eventually};
use xinqiao_kernel::{CaseNumber, ChannelDigit};
use xinqiao_proto::common::LegalTerm;
use xinqiao_proto::event::{
    CalendarEffect, CalendarPreviewed, CalendarProposed, CalendarPublished, ClockChanged,
};
use xinqiao_proto::scheduling::calendar_service_client::CalendarServiceClient;
use xinqiao_proto::scheduling::{
    ApproveCalendarRequest, CalendarDayKind, CalendarProposal, CalendarProposalState, CalendarRow,
    FinaliseReceptionRequest, GetCalendarProposalRequest, GetCalendarRequest, ListCalendarProposalsRequest,
    ListOpenRecordsRequest, ProposeCalendarRequest, RefuseCalendarRequest, WithdrawCalendarRequest,
};

use crate::hall::{Hall, fresh, reason, talk, wrong_fields};

const TODAY: &str = "2026-11-20T09:00:00+08:00";

fn row(date: &str, kind: CalendarDayKind, name: &str) -> CalendarRow {
    CalendarRow {
        date: date.to_owned(),
        kind: kind.into(),
        name: name.to_owned(),
    }
}

/// A short notice: what the regulation fixes, with a bridge and a make-up day.
fn notice() -> ProposeCalendarRequest {
    use CalendarDayKind::{Rest, Work};
    ProposeCalendarRequest {
        request_id: fresh(),
        year: 2027,
        calendar_notice: "国办发明电〔2026〕7号".to_owned(),
        calendar_days: vec![
            row("2027-01-01", Rest, "元旦"),
            row("2027-01-04", Rest, "元旦"),
            row("2027-01-09", Work, "元旦"),
            row("2027-05-01", Rest, "劳动节"),
            row("2027-05-02", Rest, "劳动节"),
            row("2027-10-01", Rest, "国庆节"),
            row("2027-10-02", Rest, "国庆节"),
            row("2027-10-03", Rest, "国庆节"),
        ],
    }
}

type Client = CalendarServiceClient<
    tonic::service::interceptor::InterceptedService<
        tonic::transport::Channel,
        xinqiao_chassis::testing::Bearer,
    >,
>;

fn calendars(hall: &Hall, person: &Person) -> Client {
    CalendarServiceClient::new(hall.bench.channel(person))
}

async fn propose(hall: &Hall, request: ProposeCalendarRequest) -> Result<CalendarProposal, Status> {
    let answer = calendars(hall, &Hall::clerk()).propose_calendar(request).await?;
    Ok(answer.into_inner().proposal.unwrap())
}

async fn approve(hall: &Hall, who: &Person, of: &CalendarProposal) -> Result<CalendarProposal, Status> {
    let request = ApproveCalendarRequest {
        request_id: fresh(),
        proposal_id: of.proposal_id.clone(),
        version: of.version,
    };
    let answer = calendars(hall, who).approve_calendar(request).await?;
    Ok(answer.into_inner().proposal.unwrap())
}

async fn get(hall: &Hall, of: &CalendarProposal) -> (CalendarProposal, Vec<CalendarRow>) {
    let request = GetCalendarProposalRequest {
        proposal_id: of.proposal_id.clone(),
    };
    let answer = calendars(hall, &Hall::head())
        .get_calendar_proposal(request)
        .await;
    let answer = answer.unwrap().into_inner();
    (answer.proposal.unwrap(), answer.calendar_days)
}

const EFFECT: CalendarEffect = CalendarEffect {
    open: 120,
    moving: 7,
    told: 3,
    kept: 1,
    certainty: 20,
};

/// Supervision says what a proposal would move; gives it as it stands then.
async fn previewed(hall: &Hall, of: &CalendarProposal) -> CalendarProposal {
    let id: Uuid = of.proposal_id.parse().unwrap();
    let body = CalendarPreviewed {
        proposal_id: of.proposal_id.clone(),
        version: of.calendar_version.clone(),
        effect: Some(EFFECT),
    };
    let entity = Entity::of(EntityKind::Calendar, id);
    hall.bench
        .arrives(Foreign::new("supervision", "calendar.previewed", entity, &body))
        .await;
    get(hall, of).await.0
}

async fn in_force(hall: &Hall, year: i32) -> (String, bool) {
    let request = GetCalendarRequest { year };
    let answer = hall.masters(&Hall::clerk()).get_calendar(request).await.unwrap();
    let answer = answer.into_inner();
    (answer.version, answer.provisional)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_in_force_once_another_person_has_seen_what_it_moves() {
    let hall = Hall::empty(TODAY).await;
    let proposal = propose(&hall, notice()).await.unwrap();
    assert_eq!(proposal.state(), CalendarProposalState::Proposed);
    assert_eq!(
        (proposal.calendar_version.as_str(), proposal.base_version.as_str()),
        ("2027.1", "2026.1")
    );
    assert_eq!(
        proposal.net_rest_days, 2,
        "New Year, the bridge and National Day, less a Saturday"
    );
    let told: CalendarProposed = hall.bench.event("calendar.proposed").await;
    assert_eq!(told.proposal_id, proposal.proposal_id);
    assert_eq!(
        in_force(&hall, 2027).await,
        ("2026.1".to_owned(), true),
        "nothing is in force yet"
    );
    let early = approve(&hall, &Hall::head(), &proposal).await.unwrap_err();
    assert_eq!(reason(&early), "PREVIEW_NOT_READY");
    let seen = previewed(&hall, &proposal).await;
    assert_eq!(
        (seen.state(), seen.effect),
        (CalendarProposalState::Previewed, Some(EFFECT))
    );
    let stale = approve(&hall, &Hall::head(), &proposal).await.unwrap_err();
    assert_eq!(reason(&stale), "STALE_VERSION");
    let approved = approve(&hall, &Hall::head(), &seen).await.unwrap();
    assert_eq!(
        (approved.state(), approved.decided_by.as_str()),
        (CalendarProposalState::Approved, "wang")
    );
    let published: CalendarPublished = hall.bench.event("calendar.published").await;
    assert_eq!(
        Some(&published),
        told.calendar.as_ref(),
        "what was previewed is published"
    );
    assert_eq!(
        (published.version.as_str(), published.provisional_years.len()),
        ("2027.1", 0)
    );
    assert!(
        published
            .days
            .iter()
            .any(|day| day.date == "2026-02-28" && day.is_work)
    );
    assert!(
        !published.days.iter().any(|day| day.date == "2027-02-05"),
        "no longer provisional"
    );
    assert_eq!(in_force(&hall, 2027).await, ("2027.1".to_owned(), false));
    let (kept, days) = get(&hall, &proposal).await;
    assert_eq!((kept, days), (approved, notice().calendar_days));
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_proposed_does_not_decide_and_a_clerk_never() {
    let hall = Hall::empty(TODAY).await;
    let proposal = propose(&hall, notice()).await.unwrap();
    let seen = previewed(&hall, &proposal).await;
    let both = Hall::clerk().with(Role::Dsp);
    let alone = approve(&hall, &both, &seen).await.unwrap_err();
    assert_eq!(
        (alone.code(), reason(&alone)),
        (Code::FailedPrecondition, "SAME_PERSON".to_owned())
    );
    let clerk = Person::new("zhou", "周登记").with(Role::Clk);
    assert_eq!(
        approve(&hall, &clerk, &seen).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    let take_back = WithdrawCalendarRequest {
        request_id: fresh(),
        proposal_id: seen.proposal_id.clone(),
        version: seen.version,
    };
    let other = calendars(&hall, &clerk)
        .withdraw_calendar(take_back.clone())
        .await
        .unwrap_err();
    assert_eq!(reason(&other), "ANOTHER_PERSONS");
    let withdrawn = calendars(&hall, &Hall::clerk())
        .withdraw_calendar(WithdrawCalendarRequest {
            request_id: fresh(),
            ..take_back
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        withdrawn.proposal.unwrap().state(),
        CalendarProposalState::Withdrawn
    );
    let over = approve(&hall, &Hall::head(), &seen).await.unwrap_err();
    assert_eq!(reason(&over), "WRONG_STATE");
    assert_eq!(in_force(&hall, 2027).await, ("2026.1".to_owned(), true));
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_proposals_one_comes_into_force_and_the_other_is_made_anew() {
    let hall = Hall::empty(TODAY).await;
    let first = propose(&hall, notice()).await.unwrap();
    let second = propose(&hall, notice()).await.unwrap();
    assert_eq!(second.calendar_version, "2027.2", "a version is never another's");
    let (first, second) = (previewed(&hall, &first).await, previewed(&hall, &second).await);
    approve(&hall, &Hall::head(), &second).await.unwrap();
    let late = approve(&hall, &Hall::head(), &first).await.unwrap_err();
    assert_eq!(
        (late.code(), reason(&late)),
        (Code::FailedPrecondition, "CALENDAR_CHANGED".to_owned())
    );
    assert_eq!(
        get(&hall, &first).await.0.state(),
        CalendarProposalState::Previewed
    );
    let same = propose(&hall, notice()).await.unwrap_err();
    assert_eq!(reason(&same), "CALENDAR_UNCHANGED");
    let request = RefuseCalendarRequest {
        request_id: fresh(),
        proposal_id: first.proposal_id.clone(),
        version: first.version,
        reason: "已有新版本".to_owned(),
    };
    let refused = calendars(&hall, &Hall::head())
        .refuse_calendar(request)
        .await
        .unwrap();
    let refused = refused.into_inner().proposal.unwrap();
    assert_eq!(
        (refused.state(), refused.refusal.as_str()),
        (CalendarProposalState::Refused, "已有新版本")
    );
    let list = |open_only| ListCalendarProposalsRequest {
        open_only,
        page: None,
    };
    let mut desk = calendars(&hall, &Person::new("sun", "孙督查").with(Role::Sup));
    let all = desk
        .list_calendar_proposals(list(false))
        .await
        .unwrap()
        .into_inner();
    let versions: Vec<_> = all
        .proposals
        .iter()
        .map(|it| it.calendar_version.as_str())
        .collect();
    assert_eq!(versions, ["2027.2", "2027.1"]);
    let open = desk
        .list_calendar_proposals(list(true))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(open.proposals, []);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_row_of_a_notice_is_named_and_nothing_is_kept() {
    let hall = Hall::empty(TODAY).await;
    let mut wrong = notice();
    wrong.request_id.clear();
    wrong.calendar_notice.clear();
    wrong.calendar_days.extend([
        row("2026-12-31", CalendarDayKind::Rest, "元旦"),
        row("2027-05-01", CalendarDayKind::Rest, "劳动节"),
        row("2027-01-05", CalendarDayKind::Work, ""),
        row("2027-02-30", CalendarDayKind::Unspecified, "春节"),
    ]);
    let refused = propose(&hall, wrong).await.unwrap_err();
    let expected = [
        "request_id",
        "calendar_notice",
        "calendar_days[10].name",
        "calendar_days[11].date",
        "calendar_days[11].kind",
        "calendar_days[8].date",
        "calendar_days[9].date",
        "calendar_days[10].kind",
    ];
    assert_eq!(wrong_fields(&refused), expected);
    let none = ProposeCalendarRequest {
        calendar_days: Vec::new(),
        year: 2030,
        ..notice()
    };
    let refused = propose(&hall, none).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["calendar_days", "year"]);
    let all = ListCalendarProposalsRequest::default();
    let all = calendars(&hall, &Hall::clerk())
        .list_calendar_proposals(all)
        .await
        .unwrap();
    assert_eq!(all.into_inner().proposals, []);
    let unknown = GetCalendarProposalRequest {
        proposal_id: Uuid::nil().to_string(),
    };
    let unknown = calendars(&hall, &Hall::head())
        .get_calendar_proposal(unknown)
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_does_not_bring_the_built_in_calendar_back() {
    let mut hall = Hall::empty(TODAY).await;
    let proposal = propose(&hall, notice()).await.unwrap();
    let seen = previewed(&hall, &proposal).await;
    approve(&hall, &Hall::head(), &seen).await.unwrap();
    // As if the program were a newer one, with another calendar built in, and the other district a new one.
    sqlx::raw_sql(
        "UPDATE calendar_edition SET version = '2025.9' WHERE district_code = '220502' AND follows IS NULL;
         DELETE FROM calendar_edition WHERE district_code = '220503'",
    )
    .execute(hall.bench.pool())
    .await
    .unwrap();
    hall.bench.settled().await;
    hall.bench.restart().await;
    let told = async |district: &str| {
        let events = hall.bench.published().await;
        let subject = format!("xq.{district}.scheduling.calendar.published");
        events.iter().filter(|event| event.subject == subject).count()
    };
    // The districts take turns in their order.
    eventually("the new district has its first calendar", async || {
        (told("220503").await == 2).then_some(())
    })
    .await;
    assert_eq!(
        told("220502").await,
        2,
        "the first one, and the one that was approved"
    );
    assert_eq!(in_force(&hall, 2027).await, ("2027.1".to_owned(), false));
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_of_an_open_record_follows_another_calendar() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let mut desk = hall.receptions(&Hall::clerk());
    let recorded = desk
        .record_reception(talk(case, &day))
        .await
        .unwrap()
        .into_inner();
    let term = LegalTerm {
        calendar_version: "2026.2".to_owned(),
        due_raw: "2026-03-05".to_owned(),
        due_eff: "2026-03-05".to_owned(),
        due_safe: "2026-03-05".to_owned(),
        ..recorded.k0.clone().unwrap()
    };
    let recomputed = ClockChanged {
        term: Some(term.clone()),
        ..ClockChanged::default()
    };
    let number = CaseNumber::new("220502".parse().unwrap(), 2026, ChannelDigit::Visit, 1).unwrap();
    let about = Entity::case(case, number);
    hall.bench
        .arrives(Foreign::new(
            "supervision",
            "clock.recomputed",
            about,
            &recomputed,
        ))
        .await;
    let request = ListOpenRecordsRequest { page: None };
    let open = desk
        .list_open_records(request)
        .await
        .unwrap()
        .into_inner()
        .records;
    assert_eq!(open[0].due, "2026-03-05");
    hall.bench.set_clock("2026-03-05T09:00:00+08:00");
    let request = FinaliseReceptionRequest {
        request_id: fresh(),
        reception_id: recorded.reception_id,
        version: recorded.version,
    };
    let done = desk.finalise_reception(request).await.unwrap().into_inner();
    assert!(done.within_k0);
    hall.bench.finish().await;
}
