//! Many journeys in step, day by day, while every part of the platform is killed inside the days: all reach the
//! archive, and nothing has happened twice.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use time::{OffsetDateTime, macros::date};
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::schedule::{Day, Schedule};
use xinqiao_local::journey::{Cast, Journey, masters, script::Script, verdict};
use xinqiao_local::people::{DISTRICT_A, DISTRICT_B};
use xinqiao_proto::scheduling::ReceptionDay;
use xinqiao_tests::chance::Chance;
use xinqiao_tests::counter::{must_have_no_gaps, whole_register};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::sizes::Sizes;
use xinqiao_tests::underneath::database;

use crate::killer::{ActiveDay, Killer, Traffic};

/// What each journey does once, by the service that does it.
const ACTS: [&str; 22] = [
    "intake.RegisterVisit",
    "intake.TriageCase",
    "intake.ReleaseCase",
    "scheduling.RecordReception",
    "scheduling.FinaliseReception",
    "assignment.AssignCase",
    "assignment.DraftAcceptance",
    "assignment.IssueAcceptance",
    "assignment.NameInvestigators",
    "assignment.SubmitInvestigationReport",
    "assignment.ReadReport",
    "assignment.DraftOpinion",
    "assignment.IssueOpinion",
    "assignment.ServeOpinion",
    "assignment.StartExecution",
    "assignment.SubmitClosureReport",
    "supervision.CheckCompleteness",
    "supervision.RecordPetitionerOpinion",
    "supervision.RecordInspection",
    "supervision.SignReview",
    "archive.SealPackage",
    "scheduling.OpenReceptionDay",
];

/// One district with its journeys.
struct District<'a> {
    code: &'static str,
    cast: &'a Cast,
    session: ReceptionDay,
    schedule: Schedule,
    journeys: Vec<Journey<'a>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn journeys_in_step_survive_kills_of_every_part() -> Result<()> {
    let chance = Chance::announced();
    let sizes = Sizes::in_force();
    let mut fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let casts = [fleet.settle(DISTRICT_A).await?, fleet.settle(DISTRICT_B).await?];
    let shares = [sizes.journeys_in_step.div_ceil(2), sizes.journeys_in_step / 2];
    let mut districts = Vec::new();
    for ((code, cast), share) in [DISTRICT_A, DISTRICT_B].into_iter().zip(&casts).zip(shares) {
        districts.push(district(&fleet, code, cast, share).await?);
    }

    let traffic = Traffic::default();
    let mut killer = Killer::new(chance, sizes.kills_inside_acts);
    let instants = instants(&districts);
    let days = instants.len();
    for (index, (instant, today)) in instants.into_iter().enumerate() {
        fleet.platform.move_on(instant).await?;
        let acts = acts_of_the_day(traffic.begin(), &traffic, &mut districts, &today);
        let kills = killer.hunt(&mut fleet.platform, &traffic, days - index);
        let (outcome, hunted) = tokio::join!(acts, kills);
        hunted?;
        outcome.with_context(|| format!("{today:?}, after {}", killer.tally()))?;
    }
    fleet.quiet().await?;
    eprintln!("{}", killer.tally());
    killer.must_have_done_its_work()?;

    for district in &districts {
        all_are_final(&fleet, district).await?;
    }
    fleet.quiet().await?;
    nothing_happened_twice(&fleet, &districts).await?;
    let differences = fleet.differences().await?;
    ensure!(differences.is_empty(), "reconcile says {differences:#?}");
    fleet.end().await
}

async fn district<'a>(
    fleet: &Fleet,
    code: &'static str,
    cast: &'a Cast,
    share: usize,
) -> Result<District<'a>> {
    let (session, schedule) = fleet.next_session(cast).await?;
    let journeys = (1..=share)
        .map(|number| {
            let script = Script::marked(&format!("〔{code}之{number}〕"));
            Journey::new(cast, script, schedule.clone(), session.reception_day_id.clone())
        })
        .collect();
    Ok(District {
        code,
        cast,
        session,
        schedule,
        journeys,
    })
}

/// Every instant at which a district has something to do, in order.
fn instants(districts: &[District<'_>]) -> BTreeMap<OffsetDateTime, BTreeMap<&'static str, Day>> {
    let mut instants: BTreeMap<OffsetDateTime, BTreeMap<&'static str, Day>> = BTreeMap::new();
    for district in districts {
        for (day, begins) in district.schedule.days() {
            instants.entry(begins).or_default().insert(district.code, day);
        }
    }
    instants
}

/// All journeys do what the day asks, side by side.
async fn acts_of_the_day(
    _until_done: ActiveDay<'_>,
    traffic: &Traffic,
    districts: &mut [District<'_>],
    today: &BTreeMap<&'static str, Day>,
) -> Result<()> {
    for district in districts.iter() {
        if today.get(district.code) == Some(&Day::Reception) {
            masters::open(&district.cast.clerk, &district.session).await?;
        }
    }
    let acts = districts.iter_mut().flat_map(|district| {
        let day = today.get(district.code).copied();
        district
            .journeys
            .iter_mut()
            .filter_map(move |journey| Some(act(traffic, journey, day?)))
    });
    try_join_all(acts).await.map(drop)
}

/// One journey's day, act by act, so that it is known which service an act is at.
async fn act(traffic: &Traffic, journey: &mut Journey<'_>, day: Day) -> Result<()> {
    match day {
        Day::Reception => {
            traffic.at("intake", journey.register()).await?;
            traffic.at("scheduling", journey.record_reception()).await
        }
        Day::Assignment => {
            traffic.at("scheduling", journey.finalise_reception()).await?;
            traffic.at("intake", journey.triage()).await?;
            traffic.at("intake", journey.release()).await?;
            traffic.at("assignment", journey.assign()).await
        }
        Day::Acceptance => {
            traffic.at("assignment", journey.draft_acceptance()).await?;
            traffic.at("assignment", journey.issue_acceptance()).await?;
            traffic.at("assignment", journey.name_investigators()).await
        }
        Day::Report => {
            traffic.at("assignment", journey.submit_report()).await?;
            traffic.at("assignment", journey.read_report()).await
        }
        Day::Opinion => {
            traffic.at("assignment", journey.draft_opinion()).await?;
            traffic.at("assignment", journey.issue_opinion()).await
        }
        Day::Service => {
            traffic.at("assignment", journey.serve_opinion()).await?;
            traffic.at("assignment", journey.start_execution()).await
        }
        Day::Closure => {
            traffic.at("assignment", journey.submit_closure_report()).await?;
            traffic.at("supervision", journey.check_completeness()).await
        }
        Day::PetitionerOpinion => {
            traffic
                .at("supervision", journey.record_petitioner_opinion())
                .await
        }
        Day::Signature => {
            traffic.at("supervision", journey.record_inspection()).await?;
            traffic.at("supervision", journey.sign_review()).await
        }
        Day::Archive => traffic.at("archive", journey.seal_package()).await,
    }
}

async fn all_are_final(fleet: &Fleet, district: &District<'_>) -> Result<()> {
    for journey in &district.journeys {
        let verdict = verdict::conclude(&fleet.platform, district.cast, journey, &fleet.calendar).await?;
        ensure!(
            verdict.wrong().is_empty(),
            "{}: {:#?}",
            journey.registration()?.case_no,
            verdict.wrong()
        );
        let clocks = verdict::clocks(district.cast, &journey.registration()?.case_id).await?;
        let mut codes: Vec<String> = clocks
            .clocks
            .into_iter()
            .filter_map(|clock| Some(clock.term?.clock))
            .collect();
        codes.sort();
        let all = codes.len();
        codes.dedup();
        ensure!(codes.len() == all, "a clock runs twice in {}", clocks.case_no);
    }
    let register = whole_register(&district.cast.clerk).await?;
    must_have_no_gaps(&register)?;
    ensure!(
        register.len() == district.journeys.len(),
        "{} journeys, {} cases in {}",
        district.journeys.len(),
        register.len(),
        district.code
    );
    Ok(())
}

async fn nothing_happened_twice(fleet: &Fleet, districts: &[District<'_>]) -> Result<()> {
    for service in SERVICES {
        let mut database = database(&fleet.platform, service).await?;
        let twice: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT case_no, kind, count(*) FROM outbox
             WHERE entity_kind = 'case' AND kind <> 'case.remedy_changed'
               AND kind NOT LIKE 'clock.%' AND kind <> 'document.created'
             GROUP BY district_code, entity_id, case_no, kind HAVING count(*) > 1",
        )
        .fetch_all(&mut database)
        .await?;
        ensure!(twice.is_empty(), "{service} published twice: {twice:?}");
        // Some forms are filed more than once, but in every case as often.
        let files: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT form, min(filed), max(filed)
             FROM (SELECT form, count(*) AS filed FROM document GROUP BY district_code, case_id, form) AS counted
             GROUP BY form HAVING min(filed) < max(filed)",
        )
        .fetch_all(&mut database)
        .await?;
        ensure!(files.is_empty(), "{service} filed more for some cases: {files:?}");
        let prefix = format!("{service}.");
        for action in ACTS.iter().filter(|action| action.starts_with(&prefix)) {
            let opened = *action == "scheduling.OpenReceptionDay";
            let wanted: usize = districts
                .iter()
                .map(|district| if opened { 1 } else { district.journeys.len() })
                .sum();
            let audits: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM audit WHERE position(convert_to($1, 'UTF8') IN canonical) > 0",
            )
            .bind(action)
            .fetch_one(&mut database)
            .await?;
            // Reading the report also leaves a row for what was shown.
            let rows_each = if *action == "assignment.ReadReport" { 2 } else { 1 };
            let wanted = i64::try_from(wanted * rows_each)?;
            ensure!(audits == wanted, "{action}: {wanted} done, {audits} audit rows");
        }
    }
    Ok(())
}
