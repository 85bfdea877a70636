//! Numbers have no gaps, the chain no broken link, whatever callers do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use xinqiao_chassis::testing::{Bench, eventually};
use xinqiao_proto::intake::{PetitionerInput, RegisterVisitRequest, SubmissionInput};

use crate::people::*;

/// Counts that must be equal after any number of registrations.
async fn counts(bench: &Bench) -> [i64; 7] {
    let sql = [
        "SELECT count(*) FROM case_file",
        "SELECT sum(last)::bigint FROM number_counter",
        "SELECT max(sequence)::bigint FROM case_file",
        "SELECT count(*) FROM submission",
        "SELECT count(*) FROM outbox",
        "SELECT count(*) FROM idempotency",
        "SELECT count(*) / 2 FROM document",
    ];
    let mut found = [0; 7];
    for (slot, sql) in found.iter_mut().zip(sql) {
        *slot = sqlx::query_scalar(sql).fetch_one(bench.pool()).await.unwrap();
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_whose_connection_is_lost_goes_on_with_the_next_number() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut client = registration(&bench, &clerk());
    for _ in 0..2 {
        client.register_visit(a_visit()).await.unwrap();
    }
    let ended: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%INSERT INTO case_file%'",
    )
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert_eq!(ended, 1, "the writer keeps one connection");
    client.register_visit(a_visit()).await.unwrap();
    bench.settled().await;
    assert_eq!(counts(&bench).await, [3; 7]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_counters_with_random_aborts_leave_no_gap() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let tasks: Vec<_> = (0..64_u64)
        .map(|counter| {
            let mut client = registration(&bench, &clerk());
            tokio::spawn(async move {
                let mut answered = Vec::new();
                for turn in 0..6 {
                    let call = client.register_visit(a_visit());
                    if (counter + turn) % 3 == 0 {
                        // Hangs up at some millisecond, perhaps before, perhaps after the commit.
                        let patience = Duration::from_millis((counter * 7 + turn * 13) % 40);
                        if let Ok(answer) = tokio::time::timeout(patience, call).await {
                            answered.push(answer.unwrap().into_inner().registered.unwrap().case_no);
                        }
                    } else {
                        answered.push(call.await.unwrap().into_inner().registered.unwrap().case_no);
                    }
                }
                answered
            })
        })
        .collect();
    let mut answered = BTreeSet::new();
    for task in tasks {
        for number in task.await.unwrap() {
            assert!(answered.insert(number), "a number was given twice");
        }
    }
    bench.settled().await;
    let found = counts(&bench).await;
    assert!(found.iter().all(|count| *count == found[0]), "{found:?}");
    assert!(found[0] >= i64::try_from(answered.len()).unwrap());
    let broken: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit a LEFT JOIN audit b ON b.district_code = a.district_code AND b.seq = a.seq - 1
         WHERE a.seq > 1 AND a.prev_hash IS DISTINCT FROM b.hash",
    )
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert_eq!(broken, 0);
    eventually("no connection is left in a transaction", async || {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        )
        .fetch_one(bench.pool())
        .await
        .unwrap();
        (left == 0).then_some(())
    })
    .await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_acts_in_between_break_neither_chain_nor_numbers() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let first = registered(&bench, a_visit()).await;
    let mut version = first.version;
    for _ in 0..5 {
        let (case, sheet) = tokio::join!(registered(&bench, a_visit()), async {
            let sheet = a_sheet(&first.case_id, version);
            triage(&bench, &clerk())
                .triage_case(sheet)
                .await
                .unwrap()
                .into_inner()
        });
        assert_eq!(case.version, 1);
        version = sheet.version;
    }
    let audited: i64 = sqlx::query_scalar("SELECT count(*) FROM audit")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    let head: i64 = sqlx::query_scalar("SELECT seq FROM audit_head")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    assert_eq!((audited, head), (11, 11));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_fails_is_taken_out_of_its_batch() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    // The database refuses one petitioner's row: a fault that no check of the form foresees.
    sqlx::query("ALTER TABLE submission ADD CONSTRAINT odd CHECK (affected_count <> 4711)")
        .execute(bench.pool())
        .await
        .unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|turn| {
            let mut client = registration(&bench, &clerk());
            let affected_count = if turn % 10 == 3 { 4711 } else { 4 };
            let visit = RegisterVisitRequest {
                submission: Some(SubmissionInput {
                    affected_count,
                    ..submission()
                }),
                ..a_visit()
            };
            tokio::spawn(async move { client.register_visit(visit).await.is_ok() })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        written += i64::from(task.await.unwrap());
    }
    assert_eq!(written, 36);
    let found = counts(&bench).await;
    assert!(found.iter().all(|count| *count == written), "{found:?}");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_eight_is_one_case_with_eight_petitioners() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let people = (0..8).map(|n| PetitionerInput {
        representative: n < 5,
        id_type: 0,
        id_no: String::new(),
        name: format!("测试村民{n}"),
        ..petitioner()
    });
    let group = SubmissionInput {
        petitioners: people.collect(),
        visit_count: 8,
        affected_count: 30,
        joint: true,
        ..submission()
    };
    let case = registered(
        &bench,
        RegisterVisitRequest {
            submission: Some(group),
            ..a_visit()
        },
    )
    .await;
    let view = seen(&bench, &case.case_id).await;
    assert_eq!(view.submissions[0].petitioners.len(), 8);
    assert_eq!(
        view.submissions[0]
            .petitioners
            .iter()
            .filter(|one| one.representative)
            .count(),
        5
    );
    assert!(view.header.unwrap().joint);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_districts_at_once_are_both_numbered_without_gaps() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let busy: Vec<_> = (0..16)
        .map(|_| {
            let mut client = registration(&bench, &clerk());
            let stop = stop.clone();
            tokio::spawn(async move {
                let mut done = 0_i64;
                while !stop.is_cancelled() {
                    client.register_visit(a_visit()).await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut other = registration(&bench, &clerk_of_b());
    for _ in 0..20 {
        other.register_visit(a_visit()).await.unwrap();
    }
    stop.cancel();
    let mut done = 0;
    for task in busy {
        done += task.await.unwrap();
    }
    let last: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT last::bigint, (SELECT count(*) FROM case_file f WHERE f.district_code = n.district_code)
         FROM number_counter n ORDER BY district_code",
    )
    .fetch_all(bench.pool())
    .await
    .unwrap();
    assert_eq!(last, [(done, done), (20, 20)]);
    bench.settled().await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_district_does_not_wait_until_a_busy_one_has_finished() {
    const CALLERS: usize = 48;
    let bench = Bench::start(xinqiao_intake::service()).await;
    // Somebody always waits when a batch is written: the database takes longer than the counters.
    sqlx::raw_sql(
        "CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END';
         CREATE TRIGGER slow AFTER INSERT ON case_file EXECUTE FUNCTION take_time()",
    )
    .execute(bench.pool())
    .await
    .unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let busy: Vec<_> = (0..CALLERS)
        .map(|_| {
            let mut client = registration(&bench, &clerk());
            let done = done.clone();
            tokio::spawn(async move {
                while done.load(Ordering::Relaxed) < 24 * CALLERS {
                    client.register_visit(a_visit()).await.unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut other = registration(&bench, &clerk_of_b());
    let mut passed = Vec::new();
    for _ in 0..2 {
        let before = done.load(Ordering::Relaxed);
        other.register_visit(a_visit()).await.unwrap();
        passed.push(done.load(Ordering::Relaxed) - before);
    }
    for task in busy {
        task.await.unwrap();
    }
    // On its way in, while a batch is written, and while the one that was numbered on it is.
    assert!(passed.iter().all(|count| *count <= 5 * CALLERS), "{passed:?}");
    bench.finish().await;
}
