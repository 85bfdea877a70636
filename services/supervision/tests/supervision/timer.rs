//! The timer under several workers, and after downtime.

use std::collections::BTreeMap;

use futures::future::join_all;
use uuid::Uuid;
use xinqiao_chassis::{
    jobs::{Job as _, Progress},
    journal::Entity,
    random,
    testing::{Foreign, Published, eventually},
};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::{
    event::{CaseAccepted, CaseRegistered, ClockChanged},
    supervision::{Clock, ClockState},
};
use xinqiao_supervision::FireClocks;

use super::stage::{Stage, at, legal_term};

const CASES: u32 = 40;
const WORKERS: usize = 4;

fn number(sequence: u32) -> CaseNumber {
    // The check digit is one of ten.
    let mut numbers = (0..10).map(|digit| format!("XF-220502-2026-1-{sequence:06}-{digit}"));
    numbers.find_map(|text| text.parse().ok()).unwrap()
}

async fn letters(stage: &Stage) {
    for sequence in 1..=CASES {
        let body = CaseRegistered {
            received_at: Some(at("2026-02-03T09:00:00+08:00")),
            k1: Some(legal_term("K1", "2026-02-03", "15d")),
            ..CaseRegistered::default()
        };
        let entity = Entity::case(random::new_id(), number(sequence));
        stage
            .bench
            .deliver(Foreign::new("intake", "case.registered", entity, &body))
            .await;
    }
    stage.bench.settled().await;
    eventually("all letters are here", async || {
        (started(stage).await == u64::from(CASES)).then_some(())
    })
    .await;
}

async fn started(stage: &Stage) -> u64 {
    let published = stage.bench.published().await;
    published
        .iter()
        .filter(|event| event.kind == "clock.started")
        .count() as u64
}

/// The levels published per case, in order.
async fn levels(stage: &Stage) -> BTreeMap<Uuid, Vec<String>> {
    let mut levels: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for event in stage.bench.published().await {
        if matches!(event.kind.as_str(), "clock.amber" | "clock.red" | "clock.overdue") {
            levels.entry(event.entity_id).or_default().push(event.kind);
        }
    }
    levels
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_workers_pass_every_level_once_and_in_order() {
    let mut stage = Stage::at("2026-02-03T10:00:00+08:00").await;
    letters(&stage).await;
    // Downtime: every level falls due while nobody is there.
    stage.bench.stop_service().await;
    stage.bench.set_clock("2026-03-01T00:00:00+08:00");
    stage.bench.start_service().await.unwrap();
    let desk = stage.bench.desk().clone();
    let district = "220502".parse().unwrap();
    let workers = (0..WORKERS).map(|_| {
        let desk = desk.clone();
        tokio::spawn(
            async move { while FireClocks.run_once(&desk, district).await.unwrap() == Progress::More {} },
        )
    });
    join_all(workers).await;
    eventually("every level of every case has fired", async || {
        let levels = levels(&stage).await;
        let all = levels.len() == CASES as usize && levels.values().all(|levels| levels.len() >= 3);
        all.then_some(())
    })
    .await;
    for (case, fired) in levels(&stage).await {
        assert_eq!(fired, ["clock.amber", "clock.red", "clock.overdue"], "{case}");
    }
    let published = stage.bench.published().await;
    let reds: Vec<ClockChanged> = published
        .iter()
        .filter(|event| event.kind == "clock.red")
        .map(Published::decode)
        .collect();
    assert!(
        reds.iter()
            .all(|red| red.due_at == Some(at("2026-02-15T00:00:00+08:00")))
    );
    stage.bench.finish().await;
}

fn accepted(stage: &Stage, at: &'static str) -> Foreign {
    let body = CaseAccepted {
        accepted_on: at[..10].to_owned(),
        notice_served: true,
        ..CaseAccepted::default()
    };
    Foreign::new("assignment", "case.accepted", stage.case, &body).at(at)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_in_time_is_put_right_when_it_is_told_after_the_timer() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.assigned().await;
    stage.bench.set_clock("2026-03-20T09:00:00+08:00");
    eventually("the timer takes the notice for lapsed", async || {
        let kinds = stage.kinds().await;
        let started = kinds.iter().rposition(|kind| kind == "clock.started");
        let overdue = kinds.iter().rposition(|kind| kind == "clock.overdue");
        (overdue.is_some() && started > overdue).then_some(())
    })
    .await;
    stage
        .bench
        .arrives(accepted(&stage, "2026-03-06T10:00:00+08:00"))
        .await;
    let k2 = stage.clock("K2").await;
    assert_eq!(k2.state(), ClockState::Met);
    assert!(k2.rungs.iter().all(|rung| rung.fired_at.is_none()), "{k2:?}");
    assert_eq!(stage.clock("K3").await.state(), ClockState::Met);
    let clocks = stage.clocks().await;
    let handling = clocks
        .iter()
        .filter(|clock| clock.term.as_ref().unwrap().clock == "K4");
    let states: Vec<_> = handling.map(Clock::state).collect();
    assert_eq!(states, [ClockState::Running, ClockState::Cancelled]);
    let running = clocks
        .iter()
        .find(|clock| clock.started_at == Some(at("2026-03-06T10:00:00+08:00")));
    assert_eq!(running.unwrap().term.as_ref().unwrap().due_eff, "2026-05-06");
    let published = stage.bench.published().await;
    let withdrawn: Vec<_> = published
        .iter()
        .filter(|event| event.kind == "clock.withdrawn")
        .map(Published::decode)
        .map(|clock: ClockChanged| (clock.term.unwrap().clock, clock.level))
        .collect();
    let said = [("K2", "amber"), ("K2", "red"), ("K2", "overdue"), ("K3", "end")];
    let said = said.map(|(clock, level)| (clock.to_owned(), level.to_owned()));
    assert_eq!(withdrawn, said);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_late_is_late_even_if_his_act_comes_before_the_timer() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.assigned().await;
    stage.bench.set_clock("2026-03-25T10:00:00+08:00");
    stage
        .bench
        .arrives(accepted(&stage, "2026-03-25T10:00:00+08:00"))
        .await;
    let published = stage.bench.published().await;
    let of_k2: Vec<_> = published
        .iter()
        .filter(|event| event.kind.starts_with("clock."))
        .map(|event| {
            (
                event.kind.as_str(),
                event.decode::<ClockChanged>().term.unwrap().clock,
            )
        })
        .filter(|(_, clock)| clock == "K2")
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(
        of_k2,
        [
            "clock.started",
            "clock.amber",
            "clock.red",
            "clock.overdue",
            "clock.stopped"
        ]
    );
    assert_eq!(
        stage.clock("K4").await.term.unwrap().start_date,
        "2026-03-19",
        "a late notice gains no time"
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_clock_never_fires() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.reported().await;
    stage.bench.set_clock("2026-05-20T00:00:00+08:00");
    eventually("the completeness check is overdue", async || {
        stage
            .kinds()
            .await
            .iter()
            .any(|kind| kind == "clock.overdue")
            .then_some(())
    })
    .await;
    let published = stage.bench.published().await;
    let overdue: Vec<ClockChanged> = published
        .iter()
        .filter(|event| event.kind == "clock.overdue")
        .map(Published::decode)
        .collect();
    let codes: Vec<_> = overdue
        .into_iter()
        .map(|clock| clock.term.unwrap().clock)
        .collect();
    assert_eq!(codes, ["K21"], "K1, K2, K4 and the others were met long before");
    stage.bench.finish().await;
}
