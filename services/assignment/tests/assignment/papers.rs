//! Of the papers of a case everybody is shown those that the permission matrix gives him (§5.2).

use xinqiao_chassis::{identity::Role, testing::Person};
use xinqiao_proto::{
    assignment::{
        DraftAcceptanceRequest, DraftOpinionRequest, GetCaseFileResponse, ListOfficeDeskRequest,
        RequestOutcome,
    },
    event::{ClosureOutcome, Outcome},
};

use crate::world::{LABOUR, World, ZHANG, clause, dispatcher, handler, head, leader, reason, request_id};

const AT: &str = "2026-03-04T10:00:00+08:00";

fn supervisor() -> Person {
    Person::new("sun-ducha", "孙督查").with(Role::Sup)
}

fn clerk() -> Person {
    Person::new("li-dengji", "李登记").with(Role::Clk)
}

fn aide() -> Person {
    Person::new("lin-lianluo", "林联络").with(Role::Lda).leader(ZHANG)
}

fn archivist() -> Person {
    Person::new("zhou-dangan", "周档案").with(Role::Arc)
}

/// The file as somebody sees it, and the kinds of its papers.
async fn shown(world: &World, person: &Person) -> (GetCaseFileResponse, Vec<String>) {
    let file = world.file_as(person).await.unwrap();
    let kinds = file.papers.iter().map(|paper| paper.kind.clone()).collect();
    (file, kinds)
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_shown_the_papers_of_his_rows_of_the_matrix() {
    let world = World::with_released_case(AT).await;
    world.assign().await;
    world.accept("2026-03-04").await;
    world.name_investigators().await;
    world.report().await;
    // The leader has let his time to read the report pass.
    world.bench.set_clock("2026-03-12T09:00:00+08:00");
    world.issue_opinion(Outcome::Support).await;
    world.serve_opinion("2026-03-12").await;
    world.execute("2026-06-30").await;
    world.close(ClosureOutcome::Resolved).await;

    let opinion = ["acceptance", "opinion", "opinion_service"];
    let report = ["investigators", "report"];
    let closure = ["execution", "closure"];
    let order = ["assignment"];
    let all = [&order[..], &opinion, &report, &closure].concat();
    for (who, wanted) in [
        (dispatcher(), all.clone()),
        (supervisor(), all.clone()),
        // He instructs the assignment; those of the unit may object to it.
        (leader(), all.clone()),
        (head(), all.clone()),
        (handler(), all.clone()),
        (aide(), [&opinion[..], &report, &closure].concat()),
        (archivist(), [&opinion[..], &report, &closure].concat()),
        (clerk(), Vec::new()),
    ] {
        let (file, mut kinds) = shown(&world, &who).await;
        let mut wanted = wanted;
        kinds.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(kinds, wanted, "{who:?}");
        let reads_report = wanted.contains(&"report");
        assert_eq!(!file.investigators.is_empty(), reads_report, "{who:?}");
        assert!(file.standing.is_some(), "{who:?}");
    }
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_the_lead_units_own() {
    let world = World::with_released_case(AT).await;
    let mut order = world.assign_request(world.version().await);
    order.assist_unit_ids = vec![LABOUR.to_string()];
    world.assignments(&dispatcher()).assign_case(order).await.unwrap();
    let assisting = |role| Person::new("zheng", "郑科长").with(role).in_unit(LABOUR);
    let drafts = async |wanted: &str| {
        for who in [handler(), head()] {
            let (_, kinds) = shown(&world, &who).await;
            assert!(kinds.iter().any(|kind| kind == wanted), "{who:?}: {kinds:?}");
        }
        for who in [
            dispatcher(),
            supervisor(),
            leader(),
            aide(),
            clerk(),
            assisting(Role::Unt),
            assisting(Role::Unh),
        ] {
            let (_, kinds) = shown(&world, &who).await;
            assert!(
                kinds.iter().all(|kind| !kind.ends_with("_draft")),
                "{who:?}: {kinds:?}"
            );
        }
    };
    let draft = DraftAcceptanceRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        text: "您反映的房屋质量问题已依法受理,六十日内答复。".to_owned(),
        contact: "赵承办 0435-3210000".to_owned(),
    };
    world.handling(&handler()).draft_acceptance(draft).await.unwrap();
    drafts("acceptance_draft").await;
    world.accept("2026-03-04").await;
    world.name_investigators().await;
    world.report().await;
    let draft = DraftOpinionRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        facts: "经查,外墙渗水属实,系施工密封缺陷造成,应由施工单位维修。".to_owned(),
        outcomes: vec![RequestOutcome {
            request_no: 1,
            outcome: Outcome::Support.into(),
            reasons: "质量缺陷属保修范围,由施工单位负责。".to_owned(),
            legal_basis: vec![clause()],
        }],
        execution_plan: "六月底前完成外墙维修并验收".to_owned(),
    };
    world.handling(&handler()).draft_opinion(draft).await.unwrap();
    drafts("opinion_draft").await;
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_desk_shows_nothing_to_city_support_and_publicity_and_no_open_case_to_the_archivist() {
    let world = World::with_released_case(AT).await;
    world.assign().await;
    for role in [Role::CityOp, Role::Pro] {
        let both = dispatcher().with(role);
        let refused = world
            .assignments(&both)
            .list_office_desk(ListOfficeDeskRequest::default())
            .await
            .unwrap_err();
        assert_eq!(reason(&refused).1, "NO_CONTENT", "{role}");
    }
    for (who, cases) in [(dispatcher(), 1), (supervisor(), 1), (archivist(), 0)] {
        let desk = world
            .assignments(&who)
            .list_office_desk(ListOfficeDeskRequest::default())
            .await
            .unwrap();
        assert_eq!(desk.into_inner().cases.len(), cases, "{who:?}");
    }
    world.bench.finish().await;
}
