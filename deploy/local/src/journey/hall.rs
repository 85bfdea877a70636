//! In the reception hall: registration, the talk with the leader, triage and release.

use anyhow::{Context as _, Result};
use time::Duration;
use xinqiao_proto::event::{Branch, LegalRoute, Purpose};
use xinqiao_proto::intake::{
    ComplainedObject, GetCaseRequest, IdType, PetitionerInput, PetitionerKind, PreferredChannel,
    RegisterLetterRequest, RegisterVisitRequest, Registered, ReleaseCaseRequest, SubmissionInput,
    TriageCaseRequest, complained_object, get_case_request,
};
use xinqiao_proto::scheduling::{
    Attendee, AttendeePart, FinaliseReceptionRequest, GetReceptionRequest, Integrations,
    RecordReceptionRequest,
};

use super::patience::patiently;
use super::schedule::Day;
use super::{Journey, Registration, timestamp};

impl Journey<'_> {
    /// The clerk registers the visit (T02a).
    pub async fn register(&mut self) -> Result<()> {
        let request = self.registration_request()?;
        let mut clerk = self.cast.clerk.registration();
        let answer = patiently(
            "register",
            async || Ok(request.clone()),
            async |request| clerk.register_visit(request).await,
        )
        .await?;
        self.remember(answer.registered)
    }

    /// The clerk registers a letter (T02c), which no leader receives.
    pub async fn register_letter(&mut self) -> Result<()> {
        let received_on = self.schedule.date(Day::Reception)?.to_string();
        let request = RegisterLetterRequest {
            request_id: self.request_id("register"),
            submission: Some(SubmissionInput {
                oral: false,
                oral_readback: false,
                ..self.submission()
            }),
            postmark_on: received_on.clone(),
            received_on,
            scan_reference: "来信柜2026第1盒".to_owned(),
            ..RegisterLetterRequest::default()
        };
        let mut clerk = self.cast.clerk.registration();
        let answer = patiently(
            "register the letter",
            async || Ok(request.clone()),
            async |request| clerk.register_letter(request).await,
        )
        .await?;
        self.remember(answer.registered)
    }

    fn remember(&mut self, registered: Option<Registered>) -> Result<()> {
        let registered = registered.context("the registration came back empty")?;
        self.case = Some(Registration {
            case_id: registered.case_id,
            case_no: registered.case_no,
            query_code: registered.query_code,
        });
        Ok(())
    }

    /// The registration as the clerk sends it; the same at every call.
    pub fn registration_request(&self) -> Result<RegisterVisitRequest> {
        Ok(RegisterVisitRequest {
            request_id: self.request_id("register"),
            submission: Some(self.submission()),
            received_at: Some(timestamp(self.schedule.begins(Day::Reception)?)),
            reception_day_id: self.reception_day_id.clone(),
            ..RegisterVisitRequest::default()
        })
    }

    /// The submission as the clerk types it.
    pub fn submission(&self) -> SubmissionInput {
        let script = &self.script;
        SubmissionInput {
            petitioners: vec![PetitionerInput {
                kind: PetitionerKind::Person.into(),
                name: script.petitioner_name.clone(),
                id_type: IdType::ResidentId.into(),
                id_no: script.id_no.clone(),
                mobile: script.mobile.clone(),
                addr_detail: script.address.clone(),
                preferred_channel: PreferredChannel::Person.into(),
                ..PetitionerInput::default()
            }],
            visit_count: 1,
            affected_count: 1,
            title: script.title.clone(),
            content: script.content.clone(),
            requests: vec![script.request.clone()],
            purpose: Purpose::Appeal.into(),
            oral: true,
            oral_readback: true,
            ..SubmissionInput::default()
        }
    }

    /// The clerk takes down the talk with the leader: the five integrations and the branch.
    pub async fn record_reception(&mut self) -> Result<()> {
        let request = self.reception_record()?;
        let mut clerk = self.cast.clerk.receptions();
        let answer = patiently(
            "record the reception",
            async || Ok(request.clone()),
            async |request| clerk.record_reception(request).await,
        )
        .await?;
        self.reception_id = Some(answer.reception_id);
        Ok(())
    }

    /// The reception record as the clerk types it.
    pub fn reception_record(&self) -> Result<RecordReceptionRequest> {
        let begins = self.schedule.begins(Day::Reception)?;
        let script = &self.script;
        Ok(RecordReceptionRequest {
            request_id: self.request_id("record_reception"),
            case_id: self.case_id()?,
            reception_day_id: self.reception_day_id.clone(),
            leader_id: self.cast.leader_id.to_string(),
            staff: vec!["李登记".to_owned()],
            started_at: Some(timestamp(begins - Duration::minutes(10))),
            ended_at: Some(timestamp(begins)),
            place: "信访接访大厅1号接访室".to_owned(),
            attendees: vec![Attendee {
                name: script.petitioner_name.clone(),
                part: AttendeePart::Petitioner.into(),
            }],
            demands_own_words: script.own_words.clone(),
            readback_ok: true,
            integrations: Some(self.integrations()),
            branch: Branch::AReasonable.into(),
            instruction: script.instruction.clone(),
            due_hint: self.schedule.date(Day::Archive)?.to_string(),
            ..RecordReceptionRequest::default()
        })
    }

    fn integrations(&self) -> Integrations {
        Integrations {
            solution: "由区住建局牵头查明原因并督促修复".to_owned(),
            prevention: "对同批外墙改造楼栋开展排查".to_owned(),
            measures: vec!["现场查看".to_owned(), "责成施工单位维修".to_owned()],
            difficulty: "老人居住的北屋潮湿,影响生活".to_owned(),
            policy_ideas: "建议改造工程验收时邀请住户代表参加".to_owned(),
            explanation: "说明了保修责任和办理期限".to_owned(),
            legal_basis: "《建设工程质量管理条例》关于保修的规定".to_owned(),
            lead_unit_id: self.cast.unit_id.to_string(),
            assist_unit_ids: vec![],
        }
    }

    /// The record is sorted and finalised (K0); the leader is bound.
    pub async fn finalise_reception(&mut self) -> Result<()> {
        let reception_id = self.reception_id.clone().context("no reception was recorded")?;
        let request_id = self.request_id("finalise_reception");
        let mut reader = self.cast.clerk.receptions();
        let mut clerk = reader.clone();
        patiently(
            "finalise the reception",
            async || {
                let seen = reader
                    .get_reception(GetReceptionRequest {
                        reception_id: reception_id.clone(),
                    })
                    .await?;
                let version = seen.into_inner().reception.unwrap_or_default().version;
                Ok(FinaliseReceptionRequest {
                    request_id: request_id.clone(),
                    reception_id: reception_id.clone(),
                    version,
                })
            },
            async |request| clerk.finalise_reception(request).await,
        )
        .await
        .map(drop)
    }

    /// The dispatcher writes the triage sheet.
    pub async fn triage(&self) -> Result<()> {
        let case_id = self.case_id()?;
        let request_id = self.request_id("triage");
        let district = self
            .registration()?
            .case_no
            .get(3..9)
            .unwrap_or_default()
            .to_owned();
        let complained = self.concerned.iter().map(|person| ComplainedObject {
            kind: complained_object::Kind::Person.into(),
            person_id: person.clone(),
            ..ComplainedObject::default()
        });
        let complained: Vec<_> = complained.collect();
        let mut desk = self.cast.dispatcher.triage();
        patiently(
            "triage",
            async || {
                Ok(TriageCaseRequest {
                    request_id: request_id.clone(),
                    case_id: case_id.clone(),
                    version: self.intake_version().await?,
                    purpose: Purpose::Appeal.into(),
                    legal_route: LegalRoute::LegalRoute316.into(),
                    content_code: "030100".to_owned(),
                    problem_loc_code: district.clone(),
                    problem_town_code: format!("{district}100"),
                    field_code: "03".to_owned(),
                    summary: self.script.summary.clone(),
                    complained: complained.clone(),
                    ..TriageCaseRequest::default()
                })
            },
            async |request| desk.triage_case(request).await,
        )
        .await
        .map(drop)
    }

    /// The dispatcher releases the case to handling (T07r): the hold passes to assignment.
    pub async fn release(&self) -> Result<()> {
        let case_id = self.case_id()?;
        let request_id = self.request_id("release");
        let mut desk = self.cast.dispatcher.triage();
        patiently(
            "release",
            async || {
                let version = self.intake_version().await?;
                Ok(ReleaseCaseRequest {
                    request_id: request_id.clone(),
                    case_id: case_id.clone(),
                    version,
                })
            },
            async |request| desk.release_case(request).await,
        )
        .await
        .map(drop)
    }

    async fn intake_version(&self) -> Result<u64, tonic::Status> {
        let case_id = self
            .case_id()
            .map_err(|error| tonic::Status::internal(error.to_string()))?;
        let request = GetCaseRequest {
            case: Some(get_case_request::Case::CaseId(case_id)),
        };
        let seen = self.cast.dispatcher.cases().get_case(request).await?.into_inner();
        Ok(seen.header.unwrap_or_default().version)
    }
}
