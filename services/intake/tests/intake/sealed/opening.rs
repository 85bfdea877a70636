//! What an accusation says is read under an opening, and never otherwise.

use time::Duration;
use tonic::transport::Channel;
use uuid::Uuid;
use xinqiao_chassis::document;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::seal::{SealContext, SealError, Sealed};
use xinqiao_proto::intake::petitioner_service_client::PetitionerServiceClient;
use xinqiao_proto::intake::sign_in_by_query_code_request::Proof;
use xinqiao_proto::intake::*;

use crate::people::*;

use super::town::*;

/// What a record begins with that is sealed with the keys of the compartment, and with the others.
const UNDER_ACCUSATION_KEY: &str = "\u{1}\u{5}\0\u{1}";
const UNDER_ORDINARY_KEY: &str = "\u{1}\u{1}\0\u{1}";

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_case_is_read_by_who_is_named_and_for_its_minutes_only() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    let mut wang = sealed(&bench, &dispatcher());
    let early = wang
        .open_sealed(opening_for(&case, &["jiang"], 30))
        .await
        .unwrap_err();
    assert_eq!(why(&early).1, "NOT_TRANSFERRED");
    let (jiang, pan, he) = (inspector("jiang"), inspector("pan"), inspector("he"));
    assert_eq!(refused_to_read(&bench, &jiang, &case).await, "NOT_FOUND");
    transferred(&bench, &case).await;
    assert_eq!(refused_to_read(&bench, &jiang, &case).await, "NOT_OPENED");

    let wrong = wang
        .open_sealed(opening_for(&case, &["a", "b", "c", "d", "e", "f"], 61))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&wrong), ["minutes", "readers"]);
    let opening = asked(&bench, &case, 30).await;
    assert_eq!(opening.state(), OpeningState::Asked);
    assert_eq!(refused_to_read(&bench, &jiang, &case).await, "NOT_OPENED");
    let both = dispatcher().with(Role::Dis);
    let alone = sealed(&bench, &both)
        .confirm_opening(confirm(&case, &opening))
        .await
        .unwrap_err();
    assert_eq!(why(&alone).1, "SAME_PERSON");
    let opening = sealed(&bench, &jiang)
        .confirm_opening(confirm(&case, &opening))
        .await
        .unwrap()
        .into_inner()
        .opening
        .unwrap();
    assert_eq!(opening.state(), OpeningState::InForce);

    for reader in [&jiang, &pan] {
        let read = sealed(&bench, reader)
            .read_sealed_case(reading(&case))
            .await
            .unwrap()
            .into_inner();
        assert!(read.submissions[0].content.contains("冯承办"));
        assert_eq!(read.submissions[0].petitioners[0].name_masked, "测**");
        assert_eq!(read.accused[0].person_id, "feng");
        let shown = &read.petitioners[0];
        assert_eq!(
            (shown.name.as_str(), shown.mobile.as_str(), shown.id_no.as_str()),
            ("测试乙", "19900000001", "")
        );
    }
    assert_eq!(refused_to_read(&bench, &he, &case).await, "NOT_OPENED");
    bench.pass(Duration::minutes(30));
    assert_eq!(refused_to_read(&bench, &jiang, &case).await, "NOT_OPENED");
    let over = sealed(&bench, &jiang)
        .end_opening(end(&case, &opening))
        .await
        .unwrap_err();
    assert_eq!(why(&over).1, "OPENING_OVER");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn either_ends_an_opening_early_and_one_that_is_withdrawn_is_not_confirmed() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    transferred(&bench, &case).await;
    let jiang = inspector("jiang");
    for ends in [dispatcher(), inspector("he")] {
        let opening = asked(&bench, &case, 0).await;
        assert_eq!(opening.minutes, 60);
        sealed(&bench, &jiang)
            .confirm_opening(confirm(&case, &opening))
            .await
            .unwrap();
        let read = sealed(&bench, &jiang).read_sealed_case(reading(&case)).await;
        assert!(read.is_ok());
        sealed(&bench, &ends)
            .end_opening(end(&case, &opening))
            .await
            .unwrap();
        assert_eq!(refused_to_read(&bench, &jiang, &case).await, "NOT_OPENED");
    }
    let withdrawn = asked(&bench, &case, 0).await;
    sealed(&bench, &dispatcher())
        .end_opening(end(&case, &withdrawn))
        .await
        .unwrap();
    let refused = sealed(&bench, &jiang)
        .confirm_opening(confirm(&case, &withdrawn))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "OPENING_OVER");
    let shown = sealed(&bench, &jiang)
        .get_sealed_case(GetSealedCaseRequest {
            case: Some(get_sealed_case_request::Case::CaseId(case.case_id.clone())),
        })
        .await
        .unwrap()
        .into_inner();
    let states: Vec<_> = shown.openings.iter().map(SealedOpening::state).collect();
    assert_eq!(states, [OpeningState::Over; 3]);
    assert_eq!(shown.openings[0].reason, "核实反映的问题");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reading_and_every_attempt_is_audited_and_the_petitioner_sees_the_role_and_the_day() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    transferred(&bench, &case).await;
    let opening = asked(&bench, &case, 0).await;
    let jiang = inspector("jiang");
    assert_eq!(refused_to_read(&bench, &jiang, &case).await, "NOT_OPENED");
    let rows = audited(&bench, &case).await;
    let asking = rows.iter().find(|row| row.contains(".asked")).unwrap();
    assert!(asking.contains(UNDER_ACCUSATION_KEY) && !asking.contains(UNDER_ORDINARY_KEY));
    let refused = rows[0].clone();
    sealed(&bench, &jiang)
        .confirm_opening(confirm(&case, &opening))
        .await
        .unwrap();
    sealed(&bench, &jiang)
        .read_sealed_case(reading(&case))
        .await
        .unwrap();
    let read = audited(&bench, &case).await.remove(0);
    for (row, outcome, policy) in [
        (&refused, "denied", "sealed.read-when-opened-only"),
        (&read, "done", "discipline.transferred"),
    ] {
        for told in [
            "person:jiang",
            "DIS",
            outcome,
            policy,
            "submission.text",
            "mobile",
        ] {
            assert!(row.contains(told), "{told} is missing in {row}");
        }
        assert!(!row.contains("了解检举控告内容"), "the reason is sealed");
        assert!(row.contains(UNDER_ACCUSATION_KEY) && !row.contains(UNDER_ORDINARY_KEY));
    }

    let mut counter: PetitionerServiceClient<Channel> = PetitionerServiceClient::new(bench.plain_channel());
    let signed = counter
        .sign_in_by_query_code(SignInByQueryCodeRequest {
            district_code: "220502".to_owned(),
            query_code: case.query_code.clone(),
            proof: Some(Proof::PhoneLastFour("0001".to_owned())),
        })
        .await
        .unwrap()
        .into_inner();
    let mut own = PetitionerServiceClient::new(bench.channel_with(&signed.access_token));
    let own = own.get_own_case(GetOwnCaseRequest {}).await.unwrap().into_inner();
    assert_eq!(own.state(), CaseState::TransferredOut);
    let told: Vec<_> = own
        .accesses
        .iter()
        .map(|access| {
            assert_eq!(access.office, None, "of a sealed case the office is not told");
            (access.date.as_str(), access.role.clone().unwrap().en)
        })
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "2026-04-14");
    assert!(own.title.is_empty() && own.requests.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_accusation_says_does_not_open_with_the_key_ring_alone() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    let done = transferred(&bench, &case).await;
    let district = "220502".parse().unwrap();
    let keys = bench.desk().keys().clone();
    let papers = case.documents.iter().chain(&done.documents);
    for paper in papers {
        let id = Uuid::parse_str(&paper.document_id).unwrap();
        let mut tx = bench.desk().database().begin(district).await.unwrap();
        let opened = document::load(tx.conn(), &keys, district, id).await.unwrap_err();
        assert!(opened.to_string().contains("sealed compartment"), "{opened}");
        tx.rollback().await.unwrap();
    }
    let rows: Vec<(Uuid, Sealed)> = sqlx::query_as("SELECT id, identity FROM petitioner")
        .fetch_all(bench.pool())
        .await
        .unwrap();
    for (id, identity) in rows {
        let place = SealContext::new(district, "petitioner", "identity", id);
        assert_eq!(keys.open(&place, &identity), Err(SealError::Compartment));
    }
    bench.finish().await;
}
