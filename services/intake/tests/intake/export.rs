//! Rows of the register leave by two persons' decision, masked, counted, once (EG-10).

use std::collections::BTreeMap;

use time::Duration;
use tonic::{Code, Status};
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person, eventually};
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::export_service_client::ExportServiceClient;
use xinqiao_proto::intake::{
    ApproveExportRequest, CaseState, Export, ExportField, ExportFilter, ExportPurpose, ExportRow,
    ExportState, FetchExportRequest, ListExportsRequest, PrepareExportRequest, PrepareExportResponse,
    RefuseExportRequest, RegisterVisitRequest, Registered, SubmissionInput,
};

use crate::people::{
    As, a_visit, clerk, clerk_of_b, dispatcher, fresh, registered, submission, why, wrong_fields,
};

const REASON: &str = "核对三月纸质台账与系统登记是否一致";

fn exports(bench: &Bench, person: &Person) -> ExportServiceClient<As> {
    ExportServiceClient::new(bench.channel(person))
}

fn wanted() -> PrepareExportRequest {
    PrepareExportRequest {
        request_id: fresh(),
        filter: Some(ExportFilter {
            first_day: "2026-03-01".to_owned(),
            last_day: "2026-03-31".to_owned(),
            states: vec![CaseState::Registered.into()],
        }),
        fields: vec![ExportField::State.into(), ExportField::PetitionerMasked.into()],
        purpose: ExportPurpose::RegisterCheck.into(),
        reason: REASON.to_owned(),
    }
}

async fn prepared(bench: &Bench) -> PrepareExportResponse {
    let answer = exports(bench, &clerk()).prepare_export(wanted()).await;
    answer.unwrap().into_inner()
}

async fn approve(bench: &Bench, who: &Person, id: &str) -> Result<(), Status> {
    let request = ApproveExportRequest {
        request_id: fresh(),
        export_id: id.to_owned(),
    };
    exports(bench, who).approve_export(request).await.map(|_| ())
}

fn fetching(id: &str) -> FetchExportRequest {
    FetchExportRequest {
        request_id: fresh(),
        export_id: id.to_owned(),
        after_case_no: String::new(),
    }
}

/// All rows, and the hash that came with the last part.
async fn fetch(
    bench: &Bench,
    who: &Person,
    request: FetchExportRequest,
) -> Result<(Vec<ExportRow>, String), Status> {
    let mut parts = exports(bench, who).fetch_export(request).await?.into_inner();
    let (mut rows, mut hash) = (Vec::new(), None);
    while let Some(part) = parts.message().await? {
        rows.extend(part.rows);
        if let Some(end) = part.end {
            assert_eq!(end.rows as usize, rows.len());
            hash = Some(end.sha256);
        }
    }
    Ok((rows, hash.expect("the last part has the end")))
}

async fn listed(bench: &Bench, waiting: bool) -> Vec<Export> {
    let request = ListExportsRequest { waiting, page: None };
    let answer = exports(bench, &dispatcher()).list_exports(request).await;
    answer.unwrap().into_inner().exports
}

async fn accusation(bench: &Bench) -> Registered {
    let brought = SubmissionInput {
        purpose: Purpose::Accusation.into(),
        ..submission()
    };
    let visit = RegisterVisitRequest {
        submission: Some(brought),
        ..a_visit()
    };
    registered(bench, visit).await
}

/// Audit rows of the export that hold these bytes.
async fn audited(bench: &Bench, id: &str, text: &str) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE object = $1 AND position($2::bytea IN canonical) > 0",
    )
    .bind(format!("export:{id}"))
    .bind(text.as_bytes())
    .fetch_one(bench.pool())
    .await
    .unwrap()
}

/// How many rows each table has.
async fn tables(bench: &Bench) -> BTreeMap<String, i64> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind = 'r'",
    )
    .fetch_all(bench.pool())
    .await
    .unwrap();
    let mut counts = BTreeMap::new();
    for name in names {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {name}"));
        let rows = sqlx::query_scalar(sql).fetch_one(bench.pool()).await.unwrap();
        counts.insert(name, rows);
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_leave_masked_when_another_has_approved_and_every_step_is_audited() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let cases = [
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
    ];
    let sealed = accusation(&bench).await;
    let answer = prepared(&bench).await;
    assert_eq!(answer.rows, 2, "the accusation is not counted");
    let id = answer.export_id;
    let early = fetch(&bench, &clerk(), fetching(&id)).await.unwrap_err();
    assert_eq!(why(&early).1, "NOT_APPROVED");
    approve(&bench, &dispatcher(), &id).await.unwrap();
    // Registered after the dry run: not of the set.
    registered(&bench, a_visit()).await;

    let (rows, hash) = fetch(&bench, &clerk(), fetching(&id)).await.unwrap();
    let found: Vec<&str> = rows.iter().map(|row| row.case_no.as_str()).collect();
    assert_eq!(found, [cases[0].case_no.as_str(), cases[1].case_no.as_str()]);
    assert!(
        rows.iter().all(|row| row.values == ["已登记", "测**"]),
        "{rows:?}"
    );
    assert!(!found.contains(&sealed.case_no.as_str()));
    for (step, count) in [
        ("prepared", 1),
        ("approved", 1),
        ("fetched", 1),
        ("petitioner_masked", 3),
        ("rows=2", 2),
        (&hash, 1),
    ] {
        assert_eq!(audited(&bench, &id, step).await, count, "{step}");
    }
    let shown = &listed(&bench, false).await[0];
    assert_eq!(
        (shown.state(), shown.reason.as_str(), shown.rows),
        (ExportState::Fetched, REASON, 2)
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lets_go_what_he_prepared_nor_fetches_what_another_did() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let id = prepared(&bench).await.export_id;
    for stranger in [clerk(), Person::new("sun", "孙督查").with(Role::Sup)] {
        let refused = approve(&bench, &stranger, &id).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{stranger:?}");
    }
    let both = clerk().with(Role::Dsp);
    assert_eq!(
        why(&approve(&bench, &both, &id).await.unwrap_err()).1,
        "SAME_PERSON"
    );
    approve(&bench, &dispatcher(), &id).await.unwrap();
    let another = Person::new("zhao", "赵登记").with(Role::Clk);
    let refused = fetch(&bench, &another, fetching(&id)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    fetch(&bench, &clerk(), fetching(&id)).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_another_district_does_not_exist() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let id = prepared(&bench).await.export_id;
    let head_of_b = dispatcher().of("220503");
    let refused = approve(&bench, &head_of_b, &id).await.unwrap_err();
    let unknown = approve(&bench, &head_of_b, &fresh()).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Code::NotFound, unknown.message())
    );
    approve(&bench, &dispatcher(), &id).await.unwrap();
    let refused = fetch(&bench, &clerk_of_b(), fetching(&id)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_or_changed_before_the_fetch_does_not_leave() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let (closed, moved, kept) = (
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
    );
    let id = prepared(&bench).await.export_id;
    approve(&bench, &dispatcher(), &id).await.unwrap();
    for (change, case) in [("sealed = true", &closed), ("state = 'C30'", &moved)] {
        let sql = format!("UPDATE case_file SET {change} WHERE id = $1::uuid");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&case.case_id)
            .execute(bench.pool())
            .await
            .unwrap();
    }
    let (rows, _) = fetch(&bench, &clerk(), fetching(&id)).await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| row.case_no).collect();
    assert_eq!(found, [kept.case_no]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_fetched_once_and_the_same_request_goes_on_where_it_stopped() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let first = registered(&bench, a_visit()).await;
    let second = registered(&bench, a_visit()).await;
    let id = prepared(&bench).await.export_id;
    approve(&bench, &dispatcher(), &id).await.unwrap();
    let request = fetching(&id);
    let (rows, _) = fetch(&bench, &clerk(), request.clone()).await.unwrap();
    assert_eq!(rows.len(), 2);
    let again = fetch(&bench, &clerk(), fetching(&id)).await.unwrap_err();
    assert_eq!(
        why(&again),
        (Code::FailedPrecondition, "EXPORT_FETCHED".to_owned())
    );
    let rest = FetchExportRequest {
        after_case_no: first.case_no,
        ..request.clone()
    };
    let (rows, _) = fetch(&bench, &clerk(), rest).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].case_no, second.case_no);
    assert_eq!(audited(&bench, &id, "fetched").await, 2, "each call has its row");
    bench.pass(Duration::hours(24));
    let late = fetch(&bench, &clerk(), request).await.unwrap_err();
    assert_eq!(why(&late).1, "EXPORT_OVER");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_lapsed_or_late_is_not_fetched() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(prepared(&bench).await.export_id);
    }
    let refuse = RefuseExportRequest {
        request_id: fresh(),
        export_id: ids[0].clone(),
        reason: "统计报表即可满足需要".to_owned(),
    };
    exports(&bench, &dispatcher())
        .refuse_export(refuse)
        .await
        .unwrap();
    approve(&bench, &dispatcher(), &ids[1]).await.unwrap();
    assert_eq!(listed(&bench, true).await.len(), 1, "one still waits");
    bench.pass(Duration::hours(24));
    assert!(listed(&bench, true).await.is_empty(), "it has lapsed");
    for (id, reason) in ids.iter().zip(["NOT_APPROVED", "EXPORT_OVER", "NOT_APPROVED"]) {
        let refused = fetch(&bench, &clerk(), fetching(id)).await.unwrap_err();
        assert_eq!(why(&refused).1, reason);
        let refused = approve(&bench, &dispatcher(), id).await.unwrap_err();
        assert_eq!(why(&refused).1, "NOT_WAITING");
    }
    let list = listed(&bench, false).await;
    let states: Vec<_> = list.iter().map(Export::state).collect();
    assert_eq!(
        states,
        [ExportState::Lapsed, ExportState::Over, ExportState::Refused]
    );
    assert_eq!(list[2].refusal, "统计报表即可满足需要");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_limit_is_refused_and_not_cut() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_EXPORT_ROWS_MAX", "1")
        .set("XINQIAO_EXPORT_PER_DAY_MAX", "1")
        .start()
        .await;
    registered(&bench, a_visit()).await;
    let ids = [prepared(&bench).await.export_id, prepared(&bench).await.export_id];
    registered(&bench, a_visit()).await;
    let refused = exports(&bench, &clerk())
        .prepare_export(wanted())
        .await
        .unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::FailedPrecondition, "EXPORT_TOO_LARGE".to_owned())
    );
    assert_eq!(listed(&bench, false).await.len(), 2);

    approve(&bench, &dispatcher(), &ids[0]).await.unwrap();
    let refused = approve(&bench, &dispatcher(), &ids[1]).await.unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::ResourceExhausted, "EXPORT_LIMIT".to_owned())
    );
    assert_eq!(audited(&bench, &ids[1], "EXPORT_LIMIT").await, 1);
    bench.set_clock("2026-03-04T00:00:01+08:00");
    approve(&bench, &dispatcher(), &ids[1]).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_but_its_own_row() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    bench.settled().await;
    eventually("the case can be searched", async || {
        (tables(&bench).await["search_text"] == 1).then_some(())
    })
    .await;
    let before = tables(&bench).await;
    prepared(&bench).await;
    let after = tables(&bench).await;
    let changed: BTreeMap<&str, i64> = after
        .iter()
        .filter(|(name, rows)| before[*name] != **rows)
        .map(|(name, rows)| (name.as_str(), rows - before[name]))
        .collect();
    // What was asked, and the row of the command.
    let expected = [("audit", 2), ("export_request", 1), ("idempotency", 1)];
    assert_eq!(changed, expected.into());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_at_once() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let wrong = PrepareExportRequest {
        request_id: fresh(),
        filter: Some(ExportFilter {
            first_day: "2026-03-01".to_owned(),
            last_day: "2027-03-02".to_owned(),
            states: vec![13],
        }),
        fields: vec![ExportField::State.into(), ExportField::State.into(), 99],
        purpose: 99,
        reason: "要".to_owned(),
    };
    let refused = exports(&bench, &clerk()).prepare_export(wrong).await.unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        [
            "filter.last_day",
            "filter.states[0]",
            "fields[1]",
            "fields[2]",
            "purpose",
            "reason"
        ]
    );
    bench.finish().await;
}
