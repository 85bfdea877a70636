//! What a district has before its first petition: units, who may sign, a published roster.

use anyhow::{Context as _, Result};
use time::Date;
use uuid::Uuid;
use xinqiao_proto::assignment::{ConfirmUnitRequest, ListUnitsRequest, PutUnitRequest, Unit, UnitKind};
use xinqiao_proto::scheduling::{
    GenerateRosterRequest, ListLeadersRequest, ListReceptionDaysRequest, OpenReceptionDayRequest,
    PublishRosterRequest, PutLeaderRequest, ReceptionDay, ReceptionDayState,
};

use super::patience::patiently;
use crate::clients::Desk;
use crate::people::{
    self, DISTRICT_A, Person, UNIT_HOUSING, UNIT_HOUSING_B, UNIT_JINCHANG, UNIT_LABOUR, UNIT_WUDAOJIANG,
};
use crate::platform::Platform;
use crate::signing::Signatory;

struct DemoUnit(&'static str, Uuid, UnitKind);

struct DemoLeader {
    person: &'static str,
    post: &'static str,
    /// Place in the rota; none for the head of the office, who only signs (DEC-16).
    turn: Option<u32>,
}

/// Loads units, leaders and the roster of the year into one district. What is there already stays.
pub async fn load(platform: &Platform, district: &str, year: i32) -> Result<()> {
    let [clerk, dispatcher, second] = if district == DISTRICT_A {
        ["li-dengji", "wang-fenban", "fang-fenban"]
    } else {
        ["wu-dengji", "ma-fenban", "bai-fenban"]
    };
    let clerk = platform.desk(person(clerk)?)?;
    let dispatcher = platform.desk(person(dispatcher)?)?;
    let second = platform.desk(person(second)?)?;
    put_units(&dispatcher, &second, district).await?;
    put_leaders(platform, &dispatcher, district).await?;
    generate_roster(&clerk, &dispatcher, year).await
}

/// The next published session of a leader after a day, opened for visitors on the day itself by [`open`].
pub async fn next_session(desk: &Desk, leader: Uuid, after: Date) -> Result<ReceptionDay> {
    let request = ListReceptionDaysRequest {
        from: after.next_day().unwrap_or(after).to_string(),
        leader_id: leader.to_string(),
        ..ListReceptionDaysRequest::default()
    };
    let found = patiently(
        "find a session",
        async || Ok(request.clone()),
        async |request| desk.roster().list_reception_days(request).await,
    )
    .await?;
    found
        .reception_days
        .into_iter()
        .find(|day| day.state() == ReceptionDayState::Published && day.leader_id == leader.to_string())
        .with_context(|| format!("no published session of this leader after {after}"))
}

/// Opens a session on its day.
pub async fn open(desk: &Desk, session: &ReceptionDay) -> Result<()> {
    let request = OpenReceptionDayRequest {
        request_id: xinqiao_chassis::random::new_id().to_string(),
        reception_day_id: session.reception_day_id.clone(),
        version: session.version,
    };
    patiently(
        "open the session",
        async || Ok(request.clone()),
        async |request| desk.roster().open_reception_day(request).await,
    )
    .await
    .map(drop)
}

/// One dispatcher proposes each unit, another confirms it.
async fn put_units(dispatcher: &Desk, second: &Desk, district: &str) -> Result<()> {
    let there = patiently(
        "list units",
        async || Ok(ListUnitsRequest::default()),
        async |request| dispatcher.units().list_units(request).await,
    )
    .await?;
    for DemoUnit(name, id, kind) in units(district) {
        if there.units.iter().any(|unit| unit.unit_id == id.to_string()) {
            continue;
        }
        let request = PutUnitRequest {
            request_id: xinqiao_chassis::random::new_id().to_string(),
            unit: Some(Unit {
                unit_id: id.to_string(),
                name: name.to_owned(),
                kind: kind.into(),
                active: true,
                ..Unit::default()
            }),
        };
        let proposed = patiently(
            "propose a unit",
            async || Ok(request.clone()),
            async |request| dispatcher.units().put_unit(request).await,
        )
        .await?;
        let confirm = ConfirmUnitRequest {
            request_id: xinqiao_chassis::random::new_id().to_string(),
            proposal_id: proposed.proposal_id,
        };
        patiently(
            "confirm a unit",
            async || Ok(confirm.clone()),
            async |request| second.units().confirm_unit(request).await,
        )
        .await?;
    }
    Ok(())
}

async fn put_leaders(platform: &Platform, dispatcher: &Desk, district: &str) -> Result<()> {
    let there = patiently(
        "list leaders",
        async || Ok(ListLeadersRequest::default()),
        async |request| dispatcher.masters().list_leaders(request).await,
    )
    .await?;
    for leader in leaders(district) {
        let person = person(leader.person)?;
        if there.leaders.iter().any(|known| known.person_id == person.id) {
            continue;
        }
        let codes = |codes: &[&str]| codes.iter().map(|&code| code.to_owned()).collect();
        let request = PutLeaderRequest {
            request_id: xinqiao_chassis::random::new_id().to_string(),
            leader_id: person.leader.map(|id| id.to_string()).unwrap_or_default(),
            name: person.name.to_owned(),
            post: leader.post.to_owned(),
            portfolio: codes(person.portfolio),
            linked_towns: codes(person.towns),
            person_id: person.id.to_owned(),
            certificate_pem: Signatory::open(platform.data(), person)?
                .certificate_pem()
                .to_owned(),
            order: leader.turn.unwrap_or_default(),
            active: true,
            signs_only: leader.turn.is_none(),
            ..PutLeaderRequest::default()
        };
        patiently(
            "put a leader",
            async || Ok(request.clone()),
            async |request| dispatcher.masters().put_leader(request).await,
        )
        .await?;
    }
    Ok(())
}

async fn generate_roster(clerk: &Desk, dispatcher: &Desk, year: i32) -> Result<()> {
    let generate = GenerateRosterRequest {
        request_id: xinqiao_chassis::random::new_id().to_string(),
        year,
        ..GenerateRosterRequest::default()
    };
    let plan = patiently(
        "generate the roster",
        async || Ok(generate.clone()),
        async |request| clerk.roster().generate_roster(request).await,
    )
    .await?;
    if plan.added == 0 {
        return Ok(());
    }
    let publish = PublishRosterRequest {
        request_id: xinqiao_chassis::random::new_id().to_string(),
        year,
        reception_day_ids: vec![],
    };
    patiently(
        "publish the roster",
        async || Ok(publish.clone()),
        async |request| dispatcher.roster().publish_roster(request).await,
    )
    .await
    .map(drop)
}

fn person(id: &str) -> Result<&'static Person> {
    people::find(id).with_context(|| format!("nobody is called {id}"))
}

fn units(district: &str) -> Vec<DemoUnit> {
    if district == DISTRICT_A {
        vec![
            DemoUnit("区住建局", UNIT_HOUSING, UnitKind::GovernmentDepartment),
            DemoUnit("区人社局", UNIT_LABOUR, UnitKind::GovernmentDepartment),
            DemoUnit("金厂镇政府", UNIT_JINCHANG, UnitKind::Township),
        ]
    } else {
        vec![
            DemoUnit("二道江区住建局", UNIT_HOUSING_B, UnitKind::GovernmentDepartment),
            DemoUnit("五道江镇政府", UNIT_WUDAOJIANG, UnitKind::Township),
        ]
    }
}

/// Order decides the turn: 张副区长 receives on 3 March 2026. The heads of the office come last and take none.
fn leaders(district: &str) -> Vec<DemoLeader> {
    let leader = |person, order| DemoLeader {
        person,
        post: "副区长",
        turn: Some(order),
    };
    let head = |person| DemoLeader {
        person,
        post: "联席办主任",
        turn: None,
    };
    if district == DISTRICT_A {
        vec![
            leader("liu-fuquzhang", 1),
            leader("zhang-fuquzhang", 2),
            head("wang-fenban"),
        ]
    } else {
        vec![leader("chen-fuquzhang", 1), head("ma-fenban")]
    }
}
