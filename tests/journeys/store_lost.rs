//! The bus loses its whole store: the journals of the services fill it again, and nothing changes.

use anyhow::{Result, ensure};
use time::macros::date;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::schedule::Day;
use xinqiao_local::journey::{Journey, masters, script::Script, verdict};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_tests::fleet::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn the_journals_fill_a_lost_bus_again_and_the_case_goes_on() -> Result<()> {
    let mut fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    let mut journey = Journey::new(
        &cast,
        Script::demo(),
        schedule.clone(),
        session.reception_day_id.clone(),
    );
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        if day == Day::Reception {
            masters::open(&cast.clerk, &session).await?;
        }
        if day == Day::Service {
            lose_the_store(&mut fleet).await?;
        }
        journey.act(day).await?;
    }
    let verdict = verdict::conclude(&fleet.platform, &cast, &journey, &fleet.calendar).await?;
    ensure!(verdict.wrong().is_empty(), "{:#?}", verdict.wrong());
    fleet.end().await
}

async fn lose_the_store(fleet: &mut Fleet) -> Result<()> {
    fleet.quiet().await?;
    let before = fleet.digests().await?;
    fleet.platform.nats.lose_everything().await?;
    fleet.platform.nats.restart().await?;
    for service in SERVICES {
        let said = fleet
            .platform
            .run(service, &["republish", "--since", "2026-01-01"])
            .await?;
        ensure!(said.contains("published again"), "{service} said: {said}");
    }
    fleet.quiet().await?;
    let after = fleet.digests().await?;
    for service in SERVICES {
        ensure!(
            before.get(service) == after.get(service),
            "{service} knows something else now:\n{:?}\n{:?}",
            before.get(service),
            after.get(service)
        );
    }
    Ok(())
}
