//! Blocks of numbers for the counters of the hall 预留号段: given out in order, closed with a reason, without a gap (§6.2).

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use tonic::{Code, Status};
use xinqiao_chassis::testing::{Bench, Person, eventually};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::intake::{
    BlockCloseReason, CloseBlockRequest, ListBlocksRequest, NumberAccount, NumberBlock, RegisterVisitRequest,
    Registered, ReserveBlockRequest,
};

use crate::gap_report::{accounts, numbers, report, void};
use crate::people::*;

const WINDOW: &str = "接访大厅2号窗口";

async fn reserve(bench: &Bench, count: u32) -> Result<NumberBlock, Status> {
    let wanted = ReserveBlockRequest {
        request_id: fresh(),
        counter: WINDOW.to_owned(),
        numbers: count,
    };
    let answer = numbers(bench, &clerk()).reserve_block(wanted).await?;
    Ok(answer.into_inner().block.unwrap())
}

async fn close(bench: &Bench, person: &Person, block: &NumberBlock) -> Result<NumberBlock, Status> {
    let request = CloseBlockRequest {
        request_id: fresh(),
        number_block_id: block.number_block_id.clone(),
        reason: BlockCloseReason::DayOver.into(),
    };
    let answer = numbers(bench, person).close_block(request).await?;
    Ok(answer.into_inner().block.unwrap())
}

fn with(block: &NumberBlock) -> RegisterVisitRequest {
    RegisterVisitRequest {
        number_block_id: block.number_block_id.clone(),
        ..a_visit()
    }
}

async fn register(bench: &Bench, visit: RegisterVisitRequest) -> Result<Registered, Status> {
    let answer = registration(bench, &clerk()).register_visit(visit).await?;
    Ok(answer.into_inner().registered.unwrap())
}

fn sequence(case: &Registered) -> u32 {
    case.case_no.parse::<CaseNumber>().unwrap().sequence()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_gives_its_numbers_in_order_beside_the_counter() {
    use NumberAccount::{Case, Reserved};
    let bench = Bench::start(xinqiao_intake::service()).await;
    let block = reserve(&bench, 3).await.unwrap();
    assert_eq!((block.first, block.last, block.used), (1, 3, 0));
    assert_eq!(sequence(&register(&bench, a_visit()).await.unwrap()), 4);
    let visit = with(&block);
    let first = register(&bench, visit.clone()).await.unwrap();
    assert_eq!(sequence(&first), 1);
    assert_eq!(sequence(&register(&bench, a_visit()).await.unwrap()), 5);
    assert_eq!(
        accounts(&bench).await,
        [(1, 1, Case), (2, 3, Reserved), (4, 5, Case)]
    );
    for number in [2, 3] {
        assert_eq!(sequence(&register(&bench, with(&block)).await.unwrap()), number);
    }
    let refused = register(&bench, with(&block)).await.unwrap_err();
    let used_up = (Code::FailedPrecondition, "BLOCK_NOT_OPEN".to_owned());
    assert_eq!(why(&refused), used_up);
    // Whoever asks again for what he has been given is told it again, although the block is used up.
    assert_eq!(register(&bench, visit).await.unwrap(), first);
    assert_eq!(accounts(&bench).await, [(1, 5, Case)]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_closed_block_has_left_is_never_used_and_stays_accounted_for() {
    use NumberAccount::{BlockUnused, Case};
    let bench = Bench::start(xinqiao_intake::service()).await;
    let block = reserve(&bench, 4).await.unwrap();
    register(&bench, with(&block)).await.unwrap();
    let of_b = close(&bench, &clerk_of_b(), &block).await.unwrap_err();
    assert_eq!(of_b.code(), Code::NotFound);
    let closed = close(&bench, &clerk(), &block).await.unwrap();
    assert_eq!(
        (closed.used, closed.close_reason()),
        (1, BlockCloseReason::DayOver)
    );
    let again = close(&bench, &clerk(), &block).await.unwrap_err();
    assert_eq!(why(&again).1, "BLOCK_CLOSED");
    let refused = register(&bench, with(&block)).await.unwrap_err();
    assert_eq!(why(&refused).1, "BLOCK_NOT_OPEN");
    assert_eq!(sequence(&register(&bench, a_visit()).await.unwrap()), 5);
    assert_eq!(
        accounts(&bench).await,
        [(1, 1, Case), (2, 4, BlockUnused), (5, 5, Case)]
    );
    let (ranges, _) = report(&bench, 200).await;
    assert_eq!(
        (ranges[1].counter.as_str(), ranges[1].close_reason()),
        (WINDOW, BlockCloseReason::DayOver)
    );
    let ask = |open| ListBlocksRequest {
        year: 2026,
        page: None,
        open,
    };
    let mut desk = numbers(&bench, &dispatcher());
    let open = desk.list_blocks(ask(true)).await.unwrap().into_inner();
    assert!(open.blocks.is_empty());
    let all = desk.list_blocks(ask(false)).await.unwrap().into_inner();
    assert_eq!(all.blocks, [closed]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_of_its_district_and_year_and_within_the_limits() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_NUMBER_BLOCK_MAX", "10")
        .set("XINQIAO_NUMBER_BLOCKS_OPEN_MAX", "1")
        .start()
        .await;
    let wrong = reserve(&bench, 11).await.unwrap_err();
    assert_eq!(wrong_fields(&wrong), ["numbers"]);
    let block = reserve(&bench, 10).await.unwrap();
    let refused = reserve(&bench, 1).await.unwrap_err();
    assert_eq!(why(&refused).1, "TOO_MANY_BLOCKS");
    assert_eq!(
        accounts(&bench).await.last().unwrap().1,
        10,
        "nothing was reserved"
    );
    let of_b = registration(&bench, &clerk_of_b())
        .register_visit(with(&block))
        .await;
    assert_eq!(wrong_fields(&of_b.unwrap_err()), ["number_block_id"]);
    bench.set_clock("2027-01-04T09:00:00+08:00");
    let refused = register(&bench, with(&block)).await.unwrap_err();
    assert_eq!(why(&refused).1, "BLOCK_NOT_OPEN");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_number_of_a_block_is_searched_like_any_other() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let block = reserve(&bench, 2).await.unwrap();
    register(&bench, a_visit()).await.unwrap();
    let searchable = async |count: i64| {
        eventually("the cases can be searched", async || {
            let found: i64 = sqlx::query_scalar("SELECT count(*) FROM search_text")
                .fetch_one(bench.pool())
                .await
                .unwrap();
            (found == count).then_some(())
        })
        .await;
    };
    searchable(1).await;
    register(&bench, with(&block)).await.unwrap();
    searchable(2).await;
    bench.finish().await;
}

/// What one counter of the hall does: registers, hangs up, takes numbers of its block, has cases voided.
async fn at_a_counter(bench: &Bench, blocks: &[NumberBlock], counter: u64, turns: u64) -> Vec<u32> {
    let mut answered = Vec::new();
    for turn in 0..turns {
        let visit = match blocks.get(usize::try_from((counter + turn) % 7).unwrap()) {
            Some(block) => with(block),
            None => a_visit(),
        };
        let call = register(bench, visit);
        // Some hang up at some millisecond, perhaps before, perhaps after the commit.
        let patience = if (counter + turn).is_multiple_of(3) {
            Duration::from_millis((counter * 7 + turn * 13) % 60)
        } else {
            Duration::from_mins(10)
        };
        let Ok(answer) = tokio::time::timeout(patience, call).await else {
            continue;
        };
        match answer {
            Ok(case) => {
                answered.push(sequence(&case));
                if (counter + turn) % 20 == 1 {
                    void(bench, &case).await;
                }
            }
            Err(refused) => assert_eq!(why(&refused).1, "BLOCK_NOT_OPEN"),
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_registrations_with_aborts_voids_and_blocks_are_all_accounted_for() {
    use NumberAccount::{BlockUnused, Case, Gap, Reserved, Twice, Void};
    const COUNTERS: u64 = 50;
    const TURNS: u64 = 20;
    let bench = Bench::start(xinqiao_intake::service()).await;
    // One is closed on the way, one is used up, one has numbers left.
    let blocks = [
        reserve(&bench, 200).await.unwrap(),
        reserve(&bench, 20).await.unwrap(),
        reserve(&bench, 200).await.unwrap(),
    ];
    let counters = (0..COUNTERS).map(|counter| at_a_counter(&bench, &blocks, counter, TURNS));
    let on_the_way = async {
        eventually("the first block to be in use", async || {
            let ranges = accounts(&bench).await;
            (ranges[0].2 != NumberAccount::Reserved).then_some(())
        })
        .await;
        close(&bench, &clerk(), &blocks[0]).await.unwrap();
        reserve(&bench, 5).await.unwrap();
    };
    let (by_counter, ()) = tokio::join!(join_all(counters), on_the_way);
    let mut answered = BTreeSet::new();
    for number in by_counter.into_iter().flatten() {
        assert!(answered.insert(number), "{number} was given twice");
    }
    bench.settled().await;

    let ranges = accounts(&bench).await;
    let numbers_of = |account| -> BTreeSet<u32> {
        let of_it = ranges.iter().filter(|range| range.2 == account);
        of_it.flat_map(|(first, last, _)| *first..=*last).collect()
    };
    let of = |account| i64::try_from(numbers_of(account).len()).unwrap();
    assert_eq!((of(Gap), of(Twice)), (0, 0), "{ranges:?}");
    let count =
        async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(bench.pool()).await.unwrap() };
    assert_eq!(
        of(Case),
        count("SELECT count(*) FROM case_file WHERE state <> 'C12'").await
    );
    assert_eq!(
        of(Void),
        count("SELECT count(*) FROM case_file WHERE state = 'C12'").await
    );
    let left = "SELECT sum(last - taken)::bigint FROM number_block WHERE closed_at IS ";
    let left_in = async |end: &str| -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("{left}{end}"));
        sqlx::query_scalar(sql).fetch_one(bench.pool()).await.unwrap()
    };
    assert_eq!(of(BlockUnused), left_in("NOT NULL").await);
    assert_eq!(of(Reserved), left_in("NULL").await);
    assert!(
        of(Void) > 10 && of(BlockUnused) > 0 && of(Reserved) > 5,
        "{ranges:?}"
    );
    let given: BTreeSet<u32> = numbers_of(Case).union(&numbers_of(Void)).copied().collect();
    assert!(answered.is_subset(&given));
    assert!(answered.len() < given.len(), "nobody hung up after the commit");
    bench.finish().await;
}
