//! The keys of all five services rotate by their commands, in the middle of a petition's way.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use time::macros::date;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::{Journey, masters, schedule::Day, script::Script, verdict};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_tests::fleet::Fleet;

/// Longest wait until the services have sealed everything anew.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_goes_on_while_every_key_is_changed_and_the_old_ones_go() -> Result<()> {
    let mut fleet = Fleet::start_with(date!(2026 - 02 - 24), |mut options| {
        for (name, value) in [
            ("XINQIAO_KEY_BOOK_RELOAD_MS", "100"),
            ("XINQIAO_RESEAL_PAUSE_MS", "20"),
        ] {
            options.settings.push((name, value.to_owned()));
        }
        options
    })
    .await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    let mut journey = Journey::new(
        &cast,
        Script::demo(),
        schedule.clone(),
        session.reception_day_id.clone(),
    );
    let half = schedule.days().count() / 2;
    for (at, (day, begins)) in schedule.days().enumerate() {
        if at == half {
            rotate(&fleet).await?;
        }
        fleet.platform.move_on(begins).await?;
        if day == Day::Reception {
            masters::open(&cast.clerk, &session).await?;
        }
        journey.act(day).await?;
    }
    for purpose in ["column", "accusation-column"] {
        for service in SERVICES {
            retire(&fleet, service, purpose).await?;
        }
    }
    let book = std::fs::read_to_string(fleet.platform.data().join("keybook.json"))?;
    let book: serde_json::Value = serde_json::from_str(&book)?;
    for (purpose, versions) in [("column", 1), ("accusation-column", 1), ("record", 2)] {
        let found = book["districts"][DISTRICT_A]["sealing"][purpose].as_object();
        ensure!(
            found.is_some_and(|keys| keys.contains_key("2") && keys.len() == versions),
            "{purpose}: {found:?}"
        );
    }
    // What was sealed before opens after a start with what the book still has.
    for service in SERVICES {
        fleet.platform.stop_service(service).await?;
        fleet.platform.restart(service).await?;
    }
    let verdict = verdict::conclude(&fleet.platform, &cast, &journey, &fleet.calendar).await?;
    ensure!(verdict.wrong().is_empty(), "{:#?}", verdict.wrong());
    for service in SERVICES {
        fleet.platform.run(service, &["audit", "verify"]).await?;
    }
    fleet.end().await
}

/// New data keys for everything, and a new key-encrypting key for all of them.
async fn rotate(fleet: &Fleet) -> Result<()> {
    let run = async |args: &[&str]| fleet.platform.run("intake", args).await;
    let refused = run(&["keys", "add", "--district", DISTRICT_A, "--lead-ms", "1"]).await;
    ensure!(
        refused.is_err(),
        "a key may not seal before every process knows it"
    );
    let said = run(&["keys", "add", "--district", DISTRICT_A, "--lead-ms", "500"]).await?;
    ensure!(said.lines().count() == 4, "{said}");
    run(&["keys", "advance-kek"]).await?;
    run(&["keys", "rewrap"]).await?;
    let status = run(&["keys", "status"]).await?;
    ensure!(
        status.contains("wrapped by local:v2") && !status.contains("local:v1"),
        "{status}"
    );
    ensure!(status.contains("petitioner.identity: "), "{status}");
    Ok(())
}

/// Lets the first version go, as soon as nothing is left under it.
async fn retire(fleet: &Fleet, service: &'static str, purpose: &str) -> Result<()> {
    let begun = Instant::now();
    let command = [
        "keys",
        "retire",
        "--district",
        DISTRICT_A,
        "--purpose",
        purpose,
        "--version",
        "1",
    ];
    while let Err(refused) = fleet.platform.run(service, &command).await {
        if begun.elapsed() > PATIENCE {
            let status = fleet.platform.run(service, &["keys", "status"]).await?;
            bail!("{refused:#}\n{status}");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}
