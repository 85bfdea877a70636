//! Who may call what, and what no event or column may hold in clear.

use sqlx::Row as _;
use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::Person;
use xinqiao_proto::scheduling::{FinaliseReceptionRequest, GenerateRosterRequest, PublishRosterRequest};

use crate::hall::{Hall, booking, fresh, talk};

#[tokio::test(flavor = "multi_thread")]
async fn the_clerk_plans_and_the_head_approves() {
    let hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    hall.leaders().await;
    let plan = || GenerateRosterRequest {
        request_id: fresh(),
        year: 2026,
        leader_ids: Vec::new(),
    };
    let publish = || PublishRosterRequest {
        request_id: fresh(),
        year: 2026,
        reception_day_ids: Vec::new(),
    };
    let by_head = hall
        .roster(&Hall::head())
        .generate_roster(plan())
        .await
        .unwrap_err();
    assert_eq!(by_head.code(), Code::PermissionDenied);
    let by_clerk = hall
        .roster(&Hall::clerk())
        .publish_roster(publish())
        .await
        .unwrap_err();
    assert_eq!(by_clerk.code(), Code::PermissionDenied);
    let unit = Person::new("zhao", "赵承办").with(Role::Unt);
    let by_unit = hall
        .appointments(&unit)
        .book_appointment(booking(("2026-03-10", "09:00", "1"), "", "", ""))
        .await;
    assert_eq!(by_unit.unwrap_err().code(), Code::PermissionDenied);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_numbers_and_texts_stand_in_no_table_in_clear() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    let slot = ("2026-03-10", "09:00", "1");
    let mut clerk = hall.appointments(&Hall::clerk());
    clerk
        .book_appointment(booking(slot, "测试甲", "11010519491231002X", "19900000001"))
        .await
        .unwrap();
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let mut receptions = hall.receptions(&Hall::clerk());
    let recorded = receptions
        .record_reception(talk(case, &day))
        .await
        .unwrap()
        .into_inner();
    let finalise = FinaliseReceptionRequest {
        request_id: fresh(),
        reception_id: recorded.reception_id,
        version: recorded.version,
    };
    receptions.finalise_reception(finalise).await.unwrap();
    let secrets = [
        "测试甲",
        "11010519491231002X",
        "19900000001",
        "漏水",
        "房屋质量",
        "限期维修",
        "修缮",
    ];
    let tables = sqlx::query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    for table in tables.fetch_all(hall.bench.pool()).await.unwrap() {
        let table: String = table.get(0);
        for secret in secrets {
            let text = format!(
                "SELECT count(*) FROM \"{table}\" AS t WHERE t::text LIKE '%{secret}%'
                 OR t::text LIKE '%{}%'",
                hex(secret)
            );
            let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(text))
                .fetch_one(hall.bench.pool())
                .await
                .unwrap();
            assert_eq!(found, 0, "{secret} stands in {table}");
        }
    }
    hall.bench.finish().await;
}

/// As Postgres writes bytes.
fn hex(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}
