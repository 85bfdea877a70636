//! What somebody with every right in the database does to a chain, and how it is found.

use super::*;

/// What is done by hand, and what the verification says.
const BY_HAND: [(&str, &str); 6] = [
    (
        "UPDATE audit SET canonical = set_byte(canonical, 60, get_byte(canonical, 60) # 1) WHERE seq = 3",
        "audit row 3 was changed",
    ),
    (
        "DELETE FROM audit WHERE seq = 4",
        "audit row 4 is missing; row 5 follows",
    ),
    (
        "UPDATE audit a SET canonical = b.canonical, object = b.object, hash = b.hash, prev_hash = b.prev_hash
         FROM audit b WHERE a.seq IN (3, 4) AND b.seq = 7 - a.seq AND a.district_code = b.district_code",
        "audit row 3 does not follow",
    ),
    (
        "DELETE FROM audit WHERE seq = 6; UPDATE audit_head SET seq = 5, hash = (SELECT hash FROM audit WHERE seq = 5)",
        "the chain ends at row 5, but checkpoint 3 signed row 6: the end was cut off",
    ),
    (
        "DELETE FROM audit WHERE seq > 4; UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)",
        "the chain ends at row 4, but checkpoint 3 signed row 6: the end was cut off",
    ),
    (
        "DELETE FROM audit; DELETE FROM audit_head",
        "the chain ends at row 0, but checkpoint 1 signed row 2: the end was cut off",
    ),
];

async fn run(bench: &Bench, statement: &'static str) {
    sqlx::raw_sql(statement).execute(bench.pool()).await.unwrap();
}

pub(super) async fn keep_chain(bench: &Bench) {
    run(
        bench,
        "CREATE TABLE kept AS SELECT * FROM audit; CREATE TABLE kept_head AS SELECT * FROM audit_head",
    )
    .await;
}

pub(super) async fn restore_chain(bench: &Bench) {
    run(
        bench,
        "DELETE FROM audit; DELETE FROM audit_head;
         INSERT INTO audit SELECT * FROM kept; INSERT INTO audit_head SELECT * FROM kept_head",
    )
    .await;
}

/// Writes the rows after `kept` anew with other contents, every hash computed as it should be, up to the head.
pub(super) async fn rewrite_after(bench: &Bench, kept: i64, now: time::OffsetDateTime) {
    let rows: Vec<(i64, String, Vec<u8>)> =
        sqlx::query_as("SELECT seq, object, hash FROM audit WHERE district_code = $1 ORDER BY seq")
            .bind(home().as_str())
            .fetch_all(bench.pool())
            .await
            .unwrap();
    let before = rows.iter().find(|(seq, ..)| *seq == kept);
    let mut head = Head {
        seq: kept,
        hash: before.map_or(GENESIS, |(_, _, hash)| hash.as_slice().try_into().unwrap()),
    };
    for (seq, object, _) in rows.iter().filter(|(seq, ..)| *seq > kept) {
        let forged = Entry::new(now, "person:nobody", "intake.WriteNote", object);
        let (row, next) = forged.chain(home(), head);
        assert_eq!(row.seq, *seq);
        replace(bench, &row).await;
        head = next;
    }
    sqlx::query("UPDATE audit_head SET hash = $2 WHERE district_code = $1 AND seq = $3")
        .bind(home().as_str())
        .bind(head.hash.as_slice())
        .bind(head.seq)
        .execute(bench.pool())
        .await
        .unwrap();
}

async fn replace(bench: &Bench, row: &AuditRow) {
    sqlx::query(
        "UPDATE audit SET canonical = $3, prev_hash = $4, hash = $5 WHERE district_code = $1 AND seq = $2",
    )
    .bind(home().as_str())
    .bind(row.seq)
    .bind(&row.canonical)
    .bind(row.prev_hash.as_slice())
    .bind(row.hash.as_slice())
    .execute(bench.pool())
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_rows_is_found_and_the_row_or_the_checkpoint_named() {
    let watched = Watched::with_three_checkpoints().await;
    keep_chain(&watched.bench).await;
    for (statement, expected) in BY_HAND {
        run(&watched.bench, statement).await;
        let found = watched.fault().await;
        assert!(found.starts_with(expected), "{statement}: {found}");
        restore_chain(&watched.bench).await;
        assert_eq!(watched.holds().await, (6, 6));
    }
    watched.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_rewritten_to_its_head_is_found_at_the_first_checkpoint_it_contradicts() {
    let watched = Watched::with_three_checkpoints().await;
    keep_chain(&watched.bench).await;
    let now = watched.desk().clock().now();
    for (kept, from, seq, number) in [(0, 1, 2, 1), (1, 1, 2, 1), (2, 3, 4, 2), (5, 5, 6, 3)] {
        rewrite_after(&watched.bench, kept, now).await;
        assert_eq!(
            watched.fault().await,
            format!(
                "the chain was rewritten between rows {from} and {seq}: row {seq} is not the one that checkpoint \
                 {number} signed"
            )
        );
        restore_chain(&watched.bench).await;
        assert_eq!(watched.holds().await, (6, 6));
    }
    watched.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_signs_a_chain_that_was_rewritten_or_cut() {
    let watched = Watched::with_three_checkpoints().await;
    keep_chain(&watched.bench).await;
    let now = watched.desk().clock().now();
    // One that has been running, and one that was started afterwards.
    let running = watched.sealer(0, AT_ONCE);
    watched.look(&running).await;
    rewrite_after(&watched.bench, 0, now).await;
    watched.write("on top of it").await;
    for sealer in [&running, &watched.sealer(1, AT_ONCE)] {
        let refused = sealer.look(watched.desk(), home()).await.unwrap_err();
        assert!(
            matches!(refused, ChainFault::Rewritten { number: 3, .. }),
            "{refused}"
        );
    }
    run(&watched.bench, BY_HAND[5].0).await;
    for sealer in [&running, &watched.sealer(1, AT_ONCE)] {
        let refused = sealer.look(watched.desk(), home()).await.unwrap_err();
        assert!(
            matches!(refused, ChainFault::Truncated { last: 0, seq: 6, .. }),
            "{refused}"
        );
    }
    assert_eq!(watched.checkpoints().await, [2, 4, 6]);
    restore_chain(&watched.bench).await;
    watched.bench.finish().await;
}
