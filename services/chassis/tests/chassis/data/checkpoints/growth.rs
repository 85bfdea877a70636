//! A long chain is verified in memory that does not grow with it.

use super::*;

/// Rows that are written at once, and then signed.
const BATCH: i64 = 1000;
/// Bytes that make a row as wide as one with many fields and a long reason.
const WIDTH: usize = 600;
/// What a verification may need; the rows of the shortest chain are several times as many bytes.
const GROWTH_MAX_BYTES: usize = 12 << 20;

/// Rows of the chain, from `tests/sizes.yaml`.
fn chain_rows() -> i64 {
    let profile = std::env::var("XINQIAO_TEST_SIZES").unwrap_or_else(|_| "default".to_owned());
    let text = include_str!("../../../../../../tests/sizes.yaml");
    let all: BTreeMap<String, BTreeMap<String, i64>> = serde_yaml_ng::from_str(text).unwrap();
    all[&profile]["audit_chain_rows"]
}

/// A line of the process's own status, in bytes.
fn memory(line: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    let kilobytes = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    kilobytes.parse::<usize>().unwrap() * 1024
}

/// The peak that is measured from now on begins at what is held now.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

async fn grow(watched: &Watched, rows: i64) {
    let now = watched.desk().clock().now();
    let (signer, mut head, mut last) = (watched.signer(0), Head::START, None);
    while head.seq < rows {
        let batch: Vec<AuditRow> = (0..BATCH)
            .map(|_| {
                let mut entry = Entry::new(now, "person:li", "intake.WriteNote", "note:1");
                entry.fields = vec!["f".repeat(WIDTH)];
                let (row, next) = entry.chain(home(), head);
                head = next;
                row
            })
            .collect();
        insert(&watched.bench, &batch).await;
        let checkpoint = Checkpoint::sign(&signer, "intake", home(), last.as_ref(), head, now);
        assert!(watched.trail().write(home(), &checkpoint).await.unwrap());
        last = Some(checkpoint);
    }
    sqlx::query("INSERT INTO audit_head (district_code, seq, hash) VALUES ($1, $2, $3)")
        .bind(home().as_str())
        .bind(head.seq)
        .bind(head.hash.as_slice())
        .execute(watched.bench.pool())
        .await
        .unwrap();
}

async fn insert(bench: &Bench, rows: &[AuditRow]) {
    let columns = |pick: fn(&AuditRow) -> &[u8]| rows.iter().map(pick).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO audit (district_code, seq, object, canonical, prev_hash, hash)
         SELECT $1, r.* FROM unnest($2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[])
                        AS r (seq, object, canonical, prev_hash, hash)",
    )
    .bind(home().as_str())
    .bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.object.as_str()).collect::<Vec<_>>())
    .bind(columns(|row| &row.canonical))
    .bind(columns(|row| &row.prev_hash))
    .bind(columns(|row| &row.hash))
    .execute(bench.pool())
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_chain_is_verified_in_bounded_memory() {
    let rows = chain_rows();
    let bytes = usize::try_from(rows).unwrap() * WIDTH;
    assert!(bytes > 2 * GROWTH_MAX_BYTES, "the chain is too short to tell");
    let watched = Watched::start().await;
    grow(&watched, rows).await;
    forget_peak();
    let before = memory("VmRSS");
    assert_eq!(watched.holds().await, (rows, rows));
    let growth = memory("VmHWM").saturating_sub(before);
    assert!(
        growth < GROWTH_MAX_BYTES,
        "{rows} rows of {WIDTH} bytes took {growth} bytes of memory"
    );
    watched.bench.finish().await;
}
