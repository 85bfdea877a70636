//! AS-11(a): an accusation leaves only to the discipline inspection, by two persons; what it says is read only under an
//! opening; and whoever it is about never learns of it.

mod hidden;
mod moved;
mod opening;
mod town;

use tonic::Code;
use xinqiao_proto::event::{CaseTransferredOut, Purpose};
use xinqiao_proto::intake::*;

use crate::people::*;

use town::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_accusation_goes_to_the_discipline_inspection_by_two_persons() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    assert_eq!(case.k1.as_ref().unwrap().due_raw, "2026-04-29");
    let mut wang = sealed(&bench, &dispatcher());
    let early = wang
        .confirm_sealed_transfer(confirmation(&case, case.version))
        .await
        .unwrap_err();
    assert_eq!(why(&early).1, "TRANSFER_NOT_PROPOSED");
    let proposed = wang
        .propose_sealed_transfer(proposal(&case, case.version))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(proposed.state(), CaseState::Registered);
    let alone = wang
        .confirm_sealed_transfer(confirmation(&case, proposed.version))
        .await
        .unwrap_err();
    assert_eq!(why(&alone), (Code::FailedPrecondition, "SAME_PERSON".to_owned()));
    let mut fang = sealed(&bench, &second_dispatcher());
    let stale = fang
        .confirm_sealed_transfer(confirmation(&case, case.version))
        .await
        .unwrap_err();
    assert_eq!(why(&stale).1, "STALE_VERSION");
    let shown = fang
        .get_sealed_case(GetSealedCaseRequest {
            case: Some(get_sealed_case_request::Case::CaseNo(case.case_no.clone())),
        })
        .await
        .unwrap()
        .into_inner();
    let transfer = shown.transfer.unwrap();
    assert_eq!(
        (
            transfer.addressee.as_str(),
            transfer.proposed_by.as_str(),
            shown.version
        ),
        ("区纪委监委信访室", "person:wang", proposed.version)
    );
    let done = fang
        .confirm_sealed_transfer(confirmation(&case, proposed.version))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(done.state(), CaseState::TransferredOut);
    assert_eq!(done.k23.unwrap().due_eff, "2026-04-28");
    let forms: Vec<_> = done.documents.iter().map(|one| one.form.as_str()).collect();
    assert_eq!(forms, ["D06", "TRANSFER_NOTICE"]);
    let told: CaseTransferredOut = bench.event("case.transferred_out").await;
    assert!(told.sealed && told.k23.is_some());
    let again = wang
        .propose_sealed_transfer(proposal(&case, done.version))
        .await
        .unwrap_err();
    assert_eq!(why(&again).1, "WRONG_STATE");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_events_nor_tables_name_anybody_or_say_why() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    transferred(&bench, &case).await;
    asked(&bench, &case, 0).await;
    bench.settled().await;
    // Every unit, accused or not, stands in these: where it belongs, and as what another service has told.
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind = 'r'
           AND c.relname NOT IN ('unit_place', 'inbox', 'inbox_position', 'causation')",
    )
    .fetch_all(bench.pool())
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        let sql = format!(
            "SELECT COALESCE(string_agg(encode(convert_to(t::text, 'UTF8'), 'escape'), ''), '') FROM {table} t"
        );
        let rows: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(bench.pool())
            .await
            .unwrap();
        dump.push_str(&rows);
    }
    assert!(
        dump.contains("case.transferred_out"),
        "the dump holds the journal"
    );
    let accused = [town.bureau.to_string(), hex::encode("feng")];
    let escaped = |text: &str| {
        text.bytes()
            .map(|byte| format!("\\{byte:03o}"))
            .collect::<Vec<_>>()
            .concat()
    };
    for secret in SECRETS {
        for form in [secret.to_owned(), hex::encode(secret), escaped(secret)] {
            assert!(!dump.contains(&form), "{secret} stands in clear");
        }
    }
    for id in accused {
        assert!(!dump.contains(&id), "{id} stands in clear");
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_accusation_names_accused_and_only_units_of_the_district() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let mut counter = registration(&bench, &clerk());
    let mut appeal = town.accusation();
    appeal.submission.as_mut().unwrap().purpose = Purpose::Appeal.into();
    let refused = counter.register_visit(appeal).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["submission.accused"]);
    let mut unknown = town.accusation();
    unknown.submission.as_mut().unwrap().accused[0].unit_id = fresh();
    let refused = counter.register_visit(unknown).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["submission.accused[0].unit_id"]);
    let mut nobody = town.accusation();
    nobody.submission.as_mut().unwrap().accused[0] = Accused::default();
    let refused = counter.register_visit(nobody).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["submission.accused[0].name"]);
    bench.finish().await;
}
