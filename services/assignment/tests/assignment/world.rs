//! People, units and a case that has been released, and short ways to act on it.

use time::{OffsetDateTime, macros::datetime};
use tonic::{Code, Status, service::interceptor::InterceptedService, transport::Channel};
use tonic_types::StatusExt as _;
use uuid::Uuid;
use xinqiao_chassis::{
    concern::Mark,
    document::timestamp,
    identity::Role,
    journal::{Entity, EntityKind},
    random,
    testing::{Bearer, Bench, Foreign, Person},
};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::{
    assignment::{
        ActResult, AssignCaseRequest, CaseStanding, DraftAcceptanceRequest, DraftOpinionRequest, Evidence,
        Finding, GetCaseFileRequest, GetCaseFileResponse, InvestigationReport, Investigator,
        IssueAcceptanceRequest, IssueOpinionRequest, LegalBasis, NameInvestigatorsRequest, Notice,
        RequestOutcome, ServeOpinionRequest, Service, ServiceMethod, StartExecutionRequest,
        SubmitClosureReportRequest, SubmitInvestigationReportRequest, Unit, UnitKind,
        assignment_service_client::AssignmentServiceClient, handling_service_client::HandlingServiceClient,
        investigation_report::PetitionerStatement, notice::How, unit_service_client::UnitServiceClient,
    },
    event::{
        CaseRegistered, CaseReleased, ClosureOutcome, LeaderChanged, LegalRoute, Outcome, Purpose,
        ReceptionFinalised,
    },
};

pub(crate) type Wire = InterceptedService<Channel, Bearer>;

pub(crate) const HOUSING: Uuid = Uuid::from_u128(0x11);
pub(crate) const LABOUR: Uuid = Uuid::from_u128(0x12);
pub(crate) const ZHANG: Uuid = Uuid::from_u128(0x1);
pub(crate) const NUMBER: &str = "XF-220502-2026-2-000123-9";

pub(crate) fn dispatcher() -> Person {
    Person::new("wang-fenban", "王分办").with(Role::Dsp)
}

pub(crate) fn second() -> Person {
    Person::new("fang-fenban", "方分办").with(Role::Dsp)
}

pub(crate) fn head() -> Person {
    Person::new("qian-juzhang", "钱局长")
        .with(Role::Unh)
        .in_unit(HOUSING)
}

pub(crate) fn handler() -> Person {
    Person::new("zhao-chengban", "赵承办")
        .with(Role::Unt)
        .in_unit(HOUSING)
}

pub(crate) fn leader() -> Person {
    Person::new("zhang-fuquzhang", "张副区长")
        .with(Role::Ldr)
        .leader(ZHANG)
}

/// A bench with two units, a leader, and shortcuts.
pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) case_id: Uuid,
}

impl World {
    /// How the case tells whether somebody is one it concerns.
    pub(crate) fn mark(&self, person: &str) -> Mark {
        self.bench.mark(self.case_id, person)
    }

    /// Units and leader are known; no case yet.
    pub(crate) async fn open(at: &str) -> Self {
        let bench = Bench::of(xinqiao_assignment::service()).at(at).start().await;
        let world = Self {
            bench,
            case_id: random::new_id(),
        };
        for (id, name) in [(HOUSING, "区住建局"), (LABOUR, "区人社局")] {
            let unit = Unit {
                unit_id: id.to_string(),
                name: name.to_owned(),
                kind: UnitKind::GovernmentDepartment.into(),
                active: true,
                ..Unit::default()
            };
            let proposed = world.propose_unit(&dispatcher(), unit).await.unwrap();
            world.confirm_unit(&second(), &proposed).await.unwrap();
        }
        let zhang = LeaderChanged {
            leader_id: ZHANG.to_string(),
            name: "张副区长".to_owned(),
            post: "副区长".to_owned(),
            portfolio: vec!["03".to_owned()],
            linked_towns: vec!["220502100".to_owned()],
            active: true,
            ..LeaderChanged::default()
        };
        let entity = Entity::of(EntityKind::Leader, ZHANG);
        world
            .bench
            .arrives(Foreign::new("scheduling", "leader.changed", entity, &zhang))
            .await;
        world
    }

    /// A leader-received case, registered and received, released here.
    pub(crate) async fn with_released_case(at: &str) -> Self {
        let world = Self::open(at).await;
        world.register().await;
        world.receive().await;
        world.release().await;
        world
    }

    pub(crate) fn entity(&self) -> Entity {
        Entity::case(self.case_id, number())
    }

    pub(crate) async fn register(&self) {
        let body = CaseRegistered {
            submission_no: format!("{NUMBER}/S01"),
            purpose: Purpose::Appeal.into(),
            leader_received: true,
            ..CaseRegistered::default()
        };
        self.bench
            .arrives(Foreign::new("intake", "case.registered", self.entity(), &body))
            .await;
    }

    pub(crate) async fn receive(&self) {
        let body = ReceptionFinalised {
            reception_id: random::new_id().to_string(),
            leader_id: ZHANG.to_string(),
            lead_unit_id: HOUSING.to_string(),
            ..ReceptionFinalised::default()
        };
        self.bench
            .arrives(Foreign::new(
                "scheduling",
                "reception.finalised",
                self.entity(),
                &body,
            ))
            .await;
    }

    pub(crate) async fn release(&self) {
        self.release_as(released()).await;
    }

    pub(crate) async fn release_as(&self, body: CaseReleased) {
        self.bench
            .arrives(Foreign::new("intake", "case.released", self.entity(), &body))
            .await;
    }

    pub(crate) fn units(&self, person: &Person) -> UnitServiceClient<Wire> {
        UnitServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn assignments(&self, person: &Person) -> AssignmentServiceClient<Wire> {
        AssignmentServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn handling(&self, person: &Person) -> HandlingServiceClient<Wire> {
        HandlingServiceClient::new(self.bench.channel(person))
    }

    /// The file as the office sees it.
    pub(crate) async fn file(&self) -> GetCaseFileResponse {
        self.file_as(&dispatcher()).await.unwrap()
    }

    pub(crate) async fn file_as(&self, person: &Person) -> Result<GetCaseFileResponse, Status> {
        let request = GetCaseFileRequest {
            case_id: self.case_id.to_string(),
        };
        Ok(self.handling(person).get_case_file(request).await?.into_inner())
    }

    pub(crate) async fn standing(&self) -> CaseStanding {
        self.file().await.standing.unwrap()
    }

    pub(crate) async fn version(&self) -> u64 {
        self.standing().await.version
    }

    pub(crate) fn assign_request(&self, version: u64) -> AssignCaseRequest {
        AssignCaseRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version,
            lead_unit_id: HOUSING.to_string(),
            requirements: "请依法调查处理,按期反馈".to_owned(),
            feedback_due: "2026-06-30".to_owned(),
            ..AssignCaseRequest::default()
        }
    }

    pub(crate) async fn assign(&self) -> ActResult {
        let request = self.assign_request(self.version().await);
        let answer = self
            .assignments(&dispatcher())
            .assign_case(request)
            .await
            .unwrap();
        answer.into_inner().result.unwrap()
    }

    pub(crate) async fn accept(&self, served_on: &str) -> ActResult {
        let draft = DraftAcceptanceRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
            text: "您反映的房屋质量问题已依法受理,六十日内答复。".to_owned(),
            contact: "赵承办 0435-3210000".to_owned(),
        };
        self.handling(&handler()).draft_acceptance(draft).await.unwrap();
        let issue = IssueAcceptanceRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
            notice: Some(Notice {
                how: Some(How::Served(service(served_on))),
            }),
        };
        let answer = self.handling(&head()).issue_acceptance(issue).await.unwrap();
        answer.into_inner().result.unwrap()
    }

    pub(crate) async fn name_investigators(&self) -> ActResult {
        let request = NameInvestigatorsRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
            investigators: investigators(),
            ..NameInvestigatorsRequest::default()
        };
        let answer = self.handling(&head()).name_investigators(request).await.unwrap();
        answer.into_inner().result.unwrap()
    }

    pub(crate) async fn report(&self) -> ActResult {
        let request = SubmitInvestigationReportRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
            report: Some(report()),
        };
        let answer = self
            .handling(&head())
            .submit_investigation_report(request)
            .await
            .unwrap();
        answer.into_inner().result.unwrap()
    }

    pub(crate) async fn issue_opinion(&self, outcome: Outcome) -> ActResult {
        let request = DraftOpinionRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
            facts: "经查,外墙渗水属实,系施工密封缺陷造成,应由施工单位维修。".to_owned(),
            outcomes: vec![RequestOutcome {
                request_no: 1,
                outcome: outcome.into(),
                reasons: "质量缺陷属保修范围,由施工单位负责。".to_owned(),
                legal_basis: vec![clause()],
            }],
            execution_plan: "六月底前完成外墙维修并验收".to_owned(),
        };
        self.handling(&handler()).draft_opinion(request).await.unwrap();
        let request = IssueOpinionRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
        };
        let answer = self
            .handling(&head())
            .issue_opinion(request)
            .await
            .unwrap()
            .into_inner();
        assert!(
            answer.remedy_clause.contains("30日内"),
            "{}",
            answer.remedy_clause
        );
        answer.result.unwrap()
    }

    pub(crate) async fn serve_opinion(&self, served_on: &str) -> ActResult {
        let request = ServeOpinionRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
            service: Some(service(served_on)),
        };
        let answer = self.handling(&handler()).serve_opinion(request).await.unwrap();
        answer.into_inner().result.unwrap()
    }

    pub(crate) async fn execute(&self, plan_due: &str) -> ActResult {
        let request = StartExecutionRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version: self.version().await,
            plan: "重做窗台密封并验收".to_owned() + ",由住户签字",
            plan_due: plan_due.to_owned(),
            reply_exempt_reason: String::new(),
        };
        let answer = self.handling(&head()).start_execution(request).await.unwrap();
        answer.into_inner().result.unwrap()
    }

    pub(crate) fn closure_request(
        &self,
        version: u64,
        outcome: ClosureOutcome,
    ) -> SubmitClosureReportRequest {
        SubmitClosureReportRequest {
            request_id: request_id(),
            case_id: self.case_id.to_string(),
            version,
            summary: "施工单位已完成外墙维修,住户验收合格,损失已赔偿。".to_owned(),
            measures: vec!["重做窗台密封".to_owned()],
            execution_evidence: vec![evidence("修复验收单")],
            explanation: "已当面向信访人说明处理意见".to_owned(),
            outcome: outcome.into(),
            ..SubmitClosureReportRequest::default()
        }
    }

    pub(crate) async fn close(&self, outcome: ClosureOutcome) -> ActResult {
        let request = self.closure_request(self.version().await, outcome);
        let answer = self
            .handling(&head())
            .submit_closure_report(request)
            .await
            .unwrap();
        answer.into_inner().result.unwrap()
    }

    /// Content of the last document of a form, as canonical JSON.
    pub(crate) async fn document(&self, form: &str) -> String {
        let (id, sealed): (Uuid, Vec<u8>) = sqlx::query_as(
            "SELECT document_id, content FROM document WHERE case_id = $1 AND form = $2
             ORDER BY created_at DESC, document_id DESC LIMIT 1",
        )
        .bind(self.case_id)
        .bind(form)
        .fetch_one(self.bench.pool())
        .await
        .unwrap();
        let sealed = xinqiao_chassis::seal::Sealed::from_bytes(sealed);
        let keys = self.bench.desk().keys();
        let plain = xinqiao_chassis::document::open(keys, "220502".parse().unwrap(), id, &sealed).unwrap();
        String::from_utf8(plain).unwrap()
    }
}

pub(crate) fn number() -> CaseNumber {
    NUMBER.parse().unwrap()
}

pub(crate) fn request_id() -> String {
    random::new_id().to_string()
}

pub(crate) fn released() -> CaseReleased {
    CaseReleased {
        purpose: Purpose::Appeal.into(),
        legal_route: LegalRoute::LegalRoute316.into(),
        content_code: "030100".to_owned(),
        problem_loc_code: "220502".to_owned(),
        problem_town_code: "220502001".to_owned(),
        field_code: "03".to_owned(),
        leader_received: true,
        responsible_leader_id: ZHANG.to_string(),
        request_count: 1,
        ..CaseReleased::default()
    }
}

pub(crate) fn service(served_on: &str) -> Service {
    Service {
        method: ServiceMethod::InPerson.into(),
        served_on: served_on.to_owned(),
        proof: "信访人当面签收".to_owned(),
    }
}

pub(crate) fn investigators() -> Vec<Investigator> {
    [("zhao-chengban", "赵承办"), ("feng-chengban", "冯承办")]
        .map(|(person_id, name)| Investigator {
            person_id: person_id.to_owned(),
            name: name.to_owned(),
            declaration: "与本信访事项及信访人无利害关系".to_owned(),
            no_interest: true,
        })
        .to_vec()
}

pub(crate) fn clause() -> LegalBasis {
    LegalBasis {
        title: "建设工程质量管理条例".to_owned(),
        article: "第四十一条".to_owned(),
        text: "施工单位应当履行保修义务".to_owned(),
    }
}

pub(crate) fn evidence(title: &str) -> Evidence {
    Evidence {
        title: title.to_owned(),
        description: "现场照片八张及验收记录".to_owned(),
        file_sha256: String::new(),
    }
}

pub(crate) fn report() -> InvestigationReport {
    let finding = |holds| {
        Some(Finding {
            holds,
            reason: "有据可查".to_owned(),
        })
    };
    let heard: OffsetDateTime = datetime!(2026-03-04 09:00 +8);
    InvestigationReport {
        cause: "因施工密封缺陷造成外墙渗水,".repeat(5),
        problem: "住户地板受损且长期未获维修,".repeat(5),
        resolution_opinion: "由施工单位限期维修并赔偿损失,".repeat(5),
        facts: vec!["北侧窗台密封缺失".to_owned()],
        evidence: vec![evidence("现场查看记录")],
        petitioner_statement: Some(PetitionerStatement::PetitionerHeardAt(timestamp(heard))),
        legal_basis: vec![clause()],
        lawful: finding(true),
        fair_reasonable: finding(true),
        basis: finding(true),
        barred: finding(false),
        affects_overall: finding(false),
    }
}

/// Effective last day of a clock among the terms of an answer.
pub(crate) fn eff(result: &ActResult, clock: &str) -> String {
    term(result, clock).due_eff.clone()
}

pub(crate) fn term<'a>(result: &'a ActResult, clock: &str) -> &'a xinqiao_proto::common::LegalTerm {
    result.terms.iter().find(|term| term.clock == clock).unwrap()
}

pub(crate) fn forms(result: &ActResult) -> Vec<&str> {
    result
        .documents
        .iter()
        .map(|document| document.form.as_str())
        .collect()
}

/// The stable reason of a refusal with its code.
pub(crate) fn reason(status: &Status) -> (Code, String) {
    (
        status.code(),
        status.get_error_details().error_info().unwrap().reason.clone(),
    )
}

/// The wrong fields of a refusal.
pub(crate) fn wrong_fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    violations
        .iter()
        .map(|violation| violation.field.clone())
        .collect()
}
