//! Who petitions (§6.4.1, §6.3): organisations, who acts for somebody, minors, foreigners, who shows no paper. Every kind
//! comes by every channel.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};
use xinqiao_chassis::testing::Bench;
use xinqiao_proto::intake::*;

use super::bench;
use super::complete::{CHANNELS, complete, send};
use crate::people::*;

const CREDIT_CODE: &str = "91350100M000100Y43";

/// 测试甲 acts for somebody: whatever comes over the network, it is his account.
fn proxy() -> ProxyInput {
    ProxyInput {
        name: "测试甲".to_owned(),
        id_type: IdType::ResidentId.into(),
        id_no: "11010519491231002X".to_owned(),
        mobile: "19900000001".to_owned(),
        paper_reference: "2026-委-0001".to_owned(),
    }
}

fn company() -> PetitionerInput {
    PetitionerInput {
        kind: PetitionerKind::LegalPerson.into(),
        name: "测试建设有限公司".to_owned(),
        uscc: CREDIT_CODE.to_lowercase(),
        agents: vec![proxy()],
        email: "office@example.cn".to_owned(),
        post_addr: "金厂镇测试路9号".to_owned(),
        post_code: "134000".to_owned(),
        preferred_channel: PreferredChannel::Post.into(),
        ..PetitionerInput::default()
    }
}

fn committee() -> PetitionerInput {
    PetitionerInput {
        kind: PetitionerKind::Organisation.into(),
        name: "测试小区业主委员会".to_owned(),
        uscc: String::new(),
        ..company()
    }
}

fn minor() -> PetitionerInput {
    PetitionerInput {
        name: "测试小".to_owned(),
        birth_date: "2012-05-01".to_owned(),
        id_type: 0,
        id_no: String::new(),
        mobile: String::new(),
        guardian: Some(proxy()),
        ..petitioner()
    }
}

fn foreigner() -> PetitionerInput {
    PetitionerInput {
        id_type: IdType::Passport.into(),
        id_no: "e１2345678".to_owned(),
        ..petitioner()
    }
}

fn without_paper() -> PetitionerInput {
    PetitionerInput {
        id_type: 0,
        id_no: String::new(),
        id_refused: true,
        ..petitioner()
    }
}

/// The complete request of a channel with somebody else in it.
fn with(channel: &str, petitioner: &PetitionerInput) -> Vec<u8> {
    let (name, bytes) = complete(channel);
    let pool = DescriptorPool::decode(xinqiao_proto::DESCRIPTORS).unwrap();
    let named = |name: &str| {
        pool.get_message_by_name(&format!("xinqiao.intake.v1.{name}"))
            .unwrap()
    };
    let mut request = DynamicMessage::decode(named(name), bytes.as_slice()).unwrap();
    let petitioner = petitioner.encode_to_vec();
    let petitioner = DynamicMessage::decode(named("PetitionerInput"), petitioner.as_slice()).unwrap();
    let field = request.descriptor().get_field_by_name("submission").unwrap();
    let submission = request.get_field_mut(&field).as_message_mut().unwrap();
    submission.set_field_by_name("petitioners", Value::List(vec![Value::Message(petitioner)]));
    request.encode_to_vec()
}

/// How somebody is shown once he came by a channel.
async fn shown(bench: &Bench, channel: &str, petitioner: &PetitionerInput) -> PetitionerView {
    let case = send(bench, channel, &with(channel, petitioner)).await;
    let case = case.unwrap_or_else(|refused| panic!("{channel} {}: {refused:?}", petitioner.name));
    seen(bench, &case.case_id)
        .await
        .submissions
        .remove(0)
        .petitioners
        .remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_petitioner_comes_by_every_channel() {
    let bench = bench().await;
    for channel in CHANNELS {
        let seen = shown(&bench, channel, &company()).await;
        assert_eq!(
            (seen.uscc.as_str(), seen.kind()),
            (CREDIT_CODE, PetitionerKind::LegalPerson),
            "{channel}"
        );
        assert_eq!(
            (seen.email_masked.as_str(), seen.post_code.as_str()),
            ("o***@…", "134000")
        );
        let agent = &seen.agents[0];
        assert_eq!(
            (
                agent.name_masked.as_str(),
                agent.mobile_masked.as_str(),
                agent.paper_reference.as_str()
            ),
            ("测**", "199****0001", "2026-委-0001")
        );
        assert_eq!(shown(&bench, channel, &committee()).await.uscc, "", "{channel}");
        let seen = shown(&bench, channel, &minor()).await;
        assert!(seen.minor && seen.guardian.is_some(), "{channel}: {seen:?}");
        let seen = shown(&bench, channel, &foreigner()).await;
        assert_eq!(
            (seen.id_type(), seen.minor),
            (IdType::Passport, false),
            "{channel}"
        );
        let seen = shown(&bench, channel, &without_paper()).await;
        assert!(
            seen.id_refused && seen.id_no_masked.is_empty(),
            "{channel}: {seen:?}"
        );
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_for_somebody_knows_the_query_code_and_is_shown_for_a_reason() {
    let bench = bench().await;
    let case = send(&bench, "LETTER", &with("LETTER", &minor())).await.unwrap();
    assert_eq!(case.receipt_way(), ReceiptWay::Sms, "to his guardian");
    let seen = seen(&bench, &case.case_id)
        .await
        .submissions
        .remove(0)
        .petitioners
        .remove(0);
    let ask = UnmaskPetitionerRequest {
        case_id: case.case_id,
        petitioner_id: seen.petitioner_id,
        fields: vec![PetitionerField::Proxies.into(), PetitionerField::BirthDate.into()],
        reason: "通知监护人到场".to_owned(),
    };
    let clear = cases(&bench, &clerk())
        .unmask_petitioner(ask)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (clear.guardian, clear.birth_date.as_str()),
        (Some(proxy()), "2012-05-01")
    );
    assert_eq!((clear.name.as_str(), clear.agents.len()), ("", 0));
    bench.finish().await;
}

/// What a form says, and which of its fields are wrong.
type Wrong = Vec<(PetitionerInput, &'static [&'static str])>;

fn wrong_organisations() -> Wrong {
    vec![
        (
            PetitionerInput {
                uscc: String::new(),
                ..company()
            },
            &["uscc REQUIRED"],
        ),
        (
            PetitionerInput {
                uscc: "91350100M000100Y44".to_owned(),
                ..company()
            },
            &["uscc CREDIT_CODE_CHECK_CHARACTER"],
        ),
        (
            PetitionerInput {
                uscc: CREDIT_CODE.to_owned(),
                ..petitioner()
            },
            &["uscc NOT_OF_THIS_KIND"],
        ),
        (
            PetitionerInput {
                sex: Sex::Male.into(),
                id_refused: true,
                guardian: Some(proxy()),
                ..company()
            },
            &[
                "sex NOT_OF_THIS_KIND",
                "id_refused NOT_OF_THIS_KIND",
                "guardian NOT_OF_THIS_KIND",
            ],
        ),
    ]
}

fn wrong_persons() -> Wrong {
    let three = vec![proxy(), proxy(), proxy()];
    let unnamed = ProxyInput {
        paper_reference: String::new(),
        ..proxy()
    };
    vec![
        (
            PetitionerInput {
                guardian: None,
                ..minor()
            },
            &["guardian REQUIRED"],
        ),
        (
            PetitionerInput {
                birth_date: "1949-12-30".to_owned(),
                ..petitioner()
            },
            &["birth_date DIFFERS"],
        ),
        (
            PetitionerInput {
                agents: three,
                ..petitioner()
            },
            &["agents TOO_MANY"],
        ),
        (
            PetitionerInput {
                agents: vec![unnamed],
                ..petitioner()
            },
            &["agents[0].paper_reference REQUIRED"],
        ),
        (
            PetitionerInput {
                id_refused: true,
                ..petitioner()
            },
            &["id_refused OUT_OF_ORDER"],
        ),
        (
            PetitionerInput {
                addr_detail: String::new(),
                ..without_paper()
            },
            &["addr_detail REQUIRED"],
        ),
        (
            PetitionerInput {
                email: "office".to_owned(),
                ..petitioner()
            },
            &["email EMAIL"],
        ),
        (
            PetitionerInput {
                post_code: "1340".to_owned(),
                ..petitioner()
            },
            &["post_code BAD_FORMAT"],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_has_what_it_needs_and_nothing_of_another() {
    let bench = bench().await;
    for (petitioner, named) in wrong_organisations().into_iter().chain(wrong_persons()) {
        let refused = send(&bench, "VISIT", &with("VISIT", &petitioner))
            .await
            .unwrap_err();
        let expected: Vec<_> = named
            .iter()
            .map(|one| format!("submission.petitioners[0].{one}"))
            .collect();
        let mut found = faults(&refused);
        found.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(found, expected);
    }
    bench.finish().await;
}
