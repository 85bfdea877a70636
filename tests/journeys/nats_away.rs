//! NATS is away while people work: every command is accepted, and the events arrive later.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use time::macros::date;
use tokio::task::JoinSet;
use tokio::time::Instant;
use xinqiao_chassis::random;
use xinqiao_local::clients::Desk;
use xinqiao_local::journey::patience::describe;
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_proto::assignment::{ConfirmUnitRequest, PutUnitRequest, Unit, UnitKind};
use xinqiao_proto::intake::{ProposeVoidRequest, VoidReason};
use xinqiao_proto::scheduling::GenerateRosterRequest;
use xinqiao_proto::supervision::ListClocksRequest;
use xinqiao_tests::counter::{must_have_no_gaps, register, visit, whole_register};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::sizes::Sizes;

/// Clerks at work at once.
const CLERKS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn no_command_fails_while_nats_is_away_and_consumers_catch_up() -> Result<()> {
    let away = Duration::from_secs(Sizes::in_force().nats_away_s);
    let mut fleet = Fleet::start(date!(2026 - 03 - 02)).await?;
    fleet.settle(DISTRICT_A).await?;
    let clerk = fleet
        .platform
        .desk(people::find("li-dengji").context("no clerk")?)?;
    let dispatcher = |id| fleet.platform.desk(people::find(id).context("no dispatcher")?);
    let dispatchers = [dispatcher("wang-fenban")?, dispatcher("fang-fenban")?];
    fleet.quiet().await?;

    fleet.platform.nats.kill_hard().await?;
    let until = Instant::now() + away;
    let mut at_work = JoinSet::new();
    for _ in 0..CLERKS {
        at_work.spawn(register_until(until, clerk.clone()));
    }
    at_work.spawn(keep_units_until(until, dispatchers));
    at_work.spawn(plan_rosters_until(until, clerk.clone()));
    let mut cases = Vec::new();
    for done in at_work.join_all().await {
        cases.extend(done?);
    }
    eprintln!("{} cases were registered while NATS was away", cases.len());
    ensure!(!cases.is_empty(), "nothing was registered");

    fleet.platform.nats.restart().await?;
    fleet.quiet().await?;
    let register = whole_register(&clerk).await?;
    must_have_no_gaps(&register)?;
    ensure!(
        register.len() == cases.len(),
        "{} answered, {} registered",
        cases.len(),
        register.len()
    );
    let supervisor = fleet
        .platform
        .desk(people::find("sun-ducha").context("no supervisor")?)?;
    for case_id in cases {
        let request = ListClocksRequest {
            case_id,
            without_derivation: true,
        };
        let clocks = supervisor.clocks().list_clocks(request).await?.into_inner();
        ensure!(
            clocks.clocks.len() == 1,
            "{} has {} clocks",
            clocks.case_no,
            clocks.clocks.len()
        );
    }
    fleet.end().await
}

/// Registers and, for every other case, proposes to void it. No answer may be a refusal.
async fn register_until(until: Instant, clerk: Desk) -> Result<Vec<String>> {
    let mut cases = Vec::new();
    while Instant::now() < until {
        let registered = register(&clerk, visit(&Script::marked(&format!("〔{}〕", cases.len()))))
            .await
            .map_err(|status| anyhow::anyhow!("register: {}", describe(&status)))?;
        let proposal = ProposeVoidRequest {
            request_id: random::new_id().to_string(),
            case_id: registered.case_id.clone(),
            version: registered.version,
            reason: VoidReason::EnteredTwice.into(),
            explanation: "同一来访登记了两次".to_owned(),
            petitioner_told: 0,
        };
        clerk
            .triage()
            .propose_void(proposal)
            .await
            .map_err(|status| anyhow::anyhow!("propose to void: {}", describe(&status)))?;
        cases.push(registered.case_id);
    }
    Ok(cases)
}

async fn keep_units_until(until: Instant, [dispatcher, second]: [Desk; 2]) -> Result<Vec<String>> {
    let mut units = 0_u32;
    while Instant::now() < until {
        let unit = Unit {
            unit_id: random::new_id().to_string(),
            name: format!("演示单位{units}"),
            kind: UnitKind::GovernmentDepartment.into(),
            active: true,
            ..Unit::default()
        };
        let request = PutUnitRequest {
            request_id: random::new_id().to_string(),
            unit: Some(unit),
        };
        let proposed = dispatcher
            .units()
            .put_unit(request)
            .await
            .map_err(|status| anyhow::anyhow!("propose a unit: {}", describe(&status)))?;
        let confirm = ConfirmUnitRequest {
            request_id: random::new_id().to_string(),
            proposal_id: proposed.into_inner().proposal_id,
        };
        second
            .units()
            .confirm_unit(confirm)
            .await
            .map_err(|status| anyhow::anyhow!("confirm a unit: {}", describe(&status)))?;
        units += 1;
    }
    Ok(Vec::new())
}

async fn plan_rosters_until(until: Instant, clerk: Desk) -> Result<Vec<String>> {
    while Instant::now() < until {
        let request = GenerateRosterRequest {
            request_id: random::new_id().to_string(),
            year: 2026,
            ..GenerateRosterRequest::default()
        };
        clerk
            .roster()
            .generate_roster(request)
            .await
            .map_err(|status| anyhow::anyhow!("generate the roster: {}", describe(&status)))?;
    }
    Ok(Vec::new())
}
