//! DEC-16: a letter that no leader received is closed by the same steps with the head of the office in the leader's
//! place, and without an inspection.

use anyhow::{Context as _, Result, ensure};
use time::macros::date;
use xinqiao_local::journey::patience::until;
use xinqiao_local::journey::schedule::{Day, Schedule};
use xinqiao_local::journey::{Cast, Journey, script::Script, verdict};
use xinqiao_local::people::{DISTRICT_A, find};
use xinqiao_proto::event::Channel;
use xinqiao_proto::intake::{CaseHeader, CaseState, GetCaseRequest, get_case_request};
use xinqiao_proto::supervision::ClockState;
use xinqiao_tests::fleet::Fleet;

use crate::bag::Bag;

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_no_leader_received_is_signed_by_the_head_of_the_office() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let head = find("wang-fenban").context("nobody heads the office")?;
    let cast = fleet
        .settle(DISTRICT_A)
        .await?
        .without_leader(&fleet.platform, head)?;
    let schedule = Schedule::from(date!(2026 - 03 - 02), &fleet.calendar);
    let mut journey = Journey::new(&cast, Script::demo(), schedule.clone(), String::new());
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        act(&mut journey, day).await?;
    }

    let header = archived(&journey, &cast).await?;
    ensure!(
        header.channel() == Channel::Letter && !header.leader_received,
        "{header:?}"
    );
    let clocks = verdict::clocks(&cast, &header.case_id).await?.clocks;
    let k11 = clocks
        .iter()
        .find(|clock| clock.term.as_ref().is_some_and(|term| term.clock == "K11"))
        .context("K11 did not start")?;
    ensure!(k11.state() == ClockState::Met, "{k11:?}");

    let bag = Bag::read(&cast.archivist, journey.package_id.as_deref().unwrap_or_default()).await?;
    bag.must_be_valid()?;
    let review = bag.item("16");
    ensure!(
        review.contains(head.name) && review.contains(&journey.script.comment),
        "the signature is not that of {}: {review}",
        head.name
    );
    ensure!(bag.item("05").is_empty(), "nobody received its writer");
    fleet.end().await
}

/// What happens on one day. Nobody receives, so no record is finalised and nothing is inspected.
async fn act(journey: &mut Journey<'_>, day: Day) -> Result<()> {
    match day {
        Day::Reception => journey.register_letter().await,
        Day::Assignment => {
            journey.triage().await?;
            journey.release().await?;
            journey.assign().await
        }
        Day::Signature => journey.sign_review().await,
        _ => journey.act(day).await,
    }
}

/// The case as intake shows it once it is archived (C80).
async fn archived(journey: &Journey<'_>, cast: &Cast) -> Result<CaseHeader> {
    let case_id = journey.registration()?.case_id.clone();
    until("the archived case", async || {
        let request = GetCaseRequest {
            case: Some(get_case_request::Case::CaseId(case_id.clone())),
        };
        let seen = cast.dispatcher.cases().get_case(request).await?.into_inner();
        Ok(seen.header.filter(|header| header.state() == CaseState::Archived))
    })
    .await
}
