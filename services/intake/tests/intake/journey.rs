//! A visit from the counter to its release, with the dates the law gives it.

use uuid::Uuid;
use xinqiao_chassis::document;
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Bench, Foreign};
use xinqiao_proto::common::LegalTerm;
use xinqiao_proto::event::{
    Branch, CaseRegistered, CaseReleased, CaseVoided, LegalRoute, ReceptionFinalised, ReceptionHeld,
};
use xinqiao_proto::intake::{
    CaseState, DivertCaseRequest, Holder, ProposeVoidRequest, RegisterLetterRequest, RegisterVisitRequest,
    Registered, ReleaseCaseRequest, VoidCaseRequest, VoidReason,
};

use crate::people::*;

fn dates(term: &LegalTerm) -> [&str; 3] {
    [&term.due_raw, &term.due_eff, &term.due_safe]
}

const ROUTE_31_6: i32 = LegalRoute::LegalRoute316 as i32;

fn release(case_id: &str, version: u64) -> ReleaseCaseRequest {
    ReleaseCaseRequest {
        request_id: fresh(),
        case_id: case_id.to_owned(),
        version,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_gets_number_receipt_documents_and_the_fifteen_days() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T09:12:00+08:00")
        .start()
        .await;
    let day = reception_day(&bench).await;
    let case = registered(
        &bench,
        RegisterVisitRequest {
            reception_day_id: day.clone(),
            ..a_visit()
        },
    )
    .await;
    assert!(
        case.case_no.starts_with("XF-220502-2026-2-000001-"),
        "{}",
        case.case_no
    );
    assert_eq!(case.submission_no, format!("{}/S01", case.case_no));
    assert_eq!(case.query_code.chars().count(), 10);
    assert_eq!(case.state(), CaseState::Registered);
    assert_eq!(
        dates(case.k1.as_ref().unwrap()),
        ["2026-03-18", "2026-03-18", "2026-03-18"]
    );
    let items: Vec<_> = case
        .documents
        .iter()
        .map(|one| (one.form.as_str(), one.archive_item.as_str()))
        .collect();
    assert_eq!(items, [("D01", "02"), ("ORIGINAL", "03")]);

    let event: CaseRegistered = bench.event("case.registered").await;
    assert_eq!(
        (event.documents, event.leader_received, event.reception_day_id),
        (case.documents.clone(), true, day)
    );
    assert_eq!((event.ledger_salt.len(), event.ledger_commitment.len()), (32, 32));
    let event_id = bench.published().await[0].event_id;
    let (keys, district) = (bench.desk().keys(), "220502".parse().unwrap());
    let title = keys.open_field(district, event_id, "title", &event.title.unwrap());
    assert_eq!(title.unwrap(), submission().title);
    // Who may book for the case: his numbers as blind indexes, and not in clear even so.
    let persons = keys.open_field(district, event_id, "persons", &event.persons.unwrap());
    let index = |field, value| hex::encode(keys.blind_index(district, field, value));
    assert_eq!(
        persons.unwrap(),
        [
            index("id_no", "11010519491231002X"),
            index("mobile", "19900000001")
        ]
        .join(",")
    );

    for (document, words) in case.documents.iter().zip([&case.case_no, &submission().content]) {
        let id = Uuid::parse_str(&document.document_id).unwrap();
        let mut tx = bench
            .desk()
            .database()
            .begin("220502".parse().unwrap())
            .await
            .unwrap();
        let district = tx.district();
        let opened = document::load(tx.conn(), bench.desk().keys(), district, id)
            .await
            .unwrap()
            .unwrap();
        assert!(
            String::from_utf8(opened).unwrap().contains(words.as_str()),
            "{}",
            document.form
        );
        tx.rollback().await.unwrap();
    }
    bench.finish().await;
}

/// A leader-received visit on its way to release.
struct Received {
    case: Registered,
    day: String,
    reception: String,
    leader: String,
}

impl Received {
    async fn register(bench: &Bench) -> Self {
        let day = reception_day(bench).await;
        let visit = RegisterVisitRequest {
            reception_day_id: day.clone(),
            ..a_visit()
        };
        let case = registered(bench, visit).await;
        Self {
            case,
            day,
            reception: new_id().to_string(),
            leader: new_id().to_string(),
        }
    }

    async fn held(&self, bench: &Bench) {
        let body = ReceptionHeld {
            reception_id: self.reception.clone(),
            reception_day_id: self.day.clone(),
            ..ReceptionHeld::default()
        };
        bench
            .arrives(Foreign::new(
                "scheduling",
                "reception.held",
                entity(&self.case),
                &body,
            ))
            .await;
    }

    async fn finalised(&self, bench: &Bench) {
        let body = ReceptionFinalised {
            reception_id: self.reception.clone(),
            reception_day_id: self.day.clone(),
            leader_id: self.leader.clone(),
            branch: Branch::AReasonable.into(),
            ..ReceptionFinalised::default()
        };
        bench
            .arrives(Foreign::new(
                "scheduling",
                "reception.finalised",
                entity(&self.case),
                &body,
            ))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_received_visit_waits_for_its_finalised_record() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let received = Received::register(&bench).await;
    let case = &received.case;
    let mut desk = triage(&bench, &dispatcher());
    let triaged = desk
        .triage_case(a_sheet(&case.case_id, case.version))
        .await
        .unwrap()
        .into_inner();
    let refused = desk
        .release_case(release(&case.case_id, triaged.version))
        .await
        .unwrap_err();
    assert_eq!(
        why(&refused),
        (tonic::Code::FailedPrecondition, "NOT_YET_HERE".to_owned())
    );
    received.held(&bench).await;
    let refused = desk
        .release_case(release(&case.case_id, triaged.version))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "NOT_YET_HERE", "{}", refused.message());
    received.finalised(&bench).await;
    desk.release_case(release(&case.case_id, triaged.version))
        .await
        .unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_binds_the_leader_and_passes_the_hold() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let received = Received::register(&bench).await;
    let case = &received.case;
    received.held(&bench).await;
    received.finalised(&bench).await;
    let mut desk = triage(&bench, &dispatcher());
    let triaged = desk
        .triage_case(a_sheet(&case.case_id, case.version))
        .await
        .unwrap()
        .into_inner();
    let released = desk
        .release_case(release(&case.case_id, triaged.version))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (released.state(), released.holder()),
        (CaseState::Registered, Holder::Assignment)
    );
    assert_eq!(released.document.unwrap().archive_item, "07");

    let event: CaseReleased = bench.event("case.released").await;
    assert_eq!(
        (event.responsible_leader_id, event.request_count),
        (received.leader.clone(), 2)
    );
    assert_eq!(
        (event.reception_id, event.legal_route),
        (received.reception.clone(), ROUTE_31_6)
    );
    let refused = desk
        .triage_case(a_sheet(&case.case_id, released.version))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "WRONG_HOLDER");
    assert_eq!(
        seen(&bench, &case.case_id).await.responsible_leader_id,
        received.leader
    );

    let entries = timeline(&bench, &clerk(), &case.case_id).await.unwrap().entries;
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "case.registered",
            "reception.held",
            "reception.finalised",
            "case.released"
        ]
    );
    assert_eq!(
        (entries[0].actor.as_str(), entries[3].service.as_str()),
        ("person:li", "intake")
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_before_spring_festival_gets_its_three_dates() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-02-04T09:00:00+08:00")
        .start()
        .await;
    let letter = RegisterLetterRequest {
        request_id: fresh(),
        submission: Some(xinqiao_proto::intake::SubmissionInput {
            oral: false,
            oral_readback: false,
            ..submission()
        }),
        postmark_on: "2026-02-01".to_owned(),
        received_on: "2026-02-03".to_owned(),
        scan_reference: "2026-信-0012".to_owned(),
        ..RegisterLetterRequest::default()
    };
    let answer = registration(&bench, &clerk())
        .register_letter(letter.clone())
        .await
        .unwrap()
        .into_inner();
    let case = answer.registered.unwrap();
    assert!(case.case_no.starts_with("XF-220502-2026-1-000001-"));
    assert_eq!(
        dates(case.k1.as_ref().unwrap()),
        ["2026-02-18", "2026-02-24", "2026-02-14"]
    );
    let again = registration(&bench, &clerk())
        .register_letter(letter)
        .await
        .unwrap();
    assert_eq!(again.metadata().get("xinqiao-replayed").unwrap(), "true");
    assert_eq!(again.into_inner().registered.unwrap(), case);
    let view = seen(&bench, &case.case_id).await;
    assert_eq!(view.submissions[0].postmark_on, "2026-02-01");
    assert_eq!(view.submissions[0].content, submission().content);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statutory_matter_is_diverted_with_its_notice() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-05-19T09:00:00+08:00")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    let mut desk = triage(&bench, &dispatcher());
    let divert = |route: LegalRoute, version| DivertCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
        legal_route: route.into(),
        addressee: "区劳动人事争议仲裁委员会".to_owned(),
        time_limit: "自知道权利被侵害之日起一年内".to_owned(),
        reasons: "拖欠工资争议应先申请劳动仲裁".to_owned(),
    };
    let refused = desk
        .divert_case(divert(LegalRoute::LegalRoute316, case.version))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["legal_route"]);
    let sheet = xinqiao_proto::intake::TriageCaseRequest {
        legal_route: LegalRoute::LegalRoute312.into(),
        ..a_sheet(&case.case_id, case.version)
    };
    let triaged = desk.triage_case(sheet).await.unwrap().into_inner();
    let refused = desk
        .release_case(release(&case.case_id, triaged.version))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "ROUTE_NEEDS_DIVERSION");
    let diverted = desk
        .divert_case(divert(LegalRoute::LegalRoute312, triaged.version))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(diverted.state(), CaseState::Diverted);
    assert_eq!(diverted.document.unwrap().form, "D05");
    assert_eq!(diverted.k23.unwrap().due_eff, "2026-06-02");
    let refused = desk
        .divert_case(divert(LegalRoute::LegalRoute312, diverted.version))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "WRONG_STATE");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_takes_two_persons_and_keeps_the_number() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let mut head = triage(&bench, &dispatcher());
    let void = |version| VoidCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
    };
    let refused = head.void_case(void(case.version)).await.unwrap_err();
    assert_eq!(why(&refused).1, "NOT_PROPOSED");
    let propose = |version| ProposeVoidRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
        reason: VoidReason::EnteredTwice.into(),
        explanation: "同一来访重复录入".to_owned(),
        petitioner_told: 0,
    };
    let own = head
        .propose_void(propose(case.version))
        .await
        .unwrap()
        .into_inner();
    let refused = head.void_case(void(own.version)).await.unwrap_err();
    assert_eq!(why(&refused).1, "SAME_PERSON");
    let proposed = triage(&bench, &clerk())
        .propose_void(propose(own.version))
        .await
        .unwrap()
        .into_inner();
    let voided = head.void_case(void(proposed.version)).await.unwrap().into_inner();
    assert_eq!(voided.state(), CaseState::Void);
    assert_eq!(
        bench.event::<CaseVoided>("case.voided").await.reason_code,
        "ENTERED_TWICE"
    );
    let next = registered(&bench, a_visit()).await;
    assert!(
        next.case_no.starts_with("XF-220502-2026-2-000002-"),
        "{}",
        next.case_no
    );
    bench.finish().await;
}
