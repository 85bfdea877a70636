//! What is refused, with a stable reason, and changes nothing.

use tonic::{Code, Status};
use uuid::Uuid;
use xinqiao_proto::{
    assignment::{
        ApproveAccusedUnitRequest, CaseState, ExtendRequest, IssueAcceptanceRequest, IssueOpinionRequest,
        NameInvestigatorsRequest, Notice, SubmitInvestigationReportRequest, notice::How,
    },
    event::{CaseReleased, ClosureOutcome, NotificationRequested, NotificationTemplate, Outcome, Purpose},
};

use crate::world::{
    HOUSING, LABOUR, World, dispatcher, handler, head, investigators, leader, reason, released, report,
    request_id, service, wrong_fields,
};

pub(crate) fn precondition(expected: &str) -> (Code, String) {
    (Code::FailedPrecondition, expected.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_without_its_mandatory_sections_names_them_all_and_changes_nothing() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    world.accept("2026-03-04").await;
    world.name_investigators().await;
    let before = world.file().await;
    let mut incomplete = report();
    incomplete.problem = "  ".to_owned();
    incomplete.resolution_opinion = "维修".to_owned();
    incomplete.evidence.clear();
    incomplete.barred = None;
    let request = SubmitInvestigationReportRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        report: Some(incomplete),
    };
    let refused = world
        .handling(&head())
        .submit_investigation_report(request)
        .await
        .unwrap_err();
    assert_eq!(
        reason(&refused),
        (Code::InvalidArgument, "INVALID_FIELDS".to_owned())
    );
    assert_eq!(
        wrong_fields(&refused),
        [
            "report.problem",
            "report.resolution_opinion",
            "report.evidence",
            "report.barred"
        ]
    );
    assert_eq!(world.file().await, before);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forbidden_lines_say_where_the_case_is_and_what_is_possible() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    let opinion = IssueOpinionRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
    };
    let refused = world.handling(&head()).issue_opinion(opinion).await.unwrap_err();
    assert_eq!(
        reason(&refused),
        precondition("WRONG_STATE"),
        "no opinion before acceptance"
    );
    let metadata = tonic_types::StatusExt::get_error_details(&refused)
        .error_info()
        .unwrap()
        .metadata
        .clone();
    assert_eq!(
        (metadata["state"].as_str(), metadata["possible"].as_str()),
        ("C30", "T10-draft,T10,T11")
    );

    world.accept("2026-03-04").await;
    world.name_investigators().await;
    let closure = world.closure_request(world.version().await, ClosureOutcome::Resolved);
    let refused = world
        .handling(&head())
        .submit_closure_report(closure)
        .await
        .unwrap_err();
    assert_eq!(
        reason(&refused),
        precondition("WRONG_STATE"),
        "no closure report without an opinion"
    );
    assert_eq!(world.standing().await.state(), CaseState::Investigating);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guards_of_opinion_and_closure_hold() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    world.accept("2026-03-04").await;
    world.name_investigators().await;
    world.bench.set_clock("2026-04-10T15:00:00+08:00");
    world.report().await;

    let issue = async |person| -> Status {
        let request = IssueOpinionRequest {
            request_id: request_id(),
            case_id: world.case_id.to_string(),
            version: world.version().await,
        };
        world.handling(&person).issue_opinion(request).await.unwrap_err()
    };
    assert_eq!(reason(&issue(head()).await), precondition("DRAFT_MISSING"));

    world.bench.set_clock("2026-04-20T09:00:00+08:00");
    world.issue_opinion(Outcome::Support).await;
    let version = world.version().await;
    let closure = world.closure_request(version, ClosureOutcome::Resolved);
    let refused = world
        .handling(&head())
        .submit_closure_report(closure)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), precondition("EXECUTION_NEEDED"));
    world.serve_opinion("2026-04-20").await;
    world.execute("2026-05-20").await;
    let mut closure = world.closure_request(world.version().await, ClosureOutcome::Explained);
    closure.execution_evidence.clear();
    let refused = world
        .handling(&head())
        .submit_closure_report(closure)
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["execution_evidence", "outcome"]);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_investigates_does_not_approve_and_the_leader_has_five_working_days() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    world.accept("2026-03-04").await;
    let mut own = investigators();
    own[1].person_id = "qian-juzhang".to_owned();
    let request = NameInvestigatorsRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        investigators: own,
        ..NameInvestigatorsRequest::default()
    };
    world.handling(&head()).name_investigators(request).await.unwrap();
    world.bench.set_clock("2026-04-10T15:00:00+08:00");
    world.report().await;
    let draft = draft(&world).await;
    world.handling(&handler()).draft_opinion(draft).await.unwrap();
    let request = IssueOpinionRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
    };
    let refused = world
        .handling(&head())
        .issue_opinion(request.clone())
        .await
        .unwrap_err();
    assert_eq!(
        reason(&refused),
        (Code::PermissionDenied, "SEPARATION_OF_DUTIES".to_owned())
    );
    let deputy = xinqiao_chassis::testing::Person::new("wu-fujuzhang", "吴副局长")
        .with(xinqiao_chassis::identity::Role::Unh)
        .in_unit(HOUSING);
    let request = IssueOpinionRequest {
        request_id: request_id(),
        ..request
    };
    let refused = world
        .handling(&deputy)
        .issue_opinion(request.clone())
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), precondition("REPORT_NOT_READ"));
    world.bench.set_clock("2026-04-20T08:00:00+08:00");
    let request = IssueOpinionRequest {
        request_id: request_id(),
        ..request
    };
    world.handling(&deputy).issue_opinion(request).await.unwrap();
    world.bench.finish().await;
}

async fn draft(world: &World) -> xinqiao_proto::assignment::DraftOpinionRequest {
    xinqiao_proto::assignment::DraftOpinionRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        facts: "经查,外墙渗水情况属实,施工单位应当负责维修。".to_owned(),
        outcomes: vec![xinqiao_proto::assignment::RequestOutcome {
            request_no: 1,
            outcome: Outcome::Explain.into(),
            reasons: "已超过保修期,向信访人解释。".to_owned(),
            legal_basis: vec![crate::world::clause()],
        }],
        execution_plan: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_and_a_reused_request_id_are_refused() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    let stale = world.assign_request(1);
    let refused = world
        .assignments(&dispatcher())
        .assign_case(stale)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));

    let request = world.assign_request(world.version().await);
    let first = world
        .assignments(&dispatcher())
        .assign_case(request.clone())
        .await
        .unwrap()
        .into_inner();
    let second = world
        .assignments(&dispatcher())
        .assign_case(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second, "the first answer again");
    let mut other = request;
    other.requirements = "另作要求,请按此办理".to_owned();
    let refused = world
        .assignments(&dispatcher())
        .assign_case(other)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    let assigned = world
        .bench
        .published()
        .await
        .iter()
        .filter(|event| event.kind == "case.assigned")
        .count();
    assert_eq!(assigned, 1);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_complained_about_needs_the_leaders_approval_and_never_gets_an_accusation() {
    let world = World::open("2026-03-04T10:00:00+08:00").await;
    world.register().await;
    world.receive().await;
    let complained = CaseReleased {
        complained_unit_ids: vec![HOUSING.to_string()],
        ..released()
    };
    world.release_as(complained.clone()).await;
    let refused = assign(&world).await.unwrap_err();
    assert_eq!(reason(&refused), precondition("APPROVAL_NEEDED"));

    let approve = async |unit: Uuid| {
        let request = ApproveAccusedUnitRequest {
            request_id: request_id(),
            case_id: world.case_id.to_string(),
            version: world.version().await,
            unit_id: unit.to_string(),
            reason: "该局为唯一主管部门,由未参与原决定的人员承办".to_owned(),
        };
        world.assignments(&leader()).approve_accused_unit(request).await
    };
    assert_eq!(
        reason(&approve(LABOUR).await.unwrap_err()),
        precondition("APPROVAL_NOT_NEEDED")
    );
    approve(HOUSING).await.unwrap();
    assign(&world).await.unwrap();
    world.bench.finish().await;

    let world = World::open("2026-03-04T10:00:00+08:00").await;
    world.register().await;
    world.receive().await;
    world
        .release_as(CaseReleased {
            purpose: Purpose::Accusation.into(),
            ..complained
        })
        .await;
    let refused = world
        .assignments(&dispatcher())
        .assign_case(world.assign_request(1))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "SEALED".to_owned()));
    world.bench.finish().await;
}

async fn assign(world: &World) -> Result<(), Status> {
    let request = world.assign_request(world.version().await);
    world
        .assignments(&dispatcher())
        .assign_case(request)
        .await
        .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_names_every_wrong_field() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    let mut request = world.assign_request(world.version().await);
    request.lead_unit_id = "somewhere".to_owned();
    request.requirements = "办".to_owned();
    request.feedback_due = "2026-02-30".to_owned();
    let refused = world
        .assignments(&dispatcher())
        .assign_case(request)
        .await
        .unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["lead_unit_id", "feedback_due", "requirements"]
    );

    let mut request = world.assign_request(world.version().await);
    request.lead_unit_id = LABOUR.to_string();
    request.assist_unit_ids = vec![LABOUR.to_string(), Uuid::from_u128(0x99).to_string()];
    let refused = world
        .assignments(&dispatcher())
        .assign_case(request)
        .await
        .unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["assist_unit_ids[0]", "assist_unit_ids[1]", "lead_unit_reason"]
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_needs_draft_and_service() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    let issue = async |notice| {
        let request = IssueAcceptanceRequest {
            request_id: request_id(),
            case_id: world.case_id.to_string(),
            version: world.version().await,
            notice,
        };
        world
            .handling(&head())
            .issue_acceptance(request)
            .await
            .unwrap_err()
    };
    let served = Some(Notice {
        how: Some(How::Served(service("2026-03-04"))),
    });
    assert_eq!(reason(&issue(served).await), precondition("DRAFT_MISSING"));
    world
        .handling(&handler())
        .draft_acceptance(xinqiao_proto::assignment::DraftAcceptanceRequest {
            request_id: request_id(),
            case_id: world.case_id.to_string(),
            version: world.version().await,
            text: "您反映的事项已依法受理。".to_owned(),
            contact: "赵承办".to_owned(),
        })
        .await
        .unwrap();
    assert_eq!(wrong_fields(&issue(None).await), ["notice"]);
    let future = Some(Notice {
        how: Some(How::Served(service("2026-03-05"))),
    });
    assert_eq!(wrong_fields(&issue(future).await), ["notice.served.served_on"]);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_is_granted_once_and_in_time() {
    let world = World::with_released_case("2025-12-12T10:00:00+08:00").await;
    let mut request = world.assign_request(world.version().await);
    request.feedback_due = "2026-03-31".to_owned();
    world
        .assignments(&dispatcher())
        .assign_case(request)
        .await
        .unwrap();
    world.bench.set_clock("2025-12-19T10:00:00+08:00");
    world.accept("2025-12-19").await;
    world.name_investigators().await;

    let extend = async |days| {
        let request = ExtendRequest {
            request_id: request_id(),
            case_id: world.case_id.to_string(),
            version: world.version().await,
            days,
            reason: "案情复杂,需委托专业机构对房屋质量进行鉴定".to_owned(),
            notice: Some(Notice {
                how: Some(How::Served(service("2026-02-24"))),
            }),
        };
        world.handling(&head()).extend(request).await
    };
    world.bench.set_clock("2026-02-24T10:00:00+08:00");
    assert_eq!(wrong_fields(&extend(31).await.unwrap_err()), ["days"]);
    let extended = extend(10).await.unwrap().into_inner().result.unwrap();
    assert_eq!(crate::world::term(&extended, "K5").due_raw, "2026-02-27");
    assert_eq!(crate::world::forms(&extended), ["D11", "D14"]);
    let told: NotificationRequested = world.bench.event("notification.requested").await;
    assert_eq!(told.template(), NotificationTemplate::Extended);
    assert_eq!(
        reason(&extend(10).await.unwrap_err()),
        precondition("EXTENSION_USED")
    );
    world.bench.finish().await;
}
