//! At the responsible unit: from the assignment to the closure report.

use anyhow::Result;
use time::Duration;
use xinqiao_proto::assignment::{
    AssignCaseRequest, DraftAcceptanceRequest, DraftOpinionRequest, Evidence, Finding, GetCaseFileRequest,
    InvestigationReport, Investigator, IssueAcceptanceRequest, IssueOpinionRequest, LegalBasis,
    NameInvestigatorsRequest, Notice, ReadReportRequest, RequestOutcome, ServeOpinionRequest, Service,
    ServiceMethod, StartExecutionRequest, SubmitClosureReportRequest, SubmitInvestigationReportRequest,
    investigation_report::PetitionerStatement, notice,
};
use xinqiao_proto::event::{ClosureOutcome, Outcome};

use super::patience::patiently;
use super::schedule::Day;
use super::{Journey, timestamp};
use crate::clients::Desk;

/// One act at assignment: reads the version its actor sees, builds the request, sends it; again with the
/// same request id while the service is away.
macro_rules! act {
    ($journey:ident, $actor:ident . $client:ident . $rpc:ident, $name:literal, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let case_id = $journey.case_id()?;
        let request_id = $journey.request_id($name);
        let desk = &$journey.cast.$actor;
        let mut client = desk.$client();
        patiently($name, async || {
            Ok($request {
                request_id: request_id.clone(),
                case_id: case_id.clone(),
                version: version(desk, &case_id).await?,
                $($field: $value,)*
            })
        }, async |request| client.$rpc(request).await)
        .await
        .map(drop)
    }};
}

async fn version(desk: &Desk, case_id: &str) -> Result<u64, tonic::Status> {
    let seen = desk
        .handling()
        .get_case_file(GetCaseFileRequest {
            case_id: case_id.to_owned(),
        })
        .await?;
    Ok(seen.into_inner().standing.unwrap_or_default().version)
}

impl Journey<'_> {
    /// The dispatcher assigns the case (T08).
    pub async fn assign(&self) -> Result<()> {
        let feedback_due = (self.schedule.date(Day::Archive)?).to_string();
        act!(
            self,
            dispatcher.assignment.assign_case,
            "assign",
            AssignCaseRequest {
                lead_unit_id: self.cast.unit_id.to_string(),
                assist_unit_ids: vec![],
                requirements: self.script.requirements.clone(),
                feedback_due: feedback_due.clone(),
                responsible_leader_id: String::new(),
                portfolio_reason: String::new(),
                lead_unit_reason: String::new(),
                excluded_person_ids: vec![],
            }
        )
    }

    /// The handler drafts the acceptance notice.
    pub async fn draft_acceptance(&self) -> Result<()> {
        act!(
            self,
            handler.handling.draft_acceptance,
            "draft acceptance",
            DraftAcceptanceRequest {
                text: self.script.acceptance.clone(),
                contact: "区住建局信访办 0435-3210000".to_owned(),
            }
        )
    }

    /// The head approves, the notice is served (T10).
    pub async fn issue_acceptance(&self) -> Result<()> {
        let service = self.service(Day::Acceptance)?;
        act!(
            self,
            unit_head.handling.issue_acceptance,
            "issue acceptance",
            IssueAcceptanceRequest {
                notice: Some(Notice {
                    how: Some(notice::How::Served(service.clone()))
                }),
            }
        )
    }

    /// Two investigators with their recusal declarations (T16).
    pub async fn name_investigators(&self) -> Result<()> {
        act!(
            self,
            unit_head.handling.name_investigators,
            "name investigators",
            NameInvestigatorsRequest {
                investigators: self
                    .cast
                    .investigators
                    .iter()
                    .map(|person| Investigator {
                        person_id: person.id.to_owned(),
                        name: person.name.to_owned(),
                        declaration: "与本信访事项及信访人无利害关系".to_owned(),
                        no_interest: true,
                    })
                    .collect(),
                recused: vec![],
            }
        )
    }

    /// The investigation report (T17).
    pub async fn submit_report(&self) -> Result<()> {
        let report = self.report()?;
        act!(
            self,
            unit_head.handling.submit_investigation_report,
            "submit report",
            SubmitInvestigationReportRequest {
                report: Some(report.clone()),
            }
        )
    }

    fn report(&self) -> Result<InvestigationReport> {
        let heard = self.schedule.begins(Day::Report)? - Duration::days(7);
        let finding = |holds, reason: &str| {
            Some(Finding {
                holds,
                reason: reason.to_owned(),
            })
        };
        Ok(InvestigationReport {
            cause: self.script.cause.clone(),
            problem: self.script.problem.clone(),
            resolution_opinion: self.script.resolution.clone(),
            facts: vec!["现场查看发现北侧窗台密封缺失".to_owned()],
            evidence: vec![Evidence {
                title: "现场查看记录".to_owned(),
                description: "照片八张,施工隐蔽验收单一份".to_owned(),
                file_sha256: String::new(),
            }],
            petitioner_statement: Some(PetitionerStatement::PetitionerHeardAt(timestamp(heard))),
            legal_basis: vec![legal_basis()],
            lawful: finding(true, "请求符合保修规定"),
            fair_reasonable: finding(true, "损失由施工缺陷造成"),
            basis: finding(true, "有明确的保修条款"),
            barred: finding(false, "没有不予解决的规定"),
            affects_overall: finding(false, "属于个案"),
        })
    }

    /// The leader reads the report.
    pub async fn read_report(&self) -> Result<()> {
        act!(
            self,
            leader.handling.read_report,
            "read report",
            ReadReportRequest {}
        )
    }

    /// The handler drafts the opinion.
    pub async fn draft_opinion(&self) -> Result<()> {
        act!(
            self,
            handler.handling.draft_opinion,
            "draft opinion",
            DraftOpinionRequest {
                facts: self.script.cause.clone(),
                outcomes: vec![RequestOutcome {
                    request_no: 1,
                    outcome: Outcome::Support.into(),
                    reasons: self.script.reasons.clone(),
                    legal_basis: vec![legal_basis()],
                }],
                execution_plan: self.script.plan.clone(),
            }
        )
    }

    /// The head issues the opinion (T19).
    pub async fn issue_opinion(&self) -> Result<()> {
        act!(
            self,
            unit_head.handling.issue_opinion,
            "issue opinion",
            IssueOpinionRequest {}
        )
    }

    /// The handler serves it in person (T19s).
    pub async fn serve_opinion(&self) -> Result<()> {
        let service = self.service(Day::Service)?;
        act!(
            self,
            handler.handling.serve_opinion,
            "serve opinion",
            ServeOpinionRequest {
                service: Some(service.clone()),
            }
        )
    }

    /// Execution begins (T22).
    pub async fn start_execution(&self) -> Result<()> {
        let plan_due = self.schedule.date(Day::Closure)?.to_string();
        act!(
            self,
            unit_head.handling.start_execution,
            "start execution",
            StartExecutionRequest {
                plan: self.script.plan.clone(),
                plan_due: plan_due.clone(),
                reply_exempt_reason: String::new(),
            }
        )
    }

    /// The closure report with evidence (T24): the hold passes to supervision.
    pub async fn submit_closure_report(&self) -> Result<()> {
        act!(
            self,
            unit_head.handling.submit_closure_report,
            "submit closure report",
            SubmitClosureReportRequest {
                summary: self.script.closure.clone(),
                measures: vec!["重做窗台密封".to_owned(), "赔偿受损地板".to_owned()],
                execution_evidence: vec![Evidence {
                    title: "修复验收单".to_owned(),
                    description: self.script.evidence.clone(),
                    file_sha256: String::new(),
                }],
                explanation: String::new(),
                assistance: vec![],
                outcome: ClosureOutcome::Resolved.into(),
                lessons: String::new(),
                reply_exempt_reason: String::new(),
            }
        )
    }

    fn service(&self, day: Day) -> Result<Service> {
        Ok(Service {
            method: ServiceMethod::InPerson.into(),
            served_on: self.schedule.date(day)?.to_string(),
            proof: "信访人当面签收".to_owned(),
        })
    }
}

fn legal_basis() -> LegalBasis {
    LegalBasis {
        title: "建设工程质量管理条例".to_owned(),
        article: "第四十一条".to_owned(),
        text: "建设工程在保修范围和保修期限内发生质量问题的,施工单位应当履行保修义务".to_owned(),
    }
}
