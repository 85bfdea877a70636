//! The accusation of AS-11(a), the people of its town, and what they ask for.

use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Bench, Foreign, Person};
use xinqiao_proto::event::{Purpose, UnitChanged};
use xinqiao_proto::intake::sealed_service_client::SealedServiceClient;
use xinqiao_proto::intake::*;

use crate::people::*;

/// What must stand nowhere in clear, nor in any event.
pub(super) const SECRETS: [&str; 6] = [
    "测试乙",
    "冯承办",
    "收受施工单位现金",
    "区住建局工程科",
    "区纪委监委信访室",
    "属于纪检监察机关管理",
];

pub(super) fn inspector(id: &str) -> Person {
    Person::new(id, "纪检干部").with(Role::Dis)
}

/// A bureau with an office under it, and people of both.
pub(super) struct Town {
    pub(super) bureau: Uuid,
    pub(super) office: Uuid,
    pub(super) other: Uuid,
}

impl Town {
    pub(super) async fn settle(bench: &Bench) -> Self {
        let town = Self {
            bureau: new_id(),
            office: new_id(),
            other: new_id(),
        };
        for (unit, parent) in [
            (town.bureau, None),
            (town.office, Some(town.bureau)),
            (town.other, None),
        ] {
            let changed = UnitChanged {
                unit_id: unit.to_string(),
                parent_unit_id: parent.map(|unit| unit.to_string()).unwrap_or_default(),
                active: true,
                ..UnitChanged::default()
            };
            let about = Entity::of(EntityKind::Unit, unit);
            bench
                .arrives(Foreign::new("assignment", "unit.changed", about, &changed))
                .await;
        }
        town
    }

    /// 测试乙 accuses 冯承办 of the bureau.
    pub(super) fn accusation(&self) -> RegisterVisitRequest {
        RegisterVisitRequest {
            submission: Some(SubmissionInput {
                petitioners: vec![PetitionerInput {
                    name: "测试乙".to_owned(),
                    ..petitioner()
                }],
                title: "反映工作人员收受施工单位现金".to_owned(),
                content: "区住建局工程科冯承办多次收受施工单位现金。".to_owned(),
                requests: vec!["请查处收受施工单位现金的问题".to_owned()],
                purpose: Purpose::Accusation.into(),
                accused: vec![Accused {
                    unit_id: self.bureau.to_string(),
                    person_id: "feng".to_owned(),
                    name: "冯承办".to_owned(),
                }],
                ..submission()
            }),
            ..a_visit()
        }
    }
}

pub(super) async fn bench() -> Bench {
    Bench::of(xinqiao_intake::service())
        .at("2026-04-14T09:00:00+08:00")
        .start()
        .await
}

pub(super) type Client = SealedServiceClient<As>;

pub(super) fn sealed(bench: &Bench, person: &Person) -> Client {
    SealedServiceClient::new(bench.channel(person))
}

pub(super) fn proposal(case: &Registered, version: u64) -> ProposeSealedTransferRequest {
    ProposeSealedTransferRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
        addressee: "区纪委监委信访室".to_owned(),
        reasons: "反映的问题属于纪检监察机关管理权限".to_owned(),
    }
}

pub(super) fn confirmation(case: &Registered, version: u64) -> ConfirmSealedTransferRequest {
    ConfirmSealedTransferRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
    }
}

pub(super) async fn transferred(bench: &Bench, case: &Registered) -> ConfirmSealedTransferResponse {
    let proposed = sealed(bench, &dispatcher())
        .propose_sealed_transfer(proposal(case, case.version))
        .await
        .unwrap()
        .into_inner();
    sealed(bench, &second_dispatcher())
        .confirm_sealed_transfer(confirmation(case, proposed.version))
        .await
        .unwrap()
        .into_inner()
}

pub(super) fn opening_for(case: &Registered, readers: &[&str], minutes: u32) -> OpenSealedRequest {
    OpenSealedRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        reason: "核实反映的问题".to_owned(),
        minutes,
        readers: readers.iter().map(|id| (*id).to_owned()).collect(),
    }
}

pub(super) fn confirm(case: &Registered, opening: &SealedOpening) -> ConfirmOpeningRequest {
    ConfirmOpeningRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        opening_id: opening.opening_id.clone(),
    }
}

pub(super) fn end(case: &Registered, opening: &SealedOpening) -> EndOpeningRequest {
    EndOpeningRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        opening_id: opening.opening_id.clone(),
    }
}

pub(super) fn reading(case: &Registered) -> ReadSealedCaseRequest {
    ReadSealedCaseRequest {
        case_id: case.case_id.clone(),
        reason: "了解检举控告内容".to_owned(),
        fields: vec![PetitionerField::Name.into(), PetitionerField::Mobile.into()],
    }
}

pub(super) async fn asked(bench: &Bench, case: &Registered, minutes: u32) -> SealedOpening {
    sealed(bench, &dispatcher())
        .open_sealed(opening_for(case, &["jiang", "pan"], minutes))
        .await
        .unwrap()
        .into_inner()
        .opening
        .unwrap()
}

/// Why somebody may not read.
pub(super) async fn refused_to_read(bench: &Bench, person: &Person, case: &Registered) -> String {
    let refused = sealed(bench, person).read_sealed_case(reading(case)).await;
    why(&refused.unwrap_err()).1
}

/// The last rows of the audit chain about a case: their bytes as text.
pub(super) async fn audited(bench: &Bench, case: &Registered) -> Vec<String> {
    let rows: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT canonical FROM audit WHERE object = $1 ORDER BY seq DESC")
            .bind(format!("case:{}", case.case_id))
            .fetch_all(bench.pool())
            .await
            .unwrap();
    let text = |row: &Vec<u8>| String::from_utf8_lossy(row).into_owned();
    rows.iter().map(text).collect()
}
