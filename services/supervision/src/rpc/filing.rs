//! T39: filing what never reached a unit, with the proof that its notice was served.

use time::Date;
use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_documents::{
    Day, Form, Moment, document_number,
    forms::{
        handling::{ServiceProof, ServiceResult},
        triage::{DiversionNotice, NoLongerAcceptedNotice, NonAcceptanceNotice, TransferNotice},
    },
    part::ServiceMethod,
};
use xinqiao_kernel::{CaseState, ClockCode};
use xinqiao_proto::{
    event::CaseFiled,
    supervision::{FileCaseRequest, FileCaseResponse, NoticeService},
};

use super::{official, paper, refuse, take};
use crate::{
    domain::{case::Case, clocks::Happening, trigger::Trigger},
    events::{casefile, wire},
    store::{self, services::NewService},
};

/// How, when and by what proof a notice was served.
struct Service {
    method: ServiceMethod,
    served_on: Date,
    proof: String,
}

/// T39
pub(super) async fn file_case(act: &mut Act, query: FileCaseRequest) -> Result<FileCaseResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    let service = read_service(&mut fields, &query, act.today());
    fields.finish()?;
    let service = service.expect("invariant: nothing was wrong");
    let mut file = take(act, case_id, query.version, Case::require_fileable).await?;
    served_after_notice(&file.case, service.served_on)?;

    let proof = document(act, &file.case, &service);
    let to_leader_review = file.case.leader_received;
    let (trigger, code) = if to_leader_review {
        (Trigger::FiledForReview, ClockCode::K11)
    } else {
        (Trigger::FiledForArchive, ClockCode::K15)
    };
    let changes = file.happen(act, &Happening::now(trigger, act.now()));
    let clock = file.running(code)?;
    let term = Some(wire::legal_term(clock));
    let due = clock.due.eff.to_string();
    // The paper before the act: who holds the case next finds the proof there.
    let document = paper(act, &file, &proof).await?;
    let body = CaseFiled {
        to_leader_review,
        k11: term.clone().filter(|_| to_leader_review),
        k15: term.filter(|_| !to_leader_review),
        notice_served_on: service.served_on.to_string(),
    };
    act.publish("case.filed", file.entity(), &body);
    keep(act, &file.case, &service).await?;
    file.keep(act, &changes).await?;
    file.save(act).await?;
    Ok(FileCaseResponse {
        version: file.case.version,
        state: file.case.state.code().to_owned(),
        due,
        document: Some(document),
    })
}

fn read_service(fields: &mut Fields, query: &FileCaseRequest, today: Date) -> Option<Service> {
    let method = fields
        .choice::<NoticeService>("notice_service", query.notice_service)
        .and_then(method);
    let served_on = fields.date("notice_served_on", &query.notice_served_on);
    if let Some(served_on) = served_on {
        fields.require(
            "notice_served_on",
            served_on <= today,
            "IN_FUTURE",
            "送达日期尚未到来",
            "the day of service is in the future",
        );
    }
    let proof = fields.text("proof", &query.proof, 2..=1_000);
    Some(Service {
        method: method?,
        served_on: served_on?,
        proof,
    })
}

const fn method(service: NoticeService) -> Option<ServiceMethod> {
    match service {
        NoticeService::Unspecified => None,
        NoticeService::InPerson => Some(ServiceMethod::InPerson),
        NoticeService::RegisteredMail => Some(ServiceMethod::RegisteredMail),
        NoticeService::Online => Some(ServiceMethod::Online),
        NoticeService::Representative => Some(ServiceMethod::Representative),
        NoticeService::LeftWithWitness => Some(ServiceMethod::LeftWithWitness),
    }
}

/// A notice cannot have been served before it was written.
fn served_after_notice(case: &Case, served_on: Date) -> Result<(), Refusal> {
    let mut fields = Fields::new();
    fields.require(
        "notice_served_on",
        case.noticed_on.is_none_or(|noticed| served_on >= noticed),
        "BEFORE_NOTICE",
        "送达日期早于告知书日期",
        "the day of service is before the notice",
    );
    Ok(fields.finish()?)
}

/// D14 送达回证 of the notice that ended the case.
fn document(act: &Act, case: &Case, service: &Service) -> ServiceProof {
    match case.state {
        CaseState::Diverted => proof_of::<DiversionNotice>(act, case, service),
        CaseState::NoLongerAccepted => proof_of::<NoLongerAcceptedNotice>(act, case, service),
        CaseState::TransferredOut => proof_of::<TransferNotice>(act, case, service),
        _ => proof_of::<NonAcceptanceNotice>(act, case, service),
    }
}

fn proof_of<D: Form>(act: &Act, case: &Case, service: &Service) -> ServiceProof {
    ServiceProof {
        case_no: case.number,
        served_form: D::CODE.to_owned(),
        served_title: D::TITLE_ZH.to_owned(),
        served_document_no: document_number::<D>(case.number, 1),
        served_item: D::ARCHIVE_ITEM,
        unit: act.district_file().office.name_zh.clone(),
        method: service.method,
        served_on: Day(service.served_on),
        proof: service.proof.clone(),
        // Left before a witness because it was not accepted; served all the same.
        result: if service.method == ServiceMethod::LeftWithWitness {
            ServiceResult::Refused
        } else {
            ServiceResult::Served
        },
        served_by: official(act),
        recorded_at: Moment(act.now()),
    }
}

async fn keep(act: &mut Act, case: &Case, service: &Service) -> Result<(), Refusal> {
    let row = NewService {
        case_id: case.id,
        method: service.method.code(),
        served_on: service.served_on,
        proof: act.seal("notice_service", "proof", case.id, &service.proof),
    };
    let stamp = casefile::stamp(act);
    store::services::insert(act.conn(), &stamp, &row).await?;
    Ok(())
}
