//! A hundred rows taken at random, each tampered with in each way: every one is found, and named.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::tampering::{keep_chain, restore_chain, rewrite_after};
use super::*;

/// Rows of the chain; every eighth is signed.
const ROWS: i64 = 40;
const SIGNED_EVERY: i64 = 8;
/// Rows that are tampered with in each way.
const TRIES: usize = 100;
const SEED: &str = "XINQIAO_TEST_SEED";

/// A generator whose seed was printed, so that a failure can be played again.
fn announced() -> StdRng {
    let known = std::env::var(SEED).ok().and_then(|text| text.parse().ok());
    let seed = known.unwrap_or_else(|| u64::from_le_bytes(random::bytes()));
    eprintln!("seed: {SEED}={seed}");
    StdRng::seed_from_u64(seed)
}

async fn chain() -> Watched {
    let watched = Watched::start().await;
    let pace = Pace {
        rows: SIGNED_EVERY,
        time: Duration::from_hours(1),
    };
    let sealer = watched.sealer(0, pace);
    for row in (0..ROWS).step_by(2) {
        watched.write("a row of its own and one of the command").await;
        if (row + 2) % SIGNED_EVERY == 0 {
            watched.look(&sealer).await;
        }
    }
    assert_eq!(watched.holds().await, (ROWS, ROWS));
    keep_chain(&watched.bench).await;
    watched
}

/// Runs a statement about two rows, and takes it back once the fault was read.
async fn done(watched: &Watched, statement: &'static str, (row, other): (i64, i64)) -> String {
    sqlx::query(statement)
        .bind(home().as_str())
        .bind(row)
        .bind(other)
        .execute(watched.bench.pool())
        .await
        .unwrap();
    let found = watched.fault().await;
    restore_chain(&watched.bench).await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_changed_in_any_row_is_found() {
    let (watched, mut chance) = (chain().await, announced());
    for _ in 0..TRIES {
        let (row, bit) = (chance.random_range(1..=ROWS), chance.random_range(0..1_000_000));
        let flipped = "UPDATE audit SET canonical = set_bit(canonical, $3 % bit_length(canonical),
                           1 - get_bit(canonical, $3 % bit_length(canonical)))
                       WHERE district_code = $1 AND seq = $2";
        let found = done(&watched, flipped, (row, bit)).await;
        assert_eq!(found, format!("audit row {row} was changed"));
    }
    watched.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_row_deleted_is_found() {
    let (watched, mut chance) = (chain().await, announced());
    for _ in 0..TRIES {
        let row = chance.random_range(1..=ROWS);
        let deleted = "DELETE FROM audit WHERE district_code = $1 AND seq = $2 AND $3::bigint IS NOT NULL";
        let found = done(&watched, deleted, (row, 0)).await;
        let expected = if row == ROWS {
            format!("the chain ends at row {}", row - 1)
        } else {
            format!("audit row {row} is missing; row {} follows", row + 1)
        };
        assert!(found.starts_with(&expected), "row {row}: {found}");
    }
    watched.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_two_rows_that_changed_places_are_found() {
    let (watched, mut chance) = (chain().await, announced());
    for _ in 0..TRIES {
        let row = chance.random_range(1..ROWS);
        let other = chance.random_range(row + 1..=ROWS);
        let swapped =
            "UPDATE audit a SET object = b.object, canonical = b.canonical, prev_hash = b.prev_hash,
                           hash = b.hash
                       FROM audit b WHERE a.district_code = $1 AND b.district_code = $1
                         AND a.seq IN ($2, $3) AND b.seq = $2 + $3 - a.seq";
        let found = done(&watched, swapped, (row, other)).await;
        let expected = format!("audit row {row} does not follow from the row before it");
        assert_eq!(found, expected, "rows {row} and {other}");
    }
    watched.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_rewritten_from_any_row_to_its_head_is_found() {
    let (watched, mut chance) = (chain().await, announced());
    let now = watched.desk().clock().now();
    for _ in 0..TRIES {
        let row = chance.random_range(1..=ROWS);
        rewrite_after(&watched.bench, row - 1, now).await;
        let found = watched.fault().await;
        let signed = (row + SIGNED_EVERY - 1) / SIGNED_EVERY * SIGNED_EVERY;
        let expected = format!(
            "row {signed} is not the one that checkpoint {} signed",
            signed / SIGNED_EVERY
        );
        assert!(found.ends_with(&expected), "row {row}: {found}");
        restore_chain(&watched.bench).await;
    }
    watched.bench.finish().await;
}
