//! No hostile token is believed by any RPC of any service, and none of them leaves a trace in a database.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result, bail, ensure};
use futures::future::try_join_all;
use serde_json::json;
use time::{OffsetDateTime, macros::date};
use tonic::{Code, Request, Status};
use xinqiao_chassis::{
    clock::machine_time,
    random,
    testing::{Forge, Hostile},
};
use xinqiao_local::databases::SERVICES;
use xinqiao_local::issuer::{AUDIENCE, Issuer};
use xinqiao_local::journey::patience::{describe, reason};
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_tests::counter::{register, visit};
use xinqiao_tests::dynamic::{Filling, Rpc, rpcs};
use xinqiao_tests::fleet::Fleet;

/// What asks for no token.
const OPEN: [&str; 3] = [
    "/xinqiao.intake.v1.PetitionerService/SignInByQueryCode",
    "/xinqiao.scheduling.v1.ScheduleService/ListSchedule",
    "/xinqiao.scheduling.v1.ScheduleService/GetScheduleCalendar",
];

/// Requests that would be understood.
struct Anything(OffsetDateTime);

impl Filling for Anything {
    fn name_of(&self, _: &str) -> String {
        random::new_id().to_string()
    }

    fn text_of(&self, _: &str) -> Option<String> {
        None
    }

    fn now(&self) -> OffsetDateTime {
        self.0
    }
}

/// Tokens made with the key of the platform's issuer, for somebody who may do much.
fn forge(fleet: &Fleet) -> Result<Forge> {
    let clerk = people::find("li-dengji").context("the clerk has left")?;
    let folder = fleet.platform.data().join("issuer");
    let key = std::fs::read(folder.join("issuer-key-1.pk8"))?;
    let now = OffsetDateTime::from(machine_time()).unix_timestamp();
    let claims = json!({
        "iss": Issuer::reopen(&folder)?.name(), "aud": AUDIENCE, "sub": clerk.id, "name": clerk.name,
        "iat": now, "nbf": now - 5, "exp": now + 3600, "district": clerk.district, "roles": clerk.roles,
    });
    Ok(Forge::new(&key, "local-1", claims))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rpc_of_any_service_believes_a_hostile_token() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 03 - 03)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    register(&cast.clerk, visit(&Script::demo())).await?;
    fleet.quiet().await?;
    let before = fleet.picture().await?;

    let forge = forge(&fleet)?;
    let hostile = forge.hostile();
    ensure!(hostile.len() >= 60, "only {} tokens", hostile.len());
    let mut by_service: BTreeMap<String, Vec<Rpc>> = BTreeMap::new();
    for rpc in rpcs()?
        .into_iter()
        .filter(|rpc| !OPEN.contains(&rpc.path().as_str()))
    {
        by_service.entry(rpc.process().to_owned()).or_default().push(rpc);
    }
    ensure!(
        by_service.keys().eq(sorted(SERVICES).iter()),
        "not all services are asked"
    );
    let asked = by_service.values().map(|rpcs| ask(&fleet, rpcs, &hostile));
    let calls: usize = try_join_all(asked).await?.into_iter().sum();
    eprintln!("{calls} calls with {} hostile tokens", hostile.len());

    fleet.quiet().await?;
    let after = fleet.picture().await?;
    before.must_equal(&after, "the hostile tokens")?;
    for rpcs in by_service.values() {
        believes(&fleet, &rpcs[0], &forge.good()).await?;
    }
    fleet.end().await
}

fn sorted(services: [&str; 5]) -> Vec<String> {
    let mut names = services.map(str::to_owned).to_vec();
    names.sort();
    names
}

/// Every RPC of one service with every token; returns how many calls that were.
async fn ask(fleet: &Fleet, rpcs: &[Rpc], hostile: &[Hostile]) -> Result<usize> {
    let filling = Anything(fleet.platform.legal_time()?);
    let mut told = HashMap::new();
    let mut calls = 0;
    for rpc in rpcs {
        let channel = fleet.platform.channel(rpc.process())?;
        let body = rpc.requests(&filling).into_iter().next().unwrap_or_default();
        for hostile in hostile {
            let mut request = Request::new(body.clone());
            hostile.put_on(request.metadata_mut());
            let answer = rpc.send(channel.clone(), request).await;
            must_tell_nothing(hostile, answer, &mut told)
                .with_context(|| format!("{}: {}", rpc.path(), hostile.what))?;
            calls += 1;
        }
    }
    Ok(calls)
}

/// The same answer to the byte for every token of its kind: why is for the log.
fn must_tell_nothing(
    hostile: &Hostile,
    answer: Result<Vec<u8>, Status>,
    told: &mut HashMap<&'static str, (String, Vec<u8>)>,
) -> Result<()> {
    let Err(status) = answer else {
        bail!("was believed");
    };
    ensure!(
        status.code() == Code::Unauthenticated && reason(&status) == hostile.reason,
        "was answered {}",
        describe(&status)
    );
    let answer = (status.message().to_owned(), status.details().to_vec());
    let first = told.entry(hostile.reason).or_insert_with(|| answer.clone());
    ensure!(
        *first == answer,
        "was answered in other words: {}",
        describe(&status)
    );
    Ok(())
}

/// The token from which the hostile ones differ in one thing each.
async fn believes(fleet: &Fleet, rpc: &Rpc, token: &str) -> Result<()> {
    let channel = fleet.platform.channel(rpc.process())?;
    match rpc.call(channel, token, Vec::new()).await {
        Err(status) if status.code() == Code::Unauthenticated => {
            bail!(
                "{} does not believe a good token: {}",
                rpc.path(),
                describe(&status)
            )
        }
        _ => Ok(()),
    }
}
