//! `reconcile` is silent over services that agree, and names case, service and kind of every seeded difference.

mod seeds;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::AssertSqlSafe;
use time::macros::date;
use uuid::Uuid;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_local::reconcile::{Difference, Kind, gather};
use xinqiao_local::tools::Tools;
use xinqiao_tests::counter::{register, visit};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::underneath::database;

use seeds::{About, Seed, seeds};

/// Subject, service and kind.
type Named = BTreeSet<(String, String, Kind)>;

fn named(differences: Vec<Difference>) -> Named {
    differences
        .into_iter()
        .map(|difference| (difference.subject, difference.service, difference.kind))
        .collect()
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
    let said = gather::differences(&Tools::from_environment(), fleet.platform.data()).await?;
    ensure!(said.is_empty(), "differences in the data folder: {said:#?}");

    for service in SERVICES {
        becomes_signed(&fleet, service).await?;
    }

    // Nobody may repair what is seeded.
    for service in SERVICES {
        fleet.platform.stop_service(service).await?;
    }
    let mut wanted = Named::new();
    for (seed, case) in seeds.iter().zip(&cases) {
        let subject = match seed.about {
            About::Case => {
                plant(&fleet, seed, case.case_id.parse::<Uuid>()?).await?;
                case.case_no.clone()
            }
            About::ReceptionDay => {
                let day = a_reception_day(&fleet).await?;
                plant(&fleet, seed, day).await?;
                format!("reception_day {day}")
            }
            About::AuditChain => {
                plant(&fleet, seed, DISTRICT_A).await?;
                "audit chain".to_owned()
            }
        };
        let said = seed
            .said
            .iter()
            .map(|(service, kind)| (subject.clone(), (*service).to_owned(), *kind));
        wanted.extend(said);
    }
    ensure!(wanted.len() >= seeds.len(), "two seeds are one difference");
    must_be(&named(fleet.differences().await?), &wanted)?;
    let gathered = gather::differences(&Tools::from_environment(), fleet.platform.data()).await?;
    must_be(&named(gathered), &wanted)?;
    the_chain_is_not_believed(&fleet, "intake", "220502: audit row 3 was changed").await?;
    let mut intake = database(&fleet.platform, "intake").await?;
    sqlx::raw_sql("DELETE FROM audit; DELETE FROM audit_head")
        .execute(&mut intake)
        .await?;
    // Nothing in the database contradicts that there never was a row.
    the_chain_is_not_believed(
        &fleet,
        "intake",
        "220502: the chain ends at row 0, but checkpoint 1 signed",
    )
    .await?;
    fleet.end().await
}

/// Waits until every chain of a service holds and is signed; the first checkpoint follows the first row at once.
async fn becomes_signed(fleet: &Fleet, service: &'static str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        match fleet.platform.run(service, &["audit", "verify"]).await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => {}
        }
    }
}

async fn the_chain_is_not_believed(fleet: &Fleet, service: &'static str, why: &str) -> Result<()> {
    match fleet.platform.run(service, &["audit", "verify"]).await {
        Ok(said) => bail!("{service} believes its chain: {said}"),
        Err(error) => {
            let said = error.to_string();
            ensure!(said.contains(why), "{said}");
            Ok(())
        }
    }
}

fn must_be(said: &Named, wanted: &Named) -> Result<()> {
    let missed: Vec<_> = wanted.difference(said).collect();
    let surplus: Vec<_> = said.difference(wanted).collect();
    ensure!(
        missed.is_empty() && surplus.is_empty(),
        "not named: {missed:#?}\nnamed without reason: {surplus:#?}"
    );
    Ok(())
}

async fn plant<'v, V>(fleet: &Fleet, seed: &Seed, about: V) -> Result<()>
where
    V: sqlx::Encode<'v, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + 'v,
{
    let mut database = database(&fleet.platform, seed.database).await?;
    let done = sqlx::query(AssertSqlSafe(seed.statement))
        .bind(about)
        .execute(&mut database)
        .await?;
    ensure!(
        done.rows_affected() == 1,
        "{} row(s) were changed by {}",
        done.rows_affected(),
        seed.statement
    );
    Ok(())
}

/// One of which there are several events, so that the first can be lost.
async fn a_reception_day(fleet: &Fleet) -> Result<Uuid> {
    let mut database = database(&fleet.platform, "scheduling").await?;
    let statement =
        "SELECT entity_id FROM outbox WHERE entity_kind = 'reception_day' AND sequence = 2 LIMIT 1";
    Ok(sqlx::query_scalar(statement).fetch_one(&mut database).await?)
}
