//! AS-01, the part of the hall: the leader receives, the record is finalised.

use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::testing::{Foreign, Person};
use xinqiao_documents::forms::reception::{Instruction, ReceptionRecord};
use xinqiao_kernel::{CaseNumber, ChannelDigit};
use xinqiao_proto::event::{CaseAssigned, CaseReleased, ReceptionFinalised, ReceptionHeld};
use xinqiao_proto::scheduling::{
    Attendee, AttendeePart, FinaliseReceptionRequest, FinaliseReceptionResponse, GetReceptionRequest,
    Integrations, ListOpenRecordsRequest, ReceptionState, RecordReceptionRequest, RecordReceptionResponse,
};

use crate::hall::{HOUSING, Hall, LIU, TOWN, ZHANG, fresh, reason, talk, wrong_fields};

async fn record(
    hall: &Hall,
    request: RecordReceptionRequest,
) -> Result<RecordReceptionResponse, tonic::Status> {
    Ok(hall
        .receptions(&Hall::clerk())
        .record_reception(request)
        .await?
        .into_inner())
}

async fn finalise(
    hall: &Hall,
    person: &Person,
    record: &RecordReceptionResponse,
) -> Result<FinaliseReceptionResponse, tonic::Status> {
    let request = FinaliseReceptionRequest {
        request_id: fresh(),
        reception_id: record.reception_id.clone(),
        version: record.version,
    };
    Ok(hall
        .receptions(person)
        .finalise_reception(request)
        .await?
        .into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_receives_and_the_record_is_finalised_the_next_working_day() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let recorded = record(&hall, talk(case, &day)).await.unwrap();
    assert_eq!(recorded.reception_no, "JF-220502-20260303-001");
    assert_eq!(recorded.k0.as_ref().unwrap().due_eff, "2026-03-04");
    let held: ReceptionHeld = hall.bench.event("reception.held").await;
    assert_eq!(held.leader_id, ZHANG.to_string());
    assert_eq!(held.k0.unwrap().due_raw, "2026-03-04");

    let listed = hall
        .receptions(&Hall::clerk())
        .list_open_records(ListOpenRecordsRequest { page: None })
        .await;
    let listed = listed.unwrap().into_inner().records;
    assert_eq!(
        (listed.len(), listed[0].due.as_str(), listed[0].overdue),
        (1, "2026-03-04", false)
    );

    hall.bench.set_clock("2026-03-04T09:00:00+08:00");
    let done = finalise(&hall, &Hall::clerk(), &recorded).await.unwrap();
    assert_eq!((done.state(), done.within_k0), (ReceptionState::Finalised, true));
    assert_eq!(done.responsible_leader_id, ZHANG.to_string());
    let items: Vec<_> = done
        .documents
        .iter()
        .map(|paper| (paper.form.as_str(), paper.archive_item.as_str()))
        .collect();
    assert_eq!(items, [("D27", "05"), ("D29", "06")]);
    let event: ReceptionFinalised = hall.bench.event("reception.finalised").await;
    assert_eq!(
        (event.lead_unit_id, event.due_hint.as_str()),
        (HOUSING.to_string(), "2026-04-30")
    );
    let created = hall
        .bench
        .published()
        .await
        .iter()
        .filter(|event| event.kind == "document.created")
        .count();
    assert_eq!(created, 2);
    assert_eq!(
        reason(&finalise(&hall, &Hall::clerk(), &recorded).await.unwrap_err()),
        "STALE_VERSION"
    );
    let again = RecordReceptionResponse {
        version: done.version,
        ..recorded
    };
    assert_eq!(
        reason(&finalise(&hall, &Hall::clerk(), &again).await.unwrap_err()),
        "WRONG_STATE"
    );
    papers_hold_the_texts(&hall, &done).await;
    hall.bench.finish().await;
}

async fn papers_hold_the_texts(hall: &Hall, done: &FinaliseReceptionResponse) {
    let desk = hall.bench.desk();
    let mut opened = Vec::new();
    for paper in &done.documents {
        let id: Uuid = paper.document_id.parse().unwrap();
        let mut tx = desk.database().begin("220502".parse().unwrap()).await.unwrap();
        let district = "220502".parse().unwrap();
        let bytes = xinqiao_chassis::document::load(tx.conn(), desk.keys(), district, id)
            .await
            .unwrap()
            .unwrap();
        opened.push(xinqiao_documents::open(&bytes).unwrap());
    }
    let instruction: Instruction = opened.pop().unwrap().into_form().unwrap();
    assert_eq!(instruction.instruction, "请住建局核实后尽快修缮，结果报我。");
    assert_eq!(instruction.lead_unit.unwrap().name, "区住建局");
    let paper: ReceptionRecord = opened.pop().unwrap().into_form().unwrap();
    assert_eq!(paper.demands_own_words, "房子漏水两年了，请帮我解决。");
    assert_eq!(paper.attendees[0].name, "测试甲");
    assert_eq!(paper.integrations.measures.len(), 2);
    assert_eq!(paper.leader.name, "张副区长");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_missing_section_is_named_at_once_and_nothing_is_recorded() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let empty = RecordReceptionRequest {
        request_id: fresh(),
        case_id: case.to_string(),
        reception_day_id: day.reception_day_id.clone(),
        leader_id: HOUSING.to_string(),
        integrations: Some(Integrations {
            lead_unit_id: ZHANG.to_string(),
            ..Integrations::default()
        }),
        ..RecordReceptionRequest::default()
    };
    let refused = record(&hall, empty).await.unwrap_err();
    let expected = [
        "started_at",
        "ended_at",
        "leader_id",
        "staff",
        "attendees",
        "demands_own_words",
        "readback_ok",
        "integrations.solution",
        "integrations.prevention",
        "integrations.difficulty",
        "integrations.policy_ideas",
        "integrations.explanation",
        "integrations.legal_basis",
        "integrations.measures",
        "integrations.lead_unit_id",
        "branch",
    ];
    assert_eq!(wrong_fields(&refused), expected);
    let mut crowd = talk(case, &day);
    let person = Attendee {
        name: "测试甲".to_owned(),
        part: AttendeePart::Representative.into(),
    };
    crowd.attendees = vec![person; 6];
    assert_eq!(
        wrong_fields(&record(&hall, crowd).await.unwrap_err()),
        ["attendees"]
    );
    let end_of_time = prost_types::Timestamp {
        seconds: 253_402_271_999,
        nanos: 0,
    };
    let far = RecordReceptionRequest {
        request_id: "1".to_owned(),
        started_at: Some(end_of_time),
        ended_at: Some(end_of_time),
        ..talk(case, &day)
    };
    assert_eq!(
        wrong_fields(&record(&hall, far).await.unwrap_err()),
        ["request_id", "started_at", "ended_at"]
    );
    let unnumbered = RecordReceptionRequest {
        request_id: String::new(),
        ..talk(case, &day)
    };
    let refused = record(&hall, unnumbered).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["request_id"]);
    let recorded = record(&hall, talk(case, &day)).await.unwrap();
    assert_eq!(
        recorded.reception_no, "JF-220502-20260303-001",
        "a refused record takes no number"
    );
    let twice = record(&hall, talk(case, &day)).await.unwrap_err();
    assert_eq!(
        (twice.code(), reason(&twice)),
        (Code::AlreadyExists, "ALREADY_RECEIVED".to_owned())
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_finalised_after_k0_is_told_to_be_late() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let recorded = record(&hall, talk(case, &day)).await.unwrap();
    hall.bench.set_clock("2026-03-05T00:00:00+08:00");
    let listed = hall
        .receptions(&Hall::clerk())
        .list_open_records(ListOpenRecordsRequest { page: None })
        .await;
    assert!(listed.unwrap().into_inner().records[0].overdue);
    assert!(
        !finalise(&hall, &Hall::clerk(), &recorded)
            .await
            .unwrap()
            .within_k0
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stands_in_becomes_responsible_and_aides_write_for_their_own_leader_only() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let by_liu = RecordReceptionRequest {
        leader_id: LIU.to_string(),
        ..talk(case, &day)
    };
    let aide = Person::new("aide", "联络员").with(Role::Lda).leader(ZHANG);
    let refused = hall
        .receptions(&aide)
        .record_reception(by_liu.clone())
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["leader_id"]);
    let recorded = record(&hall, by_liu).await.unwrap();
    let zhang = Person::new("zhang", "张副区长").with(Role::Ldr).leader(ZHANG);
    assert_eq!(
        finalise(&hall, &zhang, &recorded).await.unwrap_err().code(),
        Code::NotFound
    );
    let liu = Person::new("liu", "刘副区长").with(Role::Ldr).leader(LIU);
    assert_eq!(
        finalise(&hall, &liu, &recorded)
            .await
            .unwrap()
            .responsible_leader_id,
        LIU.to_string()
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_district_and_an_unknown_case_are_the_same_and_units_read_what_is_theirs() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let recorded = record(&hall, talk(case, &day)).await.unwrap();
    let read = |person: Person, id: String| {
        let mut client = hall.receptions(&person);
        async move {
            client
                .get_reception(GetReceptionRequest { reception_id: id })
                .await
        }
    };
    let stranger = Person::new("wu", "吴登记").with(Role::Clk).of("220503");
    let foreign = read(stranger.clone(), recorded.reception_id.clone())
        .await
        .unwrap_err();
    let absent = read(Hall::clerk(), fresh()).await.unwrap_err();
    assert_eq!(
        (foreign.code(), foreign.message()),
        (absent.code(), absent.message())
    );
    assert_eq!(foreign.details(), absent.details());
    let there = hall
        .receptions(&stranger)
        .record_reception(talk(case, &day))
        .await
        .unwrap_err();
    let nowhere = record(&hall, talk(Uuid::from_u128(7), &day)).await.unwrap_err();
    assert_eq!(
        (there.code(), there.details()),
        (nowhere.code(), nowhere.details())
    );

    let unit = Person::new("zhao", "赵承办").with(Role::Unt).in_unit(HOUSING);
    assert_eq!(
        read(unit.clone(), recorded.reception_id.clone())
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    let number = CaseNumber::new("220502".parse().unwrap(), 2026, ChannelDigit::Visit, 1).unwrap();
    let assigned = CaseAssigned {
        lead_unit_id: HOUSING.to_string(),
        ..CaseAssigned::default()
    };
    let event = Foreign::new(
        "assignment",
        "case.assigned",
        Entity::case(case, number),
        &assigned,
    );
    hall.bench.arrives(event).await;
    let shown = read(unit, recorded.reception_id.clone())
        .await
        .unwrap()
        .into_inner()
        .reception
        .unwrap();
    assert_eq!(shown.demands_own_words, "房子漏水两年了，请帮我解决。");
    assert_eq!(shown.integrations.unwrap().assist_unit_ids, [TOWN.to_string()]);
    let other = Person::new("x", "他人").with(Role::Unt).in_unit(TOWN);
    assert_eq!(
        read(other, recorded.reception_id).await.unwrap_err().code(),
        Code::NotFound
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_case_concerns_does_not_finalise_its_record() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let recorded = record(&hall, talk(case, &day)).await.unwrap();
    let number = CaseNumber::new("220502".parse().unwrap(), 2026, ChannelDigit::Visit, 1).unwrap();
    let released = CaseReleased {
        complained_person_marks: vec![hall.bench.mark(case, "li")],
        ..CaseReleased::default()
    };
    let event = Foreign::new("intake", "case.released", Entity::case(case, number), &released);
    hall.bench.arrives(event).await;
    let refused = finalise(&hall, &Hall::clerk(), &recorded).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::PermissionDenied, "RECUSED".to_owned())
    );
    let colleague = Person::new("he", "何登记").with(Role::Clk);
    finalise(&hall, &colleague, &recorded).await.unwrap();
    hall.bench.finish().await;
}
