//! Who writes into the database moves no text to another case, and no case to another district.

use tonic::Code;
use xinqiao_chassis::testing::eventually;

use crate::people::*;

use super::town::*;

/// Values put into the place of another.
const MOVES: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_value_opens_in_no_other_row_column_or_district() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, a_visit()).await;
    triage(&bench, &clerk())
        .triage_case(a_sheet(&case.case_id, case.version))
        .await
        .unwrap();
    for _ in 0..2 {
        registration(&bench, &clerk_of_b())
            .register_visit(a_visit())
            .await
            .unwrap();
        let accusation = registered(&bench, town.accusation()).await;
        transferred(&bench, &accusation).await;
        asked(&bench, &accusation, 30).await;
    }
    eventually("the texts are searchable", async || {
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM search_text")
            .fetch_one(bench.pool())
            .await
            .unwrap();
        (rows == 3).then_some(())
    })
    .await;
    let moved = bench.moved_values_do_not_open(MOVES).await;
    let columns = [
        "accused.objects",
        "idempotency.answer",
        "petitioner.identity",
        "sealed_opening.reason",
        "sealed_transfer.addressee",
        "sealed_transfer.reasons",
        "search_text.body",
        "triage.sheet",
    ];
    assert_eq!(moved, columns.map(str::to_owned).into());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_with_a_foreign_petitioner_in_it_is_not_shown() {
    let bench = bench().await;
    let mine = registered(&bench, a_visit()).await;
    let other = registered(&bench, a_visit()).await;
    assert_eq!(seen(&bench, &mine.case_id).await.submissions.len(), 1);
    sqlx::query(
        "UPDATE petitioner SET identity = (SELECT identity FROM petitioner WHERE case_id = $2::text::uuid)
         WHERE case_id = $1::text::uuid",
    )
    .bind(&mine.case_id)
    .bind(&other.case_id)
    .execute(bench.pool())
    .await
    .unwrap();
    let refused = cases(&bench, &dispatcher())
        .get_case(by_id(&mine.case_id))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    assert_eq!(seen(&bench, &other.case_id).await.submissions.len(), 1);
    bench.finish().await;
}
