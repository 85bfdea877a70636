//! Units change by two persons.

use tonic::{Code, Status};
use uuid::Uuid;
use xinqiao_chassis::testing::Person;
use xinqiao_proto::assignment::{
    ConfirmUnitRequest, ListUnitProposalsRequest, ListUnitsRequest, PutUnitRequest, Unit, UnitKind,
};

use crate::refusals::precondition;
use crate::world::{HOUSING, LABOUR, World, dispatcher, reason, request_id, second, wrong_fields};

impl World {
    /// Proposes a unit; the proposal.
    pub(crate) async fn propose_unit(&self, by: &Person, unit: Unit) -> Result<String, Status> {
        let request = PutUnitRequest {
            request_id: request_id(),
            unit: Some(unit),
        };
        let proposed = self.units(by).put_unit(request).await?;
        Ok(proposed.into_inner().proposal_id)
    }

    /// Confirms it; the unit.
    pub(crate) async fn confirm_unit(&self, by: &Person, proposal: &str) -> Result<Unit, Status> {
        let request = ConfirmUnitRequest {
            request_id: request_id(),
            proposal_id: proposal.to_owned(),
        };
        let confirmed = self.units(by).confirm_unit(request).await?;
        Ok(confirmed.into_inner().unit.unwrap())
    }
}

fn housing() -> Unit {
    Unit {
        unit_id: HOUSING.to_string(),
        name: "区住房和城乡建设局".to_owned(),
        kind: UnitKind::GovernmentDepartment.into(),
        active: true,
        version: 1,
        ..Unit::default()
    }
}

async fn stored(world: &World) -> Unit {
    let all = world
        .units(&dispatcher())
        .list_units(ListUnitsRequest::default())
        .await;
    let mut all = all.unwrap().into_inner().units.into_iter();
    all.find(|unit| unit.unit_id == HOUSING.to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_checked_as_a_whole() {
    let world = World::open("2026-03-04T10:00:00+08:00").await;
    let unit = Unit {
        name: "局".to_owned(),
        kind: UnitKind::Unspecified.into(),
        parent_unit_id: HOUSING.to_string(),
        successor_unit_id: Uuid::from_u128(0x77).to_string(),
        uscc: "11220502MB0000000X".to_owned(),
        ..housing()
    };
    let refused = world.propose_unit(&dispatcher(), unit).await.unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        [
            "unit.kind",
            "unit.name",
            "unit.uscc",
            "unit.parent_unit_id",
            "unit.successor_unit_id"
        ]
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_moves_when_another_person_confirms_and_not_before() {
    let world = World::open("2026-03-04T10:00:00+08:00").await;
    let moved = Unit {
        parent_unit_id: LABOUR.to_string(),
        ..housing()
    };
    let told = || async {
        let events = world.bench.published().await;
        events.iter().filter(|event| event.kind == "unit.changed").count()
    };
    let before = told().await;
    let proposal = world.propose_unit(&dispatcher(), moved.clone()).await.unwrap();
    assert_eq!(stored(&world).await.parent_unit_id, "");
    let waiting = world
        .units(&second())
        .list_unit_proposals(ListUnitProposalsRequest::default())
        .await
        .unwrap()
        .into_inner()
        .proposals;
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (&waiting[0].proposal_id, waiting[0].proposed_by.as_str()),
        (&proposal, "王分办")
    );
    assert_eq!(waiting[0].unit.as_ref(), Some(&moved));

    let alone = world.confirm_unit(&dispatcher(), &proposal).await.unwrap_err();
    assert_eq!(reason(&alone), precondition("SAME_PERSON"));
    assert_eq!(stored(&world).await.parent_unit_id, "");
    assert_eq!(told().await, before);

    let confirmed = world.confirm_unit(&second(), &proposal).await.unwrap();
    assert_eq!(confirmed, Unit { version: 2, ..moved });
    assert_eq!(stored(&world).await, confirmed);
    assert_eq!(told().await, before + 1);
    let again = world.confirm_unit(&second(), &proposal).await.unwrap_err();
    assert_eq!(reason(&again), (Code::NotFound, "NOT_FOUND".to_owned()));
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_latest_proposal_of_what_was_seen_is_confirmed() {
    let world = World::open("2026-03-04T10:00:00+08:00").await;
    let first = world.propose_unit(&dispatcher(), housing()).await.unwrap();
    let later = world.propose_unit(&second(), housing()).await.unwrap();
    let replaced = world.confirm_unit(&second(), &first).await.unwrap_err();
    assert_eq!(reason(&replaced), (Code::NotFound, "NOT_FOUND".to_owned()));
    world.confirm_unit(&dispatcher(), &later).await.unwrap();
    let stale = world.propose_unit(&dispatcher(), housing()).await.unwrap_err();
    assert_eq!(reason(&stale), (Code::Aborted, "STALE_VERSION".to_owned()));
    world.bench.finish().await;
}
