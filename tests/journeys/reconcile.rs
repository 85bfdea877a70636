//! `reconcile` is silent over services that agree, and names case, service and kind of every seeded difference.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use sqlx::AssertSqlSafe;
use time::macros::date;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_local::reconcile::Kind;
use xinqiao_tests::counter::{register, visit};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::underneath::database;

/// The services that hear of a registration.
const HEARERS: [&str; 4] = ["scheduling", "assignment", "supervision", "archive"];

/// One thing done behind the back of a service, and what must be said of it.
struct Seed {
    database: &'static str,
    /// With the case as `$1`.
    statement: &'static str,
    said: Vec<(&'static str, Kind)>,
}

fn seeds() -> Vec<Seed> {
    let heard = [
        (
            "DELETE FROM inbox WHERE entity_id = $1 AND kind = 'case.registered'",
            Kind::MissingEvent,
        ),
        (
            "UPDATE inbox SET body = body || '\\x00' WHERE entity_id = $1 AND kind = 'case.registered'",
            Kind::DifferentEvent,
        ),
        (
            "UPDATE inbox SET state = 'parked' WHERE entity_id = $1 AND kind = 'case.registered'",
            Kind::ParkedEvent,
        ),
        (
            "UPDATE inbox SET state = 'waiting' WHERE entity_id = $1 AND kind = 'case.registered'",
            Kind::WaitingEvent,
        ),
    ];
    let mut seeds: Vec<Seed> = heard
        .into_iter()
        .flat_map(|(statement, kind)| {
            HEARERS.map(|database| Seed {
                database,
                statement,
                said: vec![(database, kind)],
            })
        })
        .collect();
    let by_all = |kind| HEARERS.map(|hearer| (hearer, kind)).to_vec();
    seeds.extend([
        Seed {
            database: "intake",
            statement: "DELETE FROM outbox WHERE entity_id = $1",
            said: by_all(Kind::SurplusEvent),
        },
        Seed {
            database: "intake",
            statement: "UPDATE outbox SET body = body || '\\x00' WHERE entity_id = $1",
            said: by_all(Kind::DifferentEvent),
        },
        Seed {
            database: "intake",
            statement: "UPDATE case_file SET state = 'C30' WHERE id = $1",
            said: vec![("intake", Kind::StateDiffers)],
        },
        Seed {
            database: "supervision",
            statement: "UPDATE supervised_case SET state = 'C30' WHERE case_id = $1",
            said: vec![("supervision", Kind::StateDiffers)],
        },
    ]);
    seeds
}

#[tokio::test(flavor = "multi_thread")]
async fn reconcile_names_case_service_and_kind_of_each_seeded_difference() -> Result<()> {
    let mut fleet = Fleet::start(date!(2026 - 03 - 02)).await?;
    fleet.settle(DISTRICT_A).await?;
    let clerk = fleet
        .platform
        .desk(people::find("li-dengji").context("the clerk is gone")?)?;
    let seeds = seeds();
    let mut cases = Vec::new();
    for _ in &seeds {
        cases.push(register(&clerk, visit(&Script::demo())).await?);
    }
    fleet.quiet().await?;
    let said = fleet.differences().await?;
    ensure!(said.is_empty(), "differences where nothing was seeded: {said:#?}");

    // Nobody may repair what is seeded.
    for service in SERVICES {
        fleet.platform.stop_service(service).await?;
    }
    let mut wanted = BTreeSet::new();
    for (seed, case) in seeds.iter().zip(&cases) {
        let mut database = database(&fleet.platform, seed.database).await?;
        let id: uuid::Uuid = case.case_id.parse()?;
        let done = sqlx::query(AssertSqlSafe(seed.statement))
            .bind(id)
            .execute(&mut database)
            .await?;
        ensure!(
            done.rows_affected() > 0,
            "nothing was changed by {}",
            seed.statement
        );
        let said = seed
            .said
            .iter()
            .map(|(service, kind)| (case.case_no.clone(), (*service).to_owned(), *kind));
        wanted.extend(said);
    }
    let said: BTreeSet<_> = fleet
        .differences()
        .await?
        .into_iter()
        .map(|difference| (difference.subject, difference.service, difference.kind))
        .collect();
    let missed: Vec<_> = wanted.difference(&said).collect();
    let surplus: Vec<_> = said.difference(&wanted).collect();
    ensure!(
        missed.is_empty() && surplus.is_empty(),
        "not named: {missed:#?}\nnamed without reason: {surplus:#?}"
    );
    fleet.end().await
}
