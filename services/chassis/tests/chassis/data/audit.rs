//! The audit chain finds what was done to it.

use xinqiao_chassis::audit::{ChainFault, verify};
use xinqiao_chassis::testing::{Bench, Person};
use xinqiao_proto::audit::audit_service_client::AuditServiceClient;
use xinqiao_proto::audit::{AuditOutcome, AuditRow, ListAuditRequest, ListAuditResponse};
use xinqiao_proto::common::PageRequest;

use super::*;

async fn check(bench: &Bench) -> Result<i64, ChainFault> {
    verify(bench.desk(), home()).await.map(|verified| verified.rows)
}

async fn tamper(bench: &Bench, statement: &'static str) {
    sqlx::raw_sql(statement).execute(bench.pool()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_nobody_touched_is_valid_and_empty_ones_are_too() {
    let bench = Bench::start(service()).await;
    assert_eq!(check(&bench).await.unwrap(), 0);
    for text in ["a", "b", "c"] {
        write(bench.desk(), random::new_id(), text).await.unwrap();
    }
    assert_eq!(check(&bench).await.unwrap(), 6);
    bench.finish().await;
}

/// What is done to a chain of six rows, and what the verification says.
const TAMPERING: [(&str, &str); 7] = [
    (
        "UPDATE audit SET canonical = set_byte(canonical, 60, get_byte(canonical, 60) # 1) WHERE seq = 3",
        "audit row 3 was changed",
    ),
    (
        "UPDATE audit SET object = 'note:other' WHERE seq = 2",
        "audit row 2 was changed",
    ),
    (
        "DELETE FROM audit WHERE seq = 4",
        "audit row 4 is missing; row 5 follows",
    ),
    (
        "DELETE FROM audit WHERE seq = 6",
        "the chain ends at row 5, its head says 6",
    ),
    (
        "UPDATE audit a SET canonical = b.canonical, object = b.object FROM audit b
         WHERE a.seq IN (2, 3) AND b.seq = 5 - a.seq AND a.district_code = b.district_code",
        "audit row 2 was changed",
    ),
    (
        "UPDATE audit SET hash = sha256(hash) WHERE seq = 5",
        "audit row 5 was changed",
    ),
    (
        "UPDATE audit SET prev_hash = sha256(prev_hash) WHERE seq = 5",
        "audit row 5 does not follow",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_tampering_is_found_and_its_row_named() {
    let bench = Bench::start(service()).await;
    for text in ["a", "b", "c"] {
        write(bench.desk(), random::new_id(), text).await.unwrap();
    }
    tamper(&bench, "CREATE TABLE kept AS SELECT * FROM audit").await;
    for (statement, expected) in TAMPERING {
        tamper(&bench, statement).await;
        let found = check(&bench).await.unwrap_err().to_string();
        assert!(found.starts_with(expected), "{statement}: {found}");
        tamper(&bench, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept").await;
        assert_eq!(check(&bench).await.unwrap(), 6);
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_role_cannot_rewrite_audit_journal_or_documents() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), "a").await.unwrap();
    bench.settled().await;
    for statement in [
        "UPDATE audit SET object = 'x'",
        "DELETE FROM audit",
        "DELETE FROM audit_head",
        "UPDATE outbox SET body = ''",
        "DELETE FROM outbox",
        "DELETE FROM inbox",
        "UPDATE document SET content = ''",
        "DELETE FROM document",
        "TRUNCATE note",
        "DELETE FROM _sqlx_migrations",
    ] {
        let mut tx = bench.desk().database().begin(home()).await.unwrap();
        let refused = sqlx::query(statement).execute(tx.conn()).await.unwrap_err();
        let code = refused
            .as_database_error()
            .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
    }
    bench.finish().await;
}

async fn listed(
    bench: &Bench,
    person: &Person,
    page: PageRequest,
) -> Result<ListAuditResponse, tonic::Status> {
    let mut client = AuditServiceClient::new(bench.channel(person));
    let asked = ListAuditRequest { page: Some(page) };
    Ok(client.list_audit(asked).await?.into_inner())
}

fn auditor() -> Person {
    Person::new("yan", "严审计").with(Role::Aud)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_reads_who_did_what_page_by_page_and_no_word_of_it() {
    let bench = Bench::start(service()).await;
    for text in [SECRET, "另一份记录", "第三份记录"] {
        write(bench.desk(), random::new_id(), text).await.unwrap();
    }
    let mut rows: Vec<AuditRow> = Vec::new();
    let mut page = PageRequest {
        page_size: 4,
        page_token: String::new(),
    };
    loop {
        let shown = listed(&bench, &auditor(), page.clone()).await.unwrap();
        rows.extend(shown.rows);
        page.page_token = shown.page.unwrap().next_page_token;
        if page.page_token.is_empty() {
            break;
        }
    }
    // Two rows for each note, the newest first; what the reading itself leaves comes after them.
    let places: Vec<u64> = rows.iter().map(|row| row.seq).collect();
    assert_eq!(places, [6, 5, 4, 3, 2, 1]);
    let keeping: Vec<&AuditRow> = rows.iter().filter(|row| row.reason_given).collect();
    assert_eq!(keeping.len(), 3);
    for row in keeping {
        assert_eq!(
            (row.actor_ref.as_str(), row.action.as_str()),
            ("person:li", "intake.WriteNote")
        );
        assert_eq!(
            (row.roles.as_slice(), row.fields.as_slice()),
            (["CLK".to_owned()].as_slice(), ["content".to_owned()].as_slice())
        );
        assert_eq!((row.outcome(), row.hash.len()), (AuditOutcome::Done, 64));
        assert!(!format!("{row:?}").contains(SECRET));
    }
    assert_eq!(check(&bench).await.unwrap(), 8);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_reads_the_chain_and_an_auditor_none_of_another_district() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    let clerk = Person::new("li", "李登记").with(Role::Clk);
    let refused = listed(&bench, &clerk, PageRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    let elsewhere = auditor().of(neighbour().as_str());
    let shown = listed(&bench, &elsewhere, PageRequest::default()).await.unwrap();
    assert_eq!(shown.rows, []);
    let denied = listed(&bench, &auditor(), PageRequest::default()).await.unwrap();
    assert_eq!(denied.rows[0].outcome(), AuditOutcome::Denied);
    bench.finish().await;
}
