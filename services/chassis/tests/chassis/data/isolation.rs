//! A transaction sees one district.

use std::time::Duration;

use xinqiao_chassis::database::Database;
use xinqiao_chassis::testing::Bench;

use super::boot::settings;
use super::*;

/// Changes of district on one connection.
const SWITCHES: usize = 1_000;

async fn seen(database: &Database, district: DistrictCode) -> i64 {
    let mut tx = database.begin(district).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM note")
        .fetch_one(tx.conn())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_districts_rows_are_not_there() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), "a").await.unwrap();
    let database = bench.desk().database();
    assert_eq!(
        (seen(database, home()).await, seen(database, neighbour()).await),
        (1, 0)
    );
    let mut tx = database.begin(neighbour()).await.unwrap();
    let refused = sqlx::query("INSERT INTO note (district_code, note_id, content) VALUES ($1, $2, '')")
        .bind(home().as_str())
        .bind(random::new_id())
        .execute(tx.conn())
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
    drop(tx);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_forgets_the_district_however_its_last_user_ended() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), "a").await.unwrap();
    // One connection, so that everybody gets the one the last user had.
    let database = Database::open("intake", &settings(bench.database().app_url(), 1)).unwrap();
    for round in 0..SWITCHES {
        let mut tx = database.begin(home()).await.unwrap();
        match round % 4 {
            0 => drop(tx),
            1 => tx.commit().await.unwrap(),
            2 => {
                sqlx::query("SELECT 1 / 0").execute(tx.conn()).await.unwrap_err();
                drop(tx);
            }
            _ => {
                let slow = sqlx::query("SELECT pg_sleep(0.02)").execute(tx.conn());
                assert!(
                    tokio::time::timeout(Duration::from_millis(2), slow)
                        .await
                        .is_err()
                );
                drop(tx);
            }
        }
        assert_eq!(seen(&database, neighbour()).await, 0, "round {round}");
        assert_eq!(seen(&database, home()).await, 1, "round {round}");
    }
    database.close().await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_that_is_not_served_is_refused() {
    let bench = Bench::start(service()).await;
    let mut request = asked(random::new_id(), "a");
    request
        .extensions_mut()
        .insert(clerk_of("220581".parse().unwrap()));
    let refused = bench.desk().act(request, keeping).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seeded_text_is_in_no_table_in_clear() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    bench.settled().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE n.nspname = 'public' AND relkind = 'r'",
    )
    .fetch_all(bench.pool())
    .await
    .unwrap();
    assert!(tables.len() > 9, "{tables:?}");
    let (clear, bytes) = (SECRET.to_owned(), hex::encode(SECRET));
    for table in tables {
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t")))
                .fetch_all(bench.pool())
                .await
                .unwrap();
        for row in rows {
            assert!(!row.contains(&clear) && !row.contains(&bytes), "{table}: {row}");
        }
    }
    bench.finish().await;
}
