//! Case numbers have no gaps, however many clients register at once and hang up.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use time::macros::date;
use tokio::task::JoinSet;
use xinqiao_local::clients::Desk;
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_tests::chance::Chance;
use xinqiao_tests::counter::{must_have_no_gaps, register, visit, whole_register};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::sizes::Sizes;

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gaps_when_parallel_clients_hang_up() -> Result<()> {
    let mut chance = Chance::announced();
    let sizes = Sizes::in_force();
    let fleet = Fleet::start(date!(2026 - 03 - 02)).await?;
    fleet.settle(DISTRICT_A).await?;
    let person = people::find("li-dengji").context("the clerk is gone")?;
    let mut clients = JoinSet::new();
    for client in 0..sizes.numbering_clients {
        let clerk = fleet.platform.desk(person)?;
        clients.spawn(numbers(clerk, chance.fork(), client, sizes.numbering_cases_each));
    }
    let mut answered = BTreeMap::new();
    for numbers in clients.join_all().await {
        for (case_no, case_id) in numbers? {
            let other = answered.insert(case_no.clone(), case_id);
            ensure!(other.is_none(), "{case_no} was answered to two clients");
        }
    }

    fleet.quiet().await?;
    let clerk = fleet.platform.desk(person)?;
    let register = whole_register(&clerk).await?;
    must_have_no_gaps(&register)?;
    let kept: BTreeMap<_, _> = register
        .iter()
        .map(|header| (&header.case_no, &header.case_id))
        .collect();
    for (case_no, case_id) in &answered {
        ensure!(
            kept.get(case_no) == Some(&case_id),
            "{case_no} was answered and is not in the register"
        );
    }
    let tried = sizes.numbering_clients * sizes.numbering_cases_each;
    ensure!(answered.len() < tried, "nobody hung up");
    ensure!(!answered.is_empty(), "everybody hung up");
    fleet.end().await
}

/// Registers cases one after the other; hangs up at about every third of them.
async fn numbers(
    clerk: Desk,
    mut chance: Chance,
    client: usize,
    cases: usize,
) -> Result<Vec<(String, String)>> {
    let mut answered = Vec::new();
    for case in 0..cases {
        let call = register(&clerk, visit(&Script::marked(&format!("〔{client}之{case}〕"))));
        let patience = if chance.between(1, 3) == 1 {
            chance.milliseconds(1, 150)
        } else {
            chance.milliseconds(60_000, 60_000)
        };
        if let Ok(outcome) = tokio::time::timeout(patience, call).await {
            let registered = outcome.context("a registration was refused")?;
            answered.push((registered.case_no, registered.case_id));
        }
    }
    Ok(answered)
}
