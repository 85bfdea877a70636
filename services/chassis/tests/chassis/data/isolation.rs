//! A transaction sees one district.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
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
async fn where_no_district_is_set_nothing_is_there() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    bench.settled().await;
    let mut connection = sqlx::PgConnection::connect(&bench.database().app_url())
        .await
        .unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
         WHERE n.nspname = 'public' AND relkind = 'r' AND relname <> '_sqlx_migrations'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert!(tables.len() > 9, "{tables:?}");
    // Never set, and set back by the end of a transaction.
    for district in ["SELECT 1", "SET app.district = ''"] {
        sqlx::query(sqlx::AssertSqlSafe(district.to_owned()))
            .execute(&mut connection)
            .await
            .unwrap();
        for table in &tables {
            let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(rows, 0, "{table}");
        }
    }
    connection.close().await.unwrap();
    bench.finish().await;
}

/// Keeps a note under an id that is taken: the database names table, columns and values of what it refuses.
async fn keep_again(act: &mut Act, taken: Uuid) -> Result<NoteWritten, Refusal> {
    act.authorise(&Resource::District(act.district()), not_found)?;
    let district = act.district();
    insert(act.conn(), district, taken).await?;
    Ok(NoteWritten::default())
}

async fn insert(
    connection: &mut PgConnection,
    district: DistrictCode,
    note_id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO note (district_code, note_id, content) VALUES ($1, $2, $3)")
        .bind(district.as_str())
        .bind(note_id)
        .bind(SECRET.as_bytes())
        .execute(connection)
        .await
        .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_is_told_without_its_data() {
    let bench = Bench::start(service()).await;
    let written = write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    let taken: Uuid = written.note_id.parse().unwrap();
    // To the log go the words of the error; the caller is told less.
    let mut told = Vec::new();
    for note_id in [taken, random::new_id()] {
        let mut tx = bench.desk().database().begin(neighbour()).await.unwrap();
        let refused = insert(tx.conn(), home(), note_id).await.unwrap_err();
        told.push(refused.to_string());
    }
    assert_eq!(told[0], told[1], "whether it is there is not told either");
    let mut tx = bench.desk().database().begin(home()).await.unwrap();
    told.push(insert(tx.conn(), home(), taken).await.unwrap_err().to_string());
    drop(tx);
    let refused = bench
        .desk()
        .act(asked(random::new_id(), SECRET), move |act, _| {
            Box::pin(keep_again(act, taken))
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Internal);
    told.push(format!("{} {:?}", refused.message(), refused.details()));
    let data = [
        SECRET.to_owned(),
        hex::encode(SECRET),
        written.note_id,
        home().to_string(),
    ];
    for told in told {
        assert!(data.iter().all(|text| !told.contains(text)), "{told}");
    }
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
        match round % 5 {
            0 => drop(tx),
            1 => tx.commit().await.unwrap(),
            2 => {
                sqlx::query("SELECT 1 / 0").execute(tx.conn()).await.unwrap_err();
                drop(tx);
            }
            3 => {
                let holder = tokio::spawn(async move {
                    let _seen = sqlx::query("SELECT 1").execute(tx.conn()).await.unwrap();
                    panic!("as asked");
                });
                assert!(holder.await.unwrap_err().is_panic());
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
