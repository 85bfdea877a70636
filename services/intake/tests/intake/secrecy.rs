//! Nothing that identifies a person, and none of his words, stands anywhere in clear.

use uuid::Uuid;
use xinqiao_chassis::document;
use xinqiao_chassis::seal::{SealContext, Sealed};
use xinqiao_chassis::testing::Bench;

use crate::people::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_the_database_shows_no_name_number_or_word() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    triage(&bench, &clerk())
        .triage_case(a_sheet(&case.case_id, case.version))
        .await
        .unwrap();
    bench.settled().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind = 'r'",
    )
    .fetch_all(bench.pool())
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        // Bytes as text, so that words inside binary columns would be seen as well.
        let sql = format!(
            "SELECT COALESCE(string_agg(encode(convert_to(t::text, 'UTF8'), 'escape'), ''), '') FROM {table} t"
        );
        let rows: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(bench.pool())
            .await
            .unwrap();
        dump.push_str(&rows);
    }
    assert!(dump.contains("case.registered"), "the dump holds the journal");
    for secret in [
        "测试甲",
        "11010519491231002X",
        "19900000001",
        "金厂镇测试小区",
        "楼板渗水",
        "查明渗水原因",
    ] {
        let hexadecimal = hex::encode(secret);
        let escaped = secret
            .bytes()
            .map(|byte| format!("\\{byte:03o}"))
            .collect::<Vec<_>>()
            .concat();
        for form in [secret, hexadecimal.as_str(), escaped.as_str()] {
            assert!(!dump.contains(form), "{secret} stands in clear");
        }
    }
    assert!(!dump.contains(&case.query_code), "the query code is stored");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_code_is_on_no_paper_and_in_no_stored_answer_and_is_told_again() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let visit = a_visit();
    let case = registered(&bench, visit.clone()).await;
    let (district, keys) = ("220502".parse().unwrap(), bench.desk().keys());
    let mut tx = bench.desk().database().begin(district).await.unwrap();
    let mut stored = Vec::new();
    for paper in &case.documents {
        let id = Uuid::parse_str(&paper.document_id).unwrap();
        let opened = document::load(tx.conn(), keys, district, id).await.unwrap();
        stored.push(opened.unwrap());
    }
    tx.rollback().await.unwrap();
    let answer: Sealed = sqlx::query_scalar("SELECT answer FROM idempotency")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    let request_id = Uuid::parse_str(&visit.request_id).unwrap();
    let place = SealContext::new(district, "idempotency", "answer", request_id);
    stored.push(keys.open(&place, &answer).unwrap());
    for bytes in stored {
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(&case.case_no) || text.contains(&case.case_id));
        assert!(!text.contains(&case.query_code), "the query code is stored");
    }
    assert_eq!(registered(&bench, visit).await, case, "the answer again is whole");
    bench.finish().await;
}
