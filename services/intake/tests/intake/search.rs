//! Petition texts are found by their words, though no word of them is kept.

use tonic::{Code, Status};
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::seal::SealContext;
use xinqiao_chassis::testing::{Bench, Person, eventually};
use xinqiao_proto::common::PageRequest;
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::{
    CaseState, RegisterVisitRequest, SearchCasesRequest, SearchCasesResponse, SubmissionInput,
};

use crate::people::*;

fn a_visit_about(title: &str, content: &str) -> RegisterVisitRequest {
    RegisterVisitRequest {
        submission: Some(SubmissionInput {
            title: title.to_owned(),
            content: content.to_owned(),
            requests: vec!["请依法处理".to_owned()],
            ..submission()
        }),
        ..a_visit()
    }
}

fn an_accusation(content: &str) -> RegisterVisitRequest {
    let mut visit = a_visit_about("反映工作人员问题", content);
    if let Some(submission) = &mut visit.submission {
        submission.purpose = Purpose::Accusation.into();
    }
    visit
}

async fn ask(
    bench: &Bench,
    person: &Person,
    request: SearchCasesRequest,
) -> Result<SearchCasesResponse, Status> {
    let answer = cases(bench, person).search_cases(request).await?;
    Ok(answer.into_inner())
}

fn about(query: &str) -> SearchCasesRequest {
    SearchCasesRequest {
        query: query.to_owned(),
        ..SearchCasesRequest::default()
    }
}

/// What is found once everything that was registered is searchable.
async fn answered(bench: &Bench, person: &Person, query: &str) -> SearchCasesResponse {
    eventually("everything to be searchable", async || {
        let answer = ask(bench, person, about(query)).await.unwrap();
        (answer.waiting == 0).then_some(answer)
    })
    .await
}

/// Numbers of what is found.
async fn found(bench: &Bench, person: &Person, query: &str) -> Vec<String> {
    numbers(answered(bench, person, query).await)
}

fn numbers(answer: SearchCasesResponse) -> Vec<String> {
    answer.headers.into_iter().map(|header| header.case_no).collect()
}

async fn count(bench: &Bench, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(bench.pool()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_text_is_found_by_words_of_title_content_and_requests() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    registered(
        &bench,
        a_visit_about("小区停车收费问题", "停车收费标准一直没有公示,业主意见很大。"),
    )
    .await;
    for query in ["住房楼板", "互相推诿", "查明渗水", "物业 渗水", "楼板，推诿"] {
        let answer = answered(&bench, &clerk(), query).await;
        assert_eq!(answer.more_than, 0);
        assert_eq!(answer.headers[0].petitioner_masked, "测**");
        assert_eq!(numbers(answer), [case.case_no.as_str()], "{query}");
    }
    for nothing in ["测试甲", "楼板停车", "渗水 停车", "19900000001", "金厂镇"] {
        assert!(
            found(&bench, &clerk(), nothing).await.is_empty(),
            "{nothing} is found"
        );
    }
    let only = |state: CaseState| SearchCasesRequest {
        states: vec![state.into()],
        ..about("楼板")
    };
    let here = ask(&bench, &dispatcher(), only(CaseState::Registered))
        .await
        .unwrap();
    assert_eq!(numbers(here), [case.case_no]);
    let elsewhere = ask(&bench, &dispatcher(), only(CaseState::Void)).await.unwrap();
    assert!(elsewhere.headers.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_all_pairs_but_not_the_word_is_no_hit() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let scattered = a_visit_about("楼板不平问题", "墙板渗出黄水,又有渗水,多次报修无人处理。");
    registered(&bench, scattered).await;
    let whole = registered(
        &bench,
        a_visit_about("报修无人处理", "楼板渗水半年,一直没有人来修。"),
    )
    .await;
    let query = "楼板渗水";
    assert_eq!(found(&bench, &clerk(), query).await, [whole.case_no]);
    let keys = bench.desk().keys().clone();
    let wanted = xinqiao_chassis::search::Query::parse(query).unwrap();
    let tokens = keys.search_tokens("220502".parse().unwrap(), &wanted.pairs());
    let candidates: i64 = sqlx::query_scalar("SELECT count(*) FROM search_text WHERE tokens @> $1")
        .bind(&tokens)
        .fetch_one(bench.pool())
        .await
        .unwrap();
    assert_eq!(candidates, 2, "both texts are candidates");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_that_names_it_most_comes_first_and_then_the_newest() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let once = "供暖温度不够,老人孩子受凉,请尽快处理。";
    let (old, often, new) = (
        registered(&bench, a_visit_about("住宅温度问题", once)).await,
        registered(
            &bench,
            a_visit_about("供暖问题", "供暖不热,供暖费照收,请退供暖费。"),
        )
        .await,
        registered(&bench, a_visit_about("住宅温度问题", once)).await,
    );
    let wanted = [often.case_no, new.case_no, old.case_no];
    assert_eq!(found(&bench, &clerk(), "供暖").await, wanted);
    let (mut paged, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = Some(PageRequest {
            page_size: 1,
            page_token,
        });
        let request = SearchCasesRequest {
            page,
            ..about("供暖")
        };
        let answer = ask(&bench, &clerk(), request).await.unwrap();
        page_token = answer.page.clone().unwrap().next_page_token;
        paged.extend(numbers(answer));
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, wanted);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_district_finds_nothing_and_shares_no_token() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    let there = registration(&bench, &clerk_of_b())
        .register_visit(a_visit())
        .await
        .unwrap()
        .into_inner()
        .registered
        .unwrap();
    assert_eq!(found(&bench, &clerk_of_b(), "楼板渗水").await, [there.case_no]);
    assert_eq!(found(&bench, &clerk(), "楼板渗水").await.len(), 1);
    let shared = count(
        &bench,
        "SELECT count(*) FROM search_text a JOIN search_text b
         ON a.district_code = '220502' AND b.district_code = '220503' AND a.tokens && b.tokens",
    )
    .await;
    assert_eq!(shared, 0, "equal texts of two districts have equal tokens");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accusation_is_never_found_and_never_indexed() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let accusation = registered(&bench, an_accusation("冯承办收受开发商好处,对楼板渗水不予处理。")).await;
    assert!(accusation.sealed);
    let supervisor = Person::new("sun", "孙督查").with(Role::Sup);
    let queries = ["冯承办", "测试甲", "楼板渗水", &accusation.case_no[17..23]];
    for person in [clerk(), dispatcher(), supervisor] {
        for query in queries {
            assert!(found(&bench, &person, query).await.is_empty(), "{query} is found");
        }
    }
    assert_eq!(count(&bench, "SELECT count(*) FROM search_text").await, 0);
    // Even when the index says otherwise.
    let district = "220502".parse().unwrap();
    let words = xinqiao_chassis::search::Query::parse("楼板渗水").unwrap();
    let case_id = Uuid::parse_str(&accusation.case_id).unwrap();
    let keys = bench.desk().keys();
    let place: Uuid = sqlx::query_scalar(
        "INSERT INTO search_text (district_code, case_id, ordinal, tokens, body) VALUES ('220502', $1, 1, $2, '')
         RETURNING place",
    )
    .bind(case_id)
    .bind(keys.search_tokens(district, &words.pairs()))
    .fetch_one(bench.pool())
    .await
    .unwrap();
    let body = SealContext::new(district, "search_text", "body", place);
    sqlx::query("UPDATE search_text SET body = $1")
        .bind(keys.seal_text(&body, "楼板渗水"))
        .execute(bench.pool())
        .await
        .unwrap();
    assert!(found(&bench, &clerk(), "楼板渗水").await.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_and_leaders_do_not_search_and_are_told_the_same_of_everything() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, an_accusation("冯承办收受开发商好处,不予处理。")).await;
    registered(&bench, a_visit()).await;
    assert_eq!(found(&bench, &clerk(), "楼板渗水").await.len(), 1);
    let unit = Uuid::from_u128(7);
    let people = [
        Person::new("zhao", "赵承办").with(Role::Unt).in_unit(unit),
        Person::new("qian", "钱局长").with(Role::Unh).in_unit(unit),
        Person::new("zhang", "张副区长").with(Role::Ldr),
    ];
    for person in &people {
        let mut told = Vec::new();
        for query in ["冯承办", "楼板渗水", "没有这样的词"] {
            let refused = ask(&bench, person, about(query)).await.unwrap_err();
            assert_eq!(
                why(&refused),
                (Code::PermissionDenied, "ROLE_NOT_ALLOWED".to_owned())
            );
            told.push((refused.message().to_owned(), refused.details().to_vec()));
        }
        told.dedup();
        assert_eq!(told.len(), 1);
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archivist_finds_only_what_he_may_read() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    let archivist = Person::new("chen", "陈归档").with(Role::Arc);
    assert_eq!(found(&bench, &clerk(), "楼板渗水").await.len(), 1);
    assert!(found(&bench, &archivist, "楼板渗水").await.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_leaves_an_audit_row_that_does_not_show_its_words() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    let before = count(&bench, "SELECT count(*) FROM audit").await;
    ask(&bench, &clerk(), about("楼板渗水")).await.unwrap();
    let (object, canonical): (String, Vec<u8>) =
        sqlx::query_as("SELECT object, canonical FROM audit ORDER BY seq DESC LIMIT 1")
            .fetch_one(bench.pool())
            .await
            .unwrap();
    assert_eq!(count(&bench, "SELECT count(*) FROM audit").await, before + 1);
    assert_eq!(object, "district:220502");
    let says = |text: &str| canonical.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(says("person:li") && says("submission.text"));
    assert!(!says("楼板") && !says("渗水"));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_cannot_be_answered_says_why() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let wrong = [
        ("", "REQUIRED"),
        ("，。", "REQUIRED"),
        ("水", "ONE_CHARACTER"),
        ("楼板 水", "ONE_CHARACTER"),
        (&"水".repeat(51), "TOO_LONG"),
    ];
    for (query, reason) in wrong {
        let refused = ask(&bench, &clerk(), about(query)).await.unwrap_err();
        assert_eq!(wrong_fields(&refused), ["query"], "{query}");
        assert!(format!("{refused:?}").contains(reason), "{query}: {refused:?}");
    }
    let page = Some(PageRequest {
        page_size: 51,
        page_token: String::new(),
    });
    let request = SearchCasesRequest {
        page,
        states: vec![13],
        ..about("水")
    };
    let refused = ask(&bench, &clerk(), request).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["page.page_size", "states[0]", "query"]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_common_word_the_newest_are_read_and_the_answer_says_that_there_are_more() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_SEARCH_TEXTS_MAX", "50")
        .start()
        .await;
    let mut last = String::new();
    for _ in 0..51 {
        last = registered(&bench, a_visit()).await.case_no;
    }
    let answer = answered(&bench, &clerk(), "楼板渗水").await;
    assert_eq!((answer.headers.len(), answer.more_than), (50, 50));
    assert_eq!(answer.headers[0].case_no, last);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_another_key_or_scheme_are_made_anew() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    assert_eq!(found(&bench, &clerk(), "楼板渗水").await, [case.case_no.as_str()]);
    // As another key leaves them: other tokens, and another scheme in the progress.
    sqlx::query("UPDATE search_text SET tokens = '{1,2,3}'")
        .execute(bench.pool())
        .await
        .unwrap();
    assert!(found(&bench, &clerk(), "楼板渗水").await.is_empty());
    sqlx::query("UPDATE search_progress SET scheme = scheme + 1")
        .execute(bench.pool())
        .await
        .unwrap();
    assert_eq!(found(&bench, &clerk(), "楼板渗水").await, [case.case_no]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_behind_row_level_security_goes_by_the_index() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    for sql in [
        "INSERT INTO search_text SELECT '220502', gen_random_uuid(), 1, ARRAY[n, n + 100000, n + 200000], ''
         FROM generate_series(1, 20000) AS n",
        "ANALYZE search_text",
    ] {
        sqlx::query(sql).execute(bench.pool()).await.unwrap();
    }
    let district = "220502".parse().unwrap();
    let mut tx = bench.desk().database().begin(district).await.unwrap();
    sqlx::query("SET LOCAL app.search = '{7,100007}'")
        .execute(tx.conn())
        .await
        .unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT case_id FROM search_text WHERE district_code = '220502' ORDER BY case_id DESC LIMIT 10",
    )
    .fetch_all(tx.conn())
    .await
    .unwrap();
    tx.rollback().await.unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("Bitmap Index Scan on search_text_tokens"), "{plan}");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_searchable_yet_is_counted_in_the_answer() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut hindrance = bench.pool().begin().await.unwrap();
    // The job cannot commit meanwhile; reading goes on.
    sqlx::query("LOCK TABLE search_progress IN EXCLUSIVE MODE")
        .execute(&mut *hindrance)
        .await
        .unwrap();
    let case = registered(&bench, a_visit()).await;
    let answer = ask(&bench, &clerk(), about("楼板渗水")).await.unwrap();
    assert_eq!((answer.headers.len(), answer.waiting), (0, 1));
    hindrance.rollback().await.unwrap();
    assert_eq!(found(&bench, &clerk(), "楼板渗水").await, [case.case_no]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_takes_too_long_is_ended_and_says_what_to_do() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_SEARCH_STATEMENT_MS", "50")
        .start()
        .await;
    let mut hindrance = bench.pool().begin().await.unwrap();
    sqlx::query("LOCK TABLE search_text IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *hindrance)
        .await
        .unwrap();
    let refused = ask(&bench, &clerk(), about("楼板渗水")).await.unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::ResourceExhausted, "SEARCH_TOO_BROAD".to_owned())
    );
    hindrance.rollback().await.unwrap();
    assert!(ask(&bench, &clerk(), about("楼板渗水")).await.is_ok());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_does_not_open_keeps_no_other_from_being_found() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut hindrance = bench.pool().begin().await.unwrap();
    // The job cannot commit meanwhile.
    sqlx::query("LOCK TABLE search_progress IN EXCLUSIVE MODE")
        .execute(&mut *hindrance)
        .await
        .unwrap();
    let before = registered(&bench, a_visit()).await;
    let broken = registered(&bench, a_visit()).await;
    let after = registered(&bench, a_visit()).await;
    sqlx::query(
        "UPDATE document SET content = content || '\\x00' WHERE form = 'ORIGINAL' AND case_id = $1::text::uuid",
    )
    .bind(&broken.case_id)
    .execute(bench.pool())
    .await
    .unwrap();
    hindrance.rollback().await.unwrap();
    assert_eq!(
        found(&bench, &clerk(), "楼板渗水").await,
        [after.case_no, before.case_no]
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_opens_in_the_row_of_its_own_submission_only() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    assert_eq!(found(&bench, &clerk(), "楼板渗水").await.len(), 1);
    sqlx::query(
        "INSERT INTO search_text (district_code, case_id, ordinal, tokens, body)
         SELECT district_code, case_id, 2, tokens, body FROM search_text",
    )
    .execute(bench.pool())
    .await
    .unwrap();
    let refused = ask(&bench, &clerk(), about("楼板渗水")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    bench.finish().await;
}
