//! A client who hangs up in the middle: what was answered exists, what is sent again happens once.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use time::macros::date;
use tonic::Status;
use xinqiao_local::clients::Desk;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::patience::{patiently, until};
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_local::platform::Platform;
use xinqiao_proto::intake::TriageCaseRequest;
use xinqiao_tests::chance::Chance;
use xinqiao_tests::counter::{must_have_no_gaps, register, sheet, visit, whole_register};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::sizes::Sizes;
use xinqiao_tests::underneath::database;

/// Clients at work at once.
const CLIENTS: usize = 8;
const PATIENT: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_exists_and_nothing_happens_twice_when_clients_hang_up() -> Result<()> {
    let mut chance = Chance::announced();
    let calls = Sizes::in_force().cancelled_calls;
    let fleet = Fleet::start(date!(2026 - 03 - 02)).await?;
    fleet.settle(DISTRICT_A).await?;
    let clerk = fleet
        .platform
        .desk(people::find("li-dengji").context("no clerk")?)?;
    let dispatcher = fleet
        .platform
        .desk(people::find("wang-fenban").context("no dispatcher")?)?;
    let clients = (0..CLIENTS).map(|client| {
        let share = calls / CLIENTS + usize::from(client < calls % CLIENTS);
        hang_up_again_and_again(&clerk, &dispatcher, chance.fork(), share)
    });
    let cut: usize = try_join_all(clients).await?.into_iter().sum();
    eprintln!("{cut} of {} calls were cut off", calls * 2);
    ensure!(
        0 < cut && cut < calls * 2,
        "all or none of the calls were cut off"
    );

    no_connection_is_left_in_a_transaction(&fleet.platform).await?;
    fleet.quiet().await?;
    let register = whole_register(&clerk).await?;
    ensure!(
        register.len() == calls,
        "{calls} visits were sent, {} are registered",
        register.len()
    );
    must_have_no_gaps(&register)?;
    each_act_left_one_row(&fleet.platform, calls).await?;
    fleet.end().await
}

/// Registers and triages; hangs up on each call at a random millisecond, then sends it again. Returns how many
/// were cut off.
async fn hang_up_again_and_again(
    clerk: &Desk,
    dispatcher: &Desk,
    mut chance: Chance,
    calls: usize,
) -> Result<usize> {
    let mut cut = 0;
    for call in 0..calls {
        let script = Script::marked(&format!("〔{call}〕"));
        let visit = visit(&script);
        let first = tokio::time::timeout(impatience(&mut chance), register(clerk, visit.clone())).await;
        cut += usize::from(first.is_err());
        let again = patiently(
            "register again",
            async || Ok(visit.clone()),
            async |visit| clerk.registration().register_visit(visit).await,
        )
        .await?;
        let again = again.registered.context("empty")?;
        if let Ok(Ok(first)) = first {
            ensure!(
                first == again,
                "{} was answered, then {}",
                first.case_no,
                again.case_no
            );
        }

        let sheet = sheet(&again, &script.summary);
        let mut desk = dispatcher.triage();
        let first = tokio::time::timeout(impatience(&mut chance), desk.triage_case(sheet.clone())).await;
        cut += usize::from(first.is_err());
        let again = send_again(dispatcher, &sheet).await?;
        if let Ok(Ok(first)) = first {
            ensure!(
                first.into_inner().version == again,
                "the triage answered another version the second time"
            );
        }
    }
    Ok(cut)
}

/// Any millisecond of a call; one in four waits long enough for the answer.
fn impatience(chance: &mut Chance) -> Duration {
    if chance.between(1, 4) == 1 {
        PATIENT
    } else {
        chance.milliseconds(1, 100)
    }
}

async fn send_again(dispatcher: &Desk, sheet: &TriageCaseRequest) -> Result<u64> {
    let answer = patiently(
        "triage again",
        async || Ok::<_, Status>(sheet.clone()),
        async |sheet| dispatcher.triage().triage_case(sheet).await,
    )
    .await?;
    Ok(answer.version)
}

async fn no_connection_is_left_in_a_transaction(platform: &Platform) -> Result<()> {
    for service in SERVICES {
        let mut database = database(platform, service).await?;
        until("no connection idle in a transaction", async || {
            let idle: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
            )
            .fetch_one(&mut database)
            .await?;
            Ok((idle == 0).then_some(()))
        })
        .await
        .with_context(|| service.to_owned())?;
    }
    Ok(())
}

async fn each_act_left_one_row(platform: &Platform, calls: usize) -> Result<()> {
    let mut database = database(platform, "intake").await?;
    for action in ["intake.RegisterVisit", "intake.TriageCase"] {
        let (answers, audits): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM idempotency WHERE action = $1),
                    (SELECT count(*) FROM audit WHERE position(convert_to($1, 'UTF8') IN canonical) > 0)",
        )
        .bind(action)
        .fetch_one(&mut database)
        .await?;
        let calls = i64::try_from(calls)?;
        ensure!(
            answers == calls && audits == calls,
            "{action}: {calls} sent, {answers} answers kept, {audits} audit rows"
        );
    }
    Ok(())
}
