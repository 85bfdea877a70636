//! Of a case everybody is shown what the permission matrix gives him (§5.2).

use uuid::Uuid;
use xinqiao_chassis::{identity::Role, testing::Person};
use xinqiao_proto::supervision::GetCaseSupervisionRequest;

use super::signature::{ready, sign};

#[tokio::test(flavor = "multi_thread")]
async fn opinions_inspections_and_the_signature_are_shown_to_who_may_read_them() {
    let stage = ready().await;
    sign(&stage, "").await.unwrap();
    let unit: Uuid = sqlx::query_scalar("SELECT unit_ids[1] FROM supervised_case")
        .fetch_one(stage.bench.pool())
        .await
        .unwrap();
    let of_unit = |role| Person::new("zhao", "赵承办").with(role).in_unit(unit);
    let plain = |role| Person::new("sun", "孙某").with(role);
    let aide = plain(Role::Lda).leader(stage.leader_id);
    for (who, wanted) in [
        (plain(Role::Sup), (true, true, true)),
        (plain(Role::Arc), (true, true, true)),
        (stage.leader.clone(), (true, true, true)),
        (stage.head.clone(), (true, true, false)),
        // He records opinions.
        (stage.clerk.clone(), (true, false, false)),
        (aide, (false, false, false)),
        (of_unit(Role::Unt), (false, false, false)),
        (of_unit(Role::Unh), (false, false, false)),
    ] {
        let request = GetCaseSupervisionRequest {
            case_id: stage.case_id(),
        };
        let seen = stage.cases(&who).get_case_supervision(request).await.unwrap();
        let seen = seen.into_inner();
        let shown = (
            !seen.opinions.is_empty(),
            seen.inspections > 0,
            seen.signed_at.is_some(),
        );
        assert_eq!(shown, wanted, "{who:?}");
    }
    stage.bench.finish().await;
}
