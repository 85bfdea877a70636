//! A caller cancelled inside BEGIN must not leave a connection in a transaction that nobody knows of: the next
//! user's write would join it and vanish (sqlx 0.9.0).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use xinqiao_chassis::database::Database;
use xinqiao_chassis::testing::{Bench, eventually};

use super::boot::settings;
use super::*;

/// Delay in each direction.
const DELAY: Duration = Duration::from_millis(8);

/// Connections of the pool under test that are in a transaction without doing anything.
const OPEN: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cancelled'
                    AND datname = current_database() AND state LIKE 'idle in transaction%'";

/// A line to the database with a delay, so that a cancellation falls between question and answer.
async fn slow_line(to: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let far = TcpStream::connect(&to).await.unwrap();
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::spawn(pass(near_in, far_out));
            tokio::spawn(pass(far_in, near_out));
        }
    });
    address
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count) = from.read(&mut buffer).await {
        tokio::time::sleep(DELAY).await;
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_begin_never_swallows_the_next_write() {
    let bench = Bench::start(service()).await;
    let direct = bench.database().app_url();
    let (credentials, rest) = direct.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let line = slow_line(server.to_owned()).await;
    let database = Database::open("cancelled", &settings(format!("{credentials}@{line}/{name}"), 1)).unwrap();
    drop(database.begin(home()).await.unwrap());
    for round in 0..40_i64 {
        // From before the question is sent until after the answer has come.
        let patience = Duration::from_millis(round.unsigned_abs());
        let begun = tokio::time::timeout(patience, database.begin(home())).await;
        drop(begun);
        // Nobody uses the connection now, so nothing but the guard can end what was begun on it.
        eventually(&format!("nothing stays open after {patience:?}"), async || {
            (count(&bench, OPEN).await == 0).then_some(())
        })
        .await;
        let mut tx = database.begin(home()).await.unwrap();
        sqlx::query("INSERT INTO note (district_code, note_id, content) VALUES ($1, $2, '')")
            .bind(home().as_str())
            .bind(random::new_id())
            .execute(tx.conn())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            count(&bench, "SELECT count(*) FROM note").await,
            round + 1,
            "after {patience:?}"
        );
    }
    database.close().await;
    bench.finish().await;
}
