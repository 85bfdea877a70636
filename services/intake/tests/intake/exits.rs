//! What ends a case without handling it takes two persons, tells the petitioner, and leaves every other case alone.

use tonic::{Code, Status};
use xinqiao_chassis::testing::{Bench, Foreign, Person};
use xinqiao_proto::event::{
    CaseLinked, CaseNoLongerAccepted, CaseNotAccepted, CaseRemedyChanged, CaseSubmissionAttached,
    CaseTransferredOut, Purpose, Remedy,
};
use xinqiao_proto::intake::exit_service_client::ExitServiceClient;
use xinqiao_proto::intake::get_proposed_exit_response::Exit as Shown;
use xinqiao_proto::intake::propose_exit_request::Exit;
use xinqiao_proto::intake::{
    CaseState, ConfirmExitRequest, ConfirmExitResponse, GetProposedExitRequest, Linked, NoLongerAccepted,
    NotAccepted, NotAcceptedReason, ProposeExitRequest, RegisterVisitRequest, Registered, SubmissionInput,
    TransferredOut,
};

use crate::people::*;

pub(crate) fn exits(bench: &Bench, person: &Person) -> ExitServiceClient<As> {
    ExitServiceClient::new(bench.channel(person))
}

fn not_accepted() -> Exit {
    Exit::NotAccepted(NotAccepted {
        reason: NotAcceptedReason::NotCompetent.into(),
        basis: "《信访工作条例》第二十二条".to_owned(),
        guidance: "请向省级主管部门反映".to_owned(),
    })
}

fn no_longer_accepted(ended: &str) -> Exit {
    Exit::NoLongerAccepted(NoLongerAccepted {
        final_case_id: ended.to_owned(),
        reasons: "事实和理由与已终结事项相同".to_owned(),
        help: "可以向户籍地申请临时救助".to_owned(),
    })
}

fn transferred_out() -> Exit {
    Exit::TransferredOut(TransferredOut {
        addressee: "省住房和城乡建设厅".to_owned(),
        reasons: "属于该机关的职权范围".to_owned(),
    })
}

fn linked(open: &str) -> Exit {
    Exit::Linked(Linked {
        open_case_id: open.to_owned(),
        reasons: "同一信访人就同一房屋渗水再次来访".to_owned(),
    })
}

async fn proposed(bench: &Bench, by: &Person, case: &Registered, exit: Exit) -> Result<u64, Status> {
    let ask = ProposeExitRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: case.version,
        exit: Some(exit),
    };
    let answer = exits(bench, by).propose_exit(ask).await?.into_inner();
    assert_eq!(answer.state(), CaseState::Registered);
    Ok(answer.version)
}

async fn confirmed(
    bench: &Bench,
    by: &Person,
    case: &Registered,
    version: u64,
) -> Result<ConfirmExitResponse, Status> {
    let ask = ConfirmExitRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
    };
    Ok(exits(bench, by).confirm_exit(ask).await?.into_inner())
}

/// Proposed by the clerk, decided by the dispatcher.
async fn ended(bench: &Bench, case: &Registered, exit: Exit) -> ConfirmExitResponse {
    let version = proposed(bench, &clerk(), case, exit).await.unwrap();
    confirmed(bench, &dispatcher(), case, version).await.unwrap()
}

fn forms(answer: &ConfirmExitResponse) -> Vec<&str> {
    answer.documents.iter().map(|one| one.form.as_str()).collect()
}

async fn bench() -> Bench {
    Bench::of(xinqiao_intake::service())
        .at("2026-03-03T10:00:00+08:00")
        .start()
        .await
}

async fn told_final(bench: &Bench, case: &Registered) {
    let body = CaseRemedyChanged {
        remedy: Remedy::Final.into(),
        ..CaseRemedyChanged::default()
    };
    let told = Foreign::new("supervision", "case.remedy_changed", entity(case), &body);
    bench.arrives(told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_is_not_accepted_by_two_persons_with_notice_and_filing_clock() {
    let bench = bench().await;
    let case = registered(&bench, a_visit()).await;
    let version = proposed(&bench, &clerk(), &case, not_accepted()).await.unwrap();
    let ask = GetProposedExitRequest {
        case_id: case.case_id.clone(),
    };
    let shown = exits(&bench, &dispatcher())
        .get_proposed_exit(ask)
        .await
        .unwrap()
        .into_inner();
    let Some(Shown::NotAccepted(found)) = shown.exit else {
        panic!("another end is shown")
    };
    assert_eq!(found.guidance, "请向省级主管部门反映");
    assert_eq!(
        (shown.version, shown.proposed_by_name.as_str()),
        (version, "李登记")
    );

    let refused = confirmed(&bench, &clerk(), &case, version).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "a clerk only prepares");
    let answer = confirmed(&bench, &dispatcher(), &case, version).await.unwrap();
    assert_eq!(answer.state(), CaseState::NotAccepted);
    assert_eq!(forms(&answer), ["D03"]);
    assert_eq!(answer.k23.unwrap().due_eff, "2026-03-17");
    let told: CaseNotAccepted = bench.event("case.not_accepted").await;
    assert_eq!(told.reason_code, "NOT_COMPETENT");
    assert_eq!(told.k23.unwrap().due_eff, "2026-03-17");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_proposed_does_not_decide_and_nobody_decides_what_was_not_proposed() {
    let bench = bench().await;
    let case = registered(&bench, a_visit()).await;
    let refused = confirmed(&bench, &dispatcher(), &case, case.version)
        .await
        .unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::FailedPrecondition, "EXIT_NOT_PROPOSED".to_owned())
    );
    let version = proposed(&bench, &dispatcher(), &case, not_accepted())
        .await
        .unwrap();
    let refused = confirmed(&bench, &dispatcher(), &case, version)
        .await
        .unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::FailedPrecondition, "SAME_PERSON".to_owned())
    );
    let refused = confirmed(&bench, &second_dispatcher(), &case, version - 1)
        .await
        .unwrap_err();
    assert_eq!(why(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
    let header = seen(&bench, &case.case_id).await.header.unwrap();
    assert_eq!(header.state(), CaseState::Registered, "nothing has changed");
    confirmed(&bench, &second_dispatcher(), &case, version)
        .await
        .unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_on_the_case_makes_a_proposal_void() {
    let bench = bench().await;
    let case = registered(&bench, a_visit()).await;
    let version = proposed(&bench, &clerk(), &case, not_accepted()).await.unwrap();
    let triaged = triage(&bench, &dispatcher())
        .triage_case(a_sheet(&case.case_id, version))
        .await
        .unwrap()
        .into_inner();
    let refused = confirmed(&bench, &dispatcher(), &case, triaged.version)
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "EXIT_NOT_PROPOSED");
    let ask = GetProposedExitRequest {
        case_id: case.case_id.clone(),
    };
    let refused = exits(&bench, &clerk()).get_proposed_exit(ask).await.unwrap_err();
    assert_eq!(why(&refused).1, "EXIT_NOT_PROPOSED");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_tells_the_petitioner_where_his_matter_has_gone() {
    let bench = bench().await;
    let case = registered(&bench, a_visit()).await;
    let answer = ended(&bench, &case, transferred_out()).await;
    assert_eq!(answer.state(), CaseState::TransferredOut);
    assert_eq!(forms(&answer), ["D06", "TRANSFER_NOTICE"]);
    let told: CaseTransferredOut = bench.event("case.transferred_out").await;
    assert!(!told.sealed);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_ends_only_after_the_last_remedy_of_the_same_matter() {
    let bench = bench().await;
    let (old, new) = (
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
    );
    let refused = proposed(&bench, &clerk(), &new, no_longer_accepted(&old.case_id))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "TARGET_NOT_FINAL");
    told_final(&bench, &old).await;
    let answer = ended(&bench, &new, no_longer_accepted(&old.case_id)).await;
    assert_eq!(answer.state(), CaseState::NoLongerAccepted);
    assert_eq!(forms(&answer), ["D04"]);
    let told: CaseNoLongerAccepted = bench.event("case.no_longer_accepted").await;
    assert_eq!(told.final_case_id, old.case_id);
    assert!(told.k23.is_some());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_joined_to_the_open_case_whose_clocks_stay() {
    let bench = bench().await;
    let open = registered(&bench, a_visit()).await;
    bench.pass(time::Duration::days(3));
    let repeat = registered(&bench, a_visit()).await;
    let before = seen(&bench, &open.case_id).await.header.unwrap();
    let answer = ended(&bench, &repeat, linked(&open.case_id)).await;
    assert_eq!((answer.state(), answer.k23), (CaseState::Linked, None));
    let forms: Vec<_> = answer.documents.iter().map(|one| one.form.as_str()).collect();
    assert_eq!(forms, ["LINK_NOTICE"]);

    let told: CaseLinked = bench.event("case.linked").await;
    assert_eq!(
        (told.open_case_id, told.open_case_no),
        (open.case_id.clone(), open.case_no.clone())
    );
    let told: CaseSubmissionAttached = bench.event("case.submission_attached").await;
    assert_eq!(told.submission_no, format!("{}/S02", open.case_no));

    let joined = seen(&bench, &repeat.case_id).await;
    assert_eq!(joined.linked_to.unwrap().case_no, open.case_no);
    let kept = seen(&bench, &open.case_id).await;
    let numbers: Vec<_> = kept.linked_from.iter().map(|one| one.case_no.as_str()).collect();
    assert_eq!(numbers, [repeat.case_no.as_str()]);
    let submissions: Vec<_> = kept
        .submissions
        .iter()
        .map(|one| {
            (
                one.submission_no.as_str(),
                one.petitioners[0].name_masked.as_str(),
            )
        })
        .collect();
    let second = format!("{}/S02", open.case_no);
    assert_eq!(
        submissions,
        [(open.submission_no.as_str(), "测**"), (second.as_str(), "测**")]
    );
    assert_eq!(kept.header.unwrap(), before, "the open case goes on as it was");
    let line = timeline(&bench, &clerk(), &open.case_id).await.unwrap();
    let kinds: Vec<_> = line.entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["case.registered", "case.submission_attached"]);

    // A joined case is at its end: nothing is joined to it, and it takes no act.
    let third = registered(&bench, a_visit()).await;
    let refused = proposed(&bench, &clerk(), &third, linked(&repeat.case_id))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "TARGET_NOT_OPEN");
    let refused = proposed(&bench, &clerk(), &third, linked(&third.case_id))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "TARGET_NOT_OPEN");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_case_must_be_one_that_the_caller_may_know_of() {
    let bench = bench().await;
    let case = registered(&bench, a_visit()).await;
    let foreign = registration(&bench, &clerk_of_b())
        .register_visit(a_visit())
        .await
        .unwrap()
        .into_inner()
        .registered
        .unwrap();
    let accusation = SubmissionInput {
        purpose: Purpose::Accusation.into(),
        ..submission()
    };
    let sealed = registered(
        &bench,
        RegisterVisitRequest {
            submission: Some(accusation),
            ..a_visit()
        },
    )
    .await;
    for other in [foreign.case_id, sealed.case_id.clone(), fresh()] {
        let refused = proposed(&bench, &clerk(), &case, linked(&other))
            .await
            .unwrap_err();
        assert_eq!(wrong_fields(&refused), ["linked.open_case_id"]);
        let refused = proposed(&bench, &clerk(), &case, no_longer_accepted(&other))
            .await
            .unwrap_err();
        assert_eq!(wrong_fields(&refused), ["no_longer_accepted.final_case_id"]);
    }
    let refused = proposed(&bench, &dispatcher(), &sealed, transferred_out())
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "SEALED");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_of_a_proposal_is_named_at_once() {
    let bench = bench().await;
    let case = registered(&bench, a_visit()).await;
    let wrong = [
        (
            Exit::NotAccepted(NotAccepted::default()),
            vec![
                "not_accepted.reason",
                "not_accepted.basis",
                "not_accepted.guidance",
            ],
        ),
        (
            Exit::NoLongerAccepted(NoLongerAccepted::default()),
            vec![
                "no_longer_accepted.final_case_id",
                "no_longer_accepted.reasons",
                "no_longer_accepted.help",
            ],
        ),
        (
            Exit::TransferredOut(TransferredOut::default()),
            vec!["transferred_out.addressee", "transferred_out.reasons"],
        ),
        (
            Exit::Linked(Linked::default()),
            vec!["linked.open_case_id", "linked.reasons"],
        ),
    ];
    for (exit, expected) in wrong {
        let refused = proposed(&bench, &clerk(), &case, exit).await.unwrap_err();
        assert_eq!(wrong_fields(&refused), expected);
    }
    let nothing = ProposeExitRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: case.version,
        exit: None,
    };
    let refused = exits(&bench, &clerk()).propose_exit(nothing).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["exit"]);
    bench.finish().await;
}
