//! The ordinary counter of the hall under load: many visits, and the register they end up in.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use tonic::Status;
use xinqiao_kernel::CaseNumber;
use xinqiao_local::clients::Desk;
use xinqiao_local::journey::{patience::patiently, script::Script};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_proto::common::PageRequest;
use xinqiao_proto::event::{LegalRoute, Purpose};
use xinqiao_proto::intake::{
    CaseHeader, IdType, ListRegisterRequest, PetitionerInput, PetitionerKind, PreferredChannel,
    RegisterVisitRequest, Registered, SubmissionInput, TriageCaseRequest,
};

/// Rows of one page: the most a service gives.
const PAGE: u32 = 200;

/// A visit without appointment, received now.
pub fn visit(script: &Script) -> RegisterVisitRequest {
    let petitioner = PetitionerInput {
        kind: PetitionerKind::Person.into(),
        name: script.petitioner_name.clone(),
        id_type: IdType::ResidentId.into(),
        id_no: script.id_no.clone(),
        mobile: script.mobile.clone(),
        addr_detail: script.address.clone(),
        preferred_channel: PreferredChannel::Person.into(),
        ..PetitionerInput::default()
    };
    RegisterVisitRequest {
        request_id: xinqiao_chassis::random::new_id().to_string(),
        submission: Some(SubmissionInput {
            petitioners: vec![petitioner],
            visit_count: 1,
            affected_count: 1,
            title: script.title.clone(),
            content: script.content.clone(),
            requests: vec![script.request.clone()],
            purpose: Purpose::Appeal.into(),
            ..SubmissionInput::default()
        }),
        ..RegisterVisitRequest::default()
    }
}

/// Sends a visit once.
pub async fn register(clerk: &Desk, visit: RegisterVisitRequest) -> Result<Registered, Status> {
    let answer = clerk.registration().register_visit(visit).await?.into_inner();
    answer
        .registered
        .ok_or_else(|| Status::data_loss("the registration came back empty"))
}

/// The whole register of the clerk's district.
pub async fn whole_register(clerk: &Desk) -> Result<Vec<CaseHeader>> {
    let mut headers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListRegisterRequest {
            page: Some(PageRequest {
                page_size: PAGE,
                page_token,
            }),
            ..ListRegisterRequest::default()
        };
        let page = patiently(
            "read the register",
            async || Ok(request.clone()),
            async |request| clerk.cases().list_register(request).await,
        )
        .await?;
        headers.extend(page.headers);
        page_token = page.page.unwrap_or_default().next_page_token;
        if page_token.is_empty() {
            return Ok(headers);
        }
    }
}

/// Fails unless the numbers of the register are 1, 2, 3 … with none missing and none twice.
pub fn must_have_no_gaps(register: &[CaseHeader]) -> Result<()> {
    let mut sequences = BTreeSet::new();
    for header in register {
        let number: CaseNumber = header
            .case_no
            .parse()
            .with_context(|| format!("{} is no case number", header.case_no))?;
        ensure!(
            sequences.insert(number.sequence()),
            "{} was given twice",
            header.case_no
        );
    }
    let missing: Vec<u32> = (1..)
        .take(register.len())
        .filter(|sequence| !sequences.contains(sequence))
        .collect();
    ensure!(missing.is_empty(), "numbers are missing: {missing:?}");
    Ok(())
}

/// A triage sheet for the version that the registration answered.
pub fn sheet(case: &Registered, summary: &str) -> TriageCaseRequest {
    TriageCaseRequest {
        request_id: xinqiao_chassis::random::new_id().to_string(),
        case_id: case.case_id.clone(),
        version: case.version,
        purpose: Purpose::Appeal.into(),
        legal_route: LegalRoute::LegalRoute316.into(),
        content_code: "030100".to_owned(),
        problem_loc_code: DISTRICT_A.to_owned(),
        problem_town_code: format!("{DISTRICT_A}100"),
        field_code: "03".to_owned(),
        summary: summary.to_owned(),
        ..TriageCaseRequest::default()
    }
}
