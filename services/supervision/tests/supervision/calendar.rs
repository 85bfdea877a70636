//! Another calendar: what it would move is shown before it is in force, and what it moves then is the same.

mod large;

use time::{Date, Duration, macros::date};
use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::{
    identity::Role,
    journal::{Entity, EntityKind},
    random,
    testing::{Foreign, Person, Published, eventually},
};
use xinqiao_proto::{
    common::PageRequest,
    event::{
        CalendarDay, CalendarEffect, CalendarPreviewed, CalendarProposalEnded, CalendarProposed,
        CalendarPublished, CaseRegistered, ClockChanged, ReceptionHeld,
    },
    supervision::{ListCalendarPreviewRequest, MovingClock},
};

use super::stage::{Stage, at, legal_term, refused};

/// The first days of 2027, and whether people work on them.
type Days = [(Date, bool)];

/// Fifteen days from 18 December end on Saturday, by the provisional calendar rolled to Monday; here to Tuesday.
const MONDAY_OFF: &Days = &[
    (date!(2027 - 01 - 01), false),
    (date!(2027 - 01 - 02), false),
    (date!(2027 - 01 - 03), false),
    (date!(2027 - 01 - 04), false),
];
/// The Saturday itself is worked.
const SATURDAY_WORKED: &Days = &[(date!(2027 - 01 - 01), false), (date!(2027 - 01 - 02), true)];

/// A calendar that knows nothing but these days of 2027 and is no longer provisional.
fn calendar(version: &str, days: &Days) -> CalendarPublished {
    let day = |(date, is_work): &(Date, bool)| CalendarDay {
        date: date.to_string(),
        is_work: *is_work,
        name: "元旦".to_owned(),
    };
    CalendarPublished {
        version: version.to_owned(),
        // 2026 has its notice; of its days none matters here.
        days: std::iter::once(CalendarDay {
            date: "2026-10-01".to_owned(),
            is_work: false,
            name: "国庆节".to_owned(),
        })
        .chain(days.iter().map(day))
        .collect(),
        provisional_years: Vec::new(),
    }
}

async fn proposed(stage: &Stage, calendar: CalendarPublished) -> Uuid {
    let id = random::new_id();
    let body = CalendarProposed {
        proposal_id: id.to_string(),
        base_version: "2026.1".to_owned(),
        year: 2027,
        calendar: Some(calendar),
    };
    let entity = Entity::of(EntityKind::Calendar, id);
    let event = Foreign::new("scheduling", "calendar.proposed", entity, &body);
    stage.bench.arrives(event).await;
    id
}

async fn published(stage: &Stage, proposal: Uuid, calendar: &CalendarPublished) {
    let entity = Entity::of(EntityKind::Calendar, proposal);
    let event = Foreign::new("scheduling", "calendar.published", entity, calendar);
    stage.bench.arrives(event).await;
}

/// Every running clock was held against a version.
async fn held(stage: &Stage, version: &str) {
    eventually("every clock is held against the calendar", async || {
        let behind: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM clock
              WHERE state = 'running' AND COALESCE(held_against, calendar_version) <> $1",
        )
        .bind(version)
        .fetch_one(stage.bench.pool())
        .await
        .unwrap();
        (behind == 0).then_some(())
    })
    .await;
}

async fn recomputed(stage: &Stage) -> Vec<ClockChanged> {
    let published = stage.bench.published().await;
    let events = published.iter().filter(|event| event.kind == "clock.recomputed");
    events.map(Published::decode).collect()
}

/// A letter of 18 December, K1, and a talk of 31 December whose record is open, K0.
async fn a_winter_case() -> Stage {
    let stage = Stage::at("2026-12-18T09:00:00+08:00").await;
    let letter = CaseRegistered {
        received_at: Some(at("2026-12-18T09:00:00+08:00")),
        k1: Some(legal_term("K1", "2026-12-18", "15d")),
        ..CaseRegistered::default()
    };
    stage
        .tell("2026-12-18T10:00:00+08:00", "intake", "case.registered", &letter)
        .await;
    let held = ReceptionHeld {
        ended_at: Some(at("2026-12-31T11:00:00+08:00")),
        k0: Some(legal_term("K0", "2026-12-31", "1wd")),
        ..ReceptionHeld::default()
    };
    stage
        .tell("2026-12-31T11:00:00+08:00", "scheduling", "reception.held", &held)
        .await;
    stage
}

fn supervisor() -> Person {
    Person::new("sun", "孙督查").with(Role::Sup)
}

async fn preview(stage: &Stage, request: ListCalendarPreviewRequest) -> Vec<MovingClock> {
    let answer = stage
        .clocks_of(&supervisor())
        .list_calendar_preview(request)
        .await;
    answer.unwrap().into_inner().clocks
}

fn all_of(proposal: Uuid) -> ListCalendarPreviewRequest {
    ListCalendarPreviewRequest {
        proposal_id: proposal.to_string(),
        ..ListCalendarPreviewRequest::default()
    }
}

/// Clock, old and new end, whether it was told, whether it stays.
fn ends(rows: &[MovingClock]) -> Vec<(&str, &str, &str, bool, bool)> {
    let mut ends = Vec::new();
    for row in rows {
        let (before, after) = (row.before.as_ref().unwrap(), row.after.as_ref().unwrap());
        ends.push((
            row.clock.as_str(),
            before.due_eff.as_str(),
            after.due_eff.as_str(),
            row.told,
            row.kept,
        ));
    }
    ends.sort_unstable();
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_calendar_would_move_is_shown_before_and_is_what_it_moves() {
    let stage = a_winter_case().await;
    let notice = calendar("2027.1", MONDAY_OFF);
    let proposal = proposed(&stage, notice.clone()).await;
    let told: CalendarPreviewed = stage.bench.event("calendar.previewed").await;
    let expected = CalendarEffect {
        open: 2,
        moving: 2,
        told: 1,
        ..CalendarEffect::default()
    };
    assert_eq!((told.version.as_str(), told.effect), ("2027.1", Some(expected)));
    let rows = preview(&stage, all_of(proposal)).await;
    let both = [
        ("K0", "2027-01-04", "2027-01-05", false, false),
        ("K1", "2027-01-04", "2027-01-05", true, false),
    ];
    assert_eq!(ends(&rows), both);
    assert_eq!(
        stage.dates("K1").await,
        ["01-02", "01-04", "12-31"],
        "nothing is in force yet"
    );
    published(&stage, proposal, &notice).await;
    held(&stage, "2027.1").await;
    assert_eq!(stage.dates("K1").await, ["01-02", "01-05", "12-31"]);
    assert_eq!(stage.dates("K0").await, ["01-05"; 3]);
    let told = recomputed(&stage).await;
    for row in &rows {
        let event = told.iter().find(|event| event.clock_id == row.clock_id).unwrap();
        let (term, after) = (event.term.clone().unwrap(), row.after.clone().unwrap());
        assert_eq!((term.due_raw, term.due_eff), (after.due_raw, after.due_eff));
        assert_eq!(
            (term.due_safe, term.provisional),
            (after.due_safe, after.provisional)
        );
        assert_eq!(
            (term.calendar_version.as_str(), term.provisional),
            ("2027.1", false)
        );
    }
    assert_eq!(told.len(), rows.len());
    let derivation = stage.clock("K1").await.derivation;
    assert_eq!(derivation.last().unwrap().kind, "rolled_to");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timer_goes_by_the_new_date_and_the_same_calendar_again_changes_nothing() {
    let stage = a_winter_case().await;
    published(&stage, random::new_id(), &calendar("2027.1", MONDAY_OFF)).await;
    held(&stage, "2027.1").await;
    stage.bench.pass(Duration::HOUR);
    published(&stage, random::new_id(), &calendar("2027.2", MONDAY_OFF)).await;
    held(&stage, "2027.2").await;
    assert_eq!(recomputed(&stage).await.len(), 2, "once for each clock");
    let term = stage.clock("K1").await.term.unwrap();
    assert_eq!(
        term.calendar_version, "2027.1",
        "the derivation people know stands"
    );
    stage.bench.set_clock("2027-01-05T12:00:00+08:00");
    stage.bench.settled().await;
    let overdue = |kinds: Vec<String>| kinds.iter().filter(|kind| *kind == "clock.overdue").count();
    assert_eq!(overdue(stage.kinds().await), 0);
    stage.bench.set_clock("2027-01-06T00:00:00+08:00");
    eventually("both are overdue", async || {
        (overdue(stage.kinds().await) == 2).then_some(())
    })
    .await;
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_told_stays_and_one_that_was_not_comes_forward() {
    let stage = a_winter_case().await;
    let notice = calendar("2027.1", SATURDAY_WORKED);
    let proposal = proposed(&stage, notice.clone()).await;
    let told: CalendarPreviewed = stage.bench.event("calendar.previewed").await;
    let effect = told.effect.unwrap();
    assert_eq!((effect.moving, effect.told, effect.kept), (2, 1, 1));
    let rows = preview(&stage, all_of(proposal)).await;
    let both = [
        ("K0", "2027-01-04", "2027-01-02", false, false),
        ("K1", "2027-01-04", "2027-01-04", true, true),
    ];
    assert_eq!(ends(&rows), both);
    let told_only = ListCalendarPreviewRequest {
        told_only: true,
        ..all_of(proposal)
    };
    assert_eq!(ends(&preview(&stage, told_only).await), both[1..]);
    published(&stage, proposal, &notice).await;
    held(&stage, "2027.1").await;
    assert_eq!(stage.dates("K0").await, ["01-02"; 3]);
    assert_eq!(
        stage.dates("K1").await,
        ["01-02", "01-04", "01-02"],
        "only the target of staff moves"
    );
    let k1 = stage.clock("K1").await;
    assert_eq!(k1.derivation.last().unwrap().kind, "kept");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_proposal_that_is_over_nothing_is_left_and_a_preview_is_for_the_office() {
    let stage = a_winter_case().await;
    let proposal = proposed(&stage, calendar("2027.1", MONDAY_OFF)).await;
    let _: CalendarPreviewed = stage.bench.event("calendar.previewed").await;
    let mut page = PageRequest {
        page_size: 1,
        ..PageRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let request = ListCalendarPreviewRequest {
            page: Some(page.clone()),
            ..all_of(proposal)
        };
        let answer = stage
            .clocks_of(&stage.clerk)
            .list_calendar_preview(request)
            .await
            .unwrap();
        let answer = answer.into_inner();
        assert!(answer.complete && answer.version == "2027.1" && answer.clocks.len() == 1);
        seen.extend(answer.clocks.into_iter().map(|row| row.clock));
        page.page_token = answer.page.unwrap().next_page_token;
        if page.page_token.is_empty() {
            break;
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, ["K0", "K1"]);
    let leader = stage
        .clocks_of(&stage.leader)
        .list_calendar_preview(all_of(proposal))
        .await;
    assert_eq!(refused(leader).0, Code::PermissionDenied);
    let ended = CalendarProposalEnded {
        proposal_id: proposal.to_string(),
        version: "2027.1".to_owned(),
    };
    let entity = Entity::of(EntityKind::Calendar, proposal);
    let event = Foreign::new("scheduling", "calendar.withdrawn", entity, &ended);
    stage.bench.arrives(event).await;
    let gone = stage
        .clocks_of(&stage.head)
        .list_calendar_preview(all_of(proposal))
        .await;
    assert_eq!(refused(gone).1, "NOT_FOUND");
    let wrong = ListCalendarPreviewRequest {
        proposal_id: "x".to_owned(),
        ..ListCalendarPreviewRequest::default()
    };
    let wrong = stage.clocks_of(&stage.head).list_calendar_preview(wrong).await;
    assert_eq!(refused(wrong).2, ["proposal_id"]);
    assert_eq!(stage.dates("K1").await, ["01-02", "01-04", "12-31"]);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_still_knows_the_calendar_before_leads_no_clock_back() {
    let stage = a_winter_case().await;
    published(&stage, random::new_id(), &calendar("2027.1", MONDAY_OFF)).await;
    held(&stage, "2027.1").await;
    // Another replica has applied the next calendar; this process has not heard of it.
    sqlx::query(
        "INSERT INTO calendar_edition (district_code, edition, in_force_from, created_at, created_by)
         SELECT '220502', '2027.2', in_force_from + interval '1 second', created_at, created_by FROM calendar_edition",
    )
    .execute(stage.bench.pool())
    .await
    .unwrap();
    sqlx::query("UPDATE clock SET held_against = '2027.2'")
        .execute(stage.bench.pool())
        .await
        .unwrap();
    stage.papers("intake", &[("07", "TRIAGE")]).await;
    let settled = ReceptionHeld {
        reception_id: random::new_id().to_string(),
        ended_at: Some(at("2026-12-31T12:00:00+08:00")),
        ..ReceptionHeld::default()
    };
    stage
        .tell(
            "2026-12-31T12:00:00+08:00",
            "scheduling",
            "reception.held",
            &settled,
        )
        .await;
    let ahead: i64 = sqlx::query_scalar("SELECT count(*) FROM clock WHERE held_against = '2027.2'")
        .fetch_one(stage.bench.pool())
        .await
        .unwrap();
    assert_eq!(ahead, 2);
    stage.bench.finish().await;
}
