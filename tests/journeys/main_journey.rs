//! AS-01: a walk-in from the reception hall to the sealed archive, every date met.

use anyhow::{Result, ensure};
use time::{Date, macros::date};
use xinqiao_local::journey::{Journey, masters, schedule::Day, script::Script, verdict};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_proto::supervision::ListClocksResponse;
use xinqiao_tests::fleet::Fleet;

use crate::bag::Bag;

/// Every term of the scenario: clock, start, raw, effective, safe.
const TERMS: [(&str, Date, Date, Date, Date); 6] = [
    (
        "K1",
        date!(2026 - 03 - 03),
        date!(2026 - 03 - 18),
        date!(2026 - 03 - 18),
        date!(2026 - 03 - 18),
    ),
    (
        "K0",
        date!(2026 - 03 - 03),
        date!(2026 - 03 - 04),
        date!(2026 - 03 - 04),
        date!(2026 - 03 - 04),
    ),
    (
        "K3",
        date!(2026 - 03 - 04),
        date!(2026 - 03 - 11),
        date!(2026 - 03 - 11),
        date!(2026 - 03 - 11),
    ),
    (
        "K2",
        date!(2026 - 03 - 04),
        date!(2026 - 03 - 19),
        date!(2026 - 03 - 19),
        date!(2026 - 03 - 19),
    ),
    (
        "K4",
        date!(2026 - 03 - 06),
        date!(2026 - 05 - 05),
        date!(2026 - 05 - 06),
        date!(2026 - 04 - 30),
    ),
    (
        "K6",
        date!(2026 - 04 - 21),
        date!(2026 - 05 - 21),
        date!(2026 - 05 - 21),
        date!(2026 - 05 - 21),
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_goes_from_the_hall_to_the_archive_with_every_date_of_the_law() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    ensure!(
        session.day == "2026-03-03",
        "the session of the scenario is on {}",
        session.day
    );

    let mut journey = Journey::new(
        &cast,
        Script::marked("〔标记七〕"),
        schedule.clone(),
        session.reception_day_id.clone(),
    );
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        if day == Day::Reception {
            masters::open(&cast.clerk, &session).await?;
        }
        journey.act(day).await?;
    }
    ensure!(
        journey
            .registration()?
            .case_no
            .starts_with("XF-220502-2026-2-000001-")
    );

    let verdict = verdict::conclude(&fleet.platform, &cast, &journey, &fleet.calendar).await?;
    ensure!(verdict.wrong().is_empty(), "{:#?}", verdict.wrong());
    ensure!(
        verdict.text().contains("final on 2026-05-22"),
        "{}",
        verdict.text()
    );
    let clocks = verdict::clocks(&cast, &journey.registration()?.case_id).await?;
    for (code, start, raw, eff, safe) in TERMS {
        must_have(&clocks, code, [start, raw, eff, safe])?;
    }
    must_have(
        &clocks,
        "K15",
        [
            date!(2026 - 04 - 28),
            date!(2026 - 05 - 14),
            date!(2026 - 05 - 14),
            date!(2026 - 05 - 14),
        ],
    )?;

    let bag = Bag::read(&cast.archivist, journey.package_id.as_deref().unwrap_or_default()).await?;
    bag.must_be_valid()?;
    must_hold_the_very_texts(&bag, &journey.script)?;
    fleet.end().await
}

fn must_have(clocks: &ListClocksResponse, code: &str, wanted: [Date; 4]) -> Result<()> {
    let term = clocks
        .clocks
        .iter()
        .filter_map(|clock| clock.term.as_ref())
        .find(|term| term.clock == code);
    let found =
        term.map(|term| [&term.start_date, &term.due_raw, &term.due_eff, &term.due_safe].map(Clone::clone));
    ensure!(
        found == Some(wanted.map(|date| date.to_string())),
        "{code}: found {found:?}, wanted {wanted:?}"
    );
    Ok(())
}

/// Under each mandatory item lies what the people wrote, word for word.
fn must_hold_the_very_texts(bag: &Bag, script: &Script) -> Result<()> {
    let wanted = [
        ("02", &script.title),
        ("02", &script.petitioner_name),
        ("03", &script.content),
        ("03", &script.request),
        ("05", &script.own_words),
        ("06", &script.instruction),
        ("07", &script.summary),
        ("07", &script.acceptance),
        ("08", &script.requirements),
        ("10", &script.cause),
        ("10", &script.problem),
        ("10", &script.resolution),
        ("12", &script.reasons),
        ("13", &script.evidence),
        ("14", &script.closure),
        ("15", &script.opinion),
        ("16", &script.comment),
    ];
    for (item, text) in wanted {
        ensure!(
            bag.item(item).contains(text.as_str()),
            "item {item} lacks: {text}"
        );
    }
    for item in ["01", "09", "21"] {
        ensure!(!bag.item(item).is_empty(), "item {item} is empty");
    }
    ensure!(
        bag.item("21").contains("leader.signed"),
        "the process log lacks the signature"
    );
    Ok(())
}
