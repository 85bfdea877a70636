//! A bench, the people of the scenarios, and the events of the other services in the order of a journey.

use aws_lc_rs::signature::Ed25519KeyPair;
use prost_types::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, date_time_ymd};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};
use tonic::{Code, Status, service::interceptor::InterceptedService, transport::Channel};
use tonic_types::StatusExt as _;
use uuid::Uuid;
use xinqiao_chassis::{
    concern::Mark,
    identity::Role,
    journal::{Entity, EntityKind},
    random,
    testing::{Bearer, Bench, Foreign, Person},
};
use xinqiao_kernel::{Calendar, Term, term};
use xinqiao_proto::{
    common::{DocumentRef, LegalTerm, TermUnit},
    event::{
        Branch, CaseAccepted, CaseAssigned, CaseClosureReported, CaseExecutionStarted,
        CaseInvestigationStarted, CaseOpinionIssued, CaseOpinionServed, CaseRegistered, CaseReleased,
        CaseReportSubmitted, ClosureOutcome, DocumentCreated, EventBody, LeaderChanged, LegalRoute, Outcome,
        ReceptionFinalised, ReceptionHeld,
    },
    supervision::{
        CheckCompletenessRequest, Clock, GetCaseSupervisionRequest, GetCaseSupervisionResponse,
        ListClocksRequest, case_service_client::CaseServiceClient, clock_service_client::ClockServiceClient,
        closure_service_client::ClosureServiceClient, review_service_client::ReviewServiceClient,
    },
};

pub(crate) type Wire = InterceptedService<Channel, Bearer>;

/// A bench with one case.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) case: Entity,
    pub(crate) leader_id: Uuid,
    pub(crate) clerk: Person,
    pub(crate) head: Person,
    pub(crate) leader: Person,
    pub(crate) key: Ed25519KeyPair,
    pub(crate) certificate: String,
    pub(crate) representatives: u32,
    /// Who registers, as events name him.
    pub(crate) registrar: String,
    /// What the release says beside the usual.
    pub(crate) release: CaseReleased,
}

pub(crate) fn request_id() -> String {
    random::new_id().to_string()
}

pub(crate) fn at(instant: &str) -> Timestamp {
    let instant = OffsetDateTime::parse(instant, &Rfc3339).unwrap();
    Timestamp {
        seconds: instant.unix_timestamp(),
        nanos: 0,
    }
}

fn day(text: &str) -> Date {
    xinqiao_kernel::local::local_date(
        OffsetDateTime::parse(&format!("{text}T12:00:00+08:00"), &Rfc3339).unwrap(),
    )
}

/// A term as another service would compute it.
pub(crate) fn legal_term(clock: &str, start: &str, length: &str) -> LegalTerm {
    let term: Term = length.parse().unwrap();
    let due = term::due(day(start), term, &Calendar::national());
    let unit = if matches!(term, Term::Days(_)) {
        TermUnit::Day
    } else {
        TermUnit::WorkingDay
    };
    LegalTerm {
        clock: clock.to_owned(),
        start_date: start.to_owned(),
        length: u32::from(term.count()),
        unit: unit.into(),
        calendar_version: due.calendar_version,
        due_raw: due.raw.to_string(),
        due_eff: due.eff.to_string(),
        due_safe: due.safe.to_string(),
        provisional: due.provisional,
    }
}

pub(crate) fn document(item: &str, form: &str) -> DocumentRef {
    DocumentRef {
        document_id: random::new_id().to_string(),
        form: form.to_owned(),
        archive_item: item.to_owned(),
        content_sha256: "ab".repeat(32),
        ciphertext_sha256: "cd".repeat(32),
        ciphertext_bytes: 1,
        created_at: Some(at("2026-03-04T10:00:00+08:00")),
        key_version: 1,
    }
}

/// A key with its certificate, valid until the first day of a year.
pub(crate) fn certificate(until: i32) -> (Ed25519KeyPair, String) {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let mut params = CertificateParams::new(vec!["leader.example".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let pem = params.self_signed(&key).unwrap().pem();
    (Ed25519KeyPair::from_pkcs8(&key.serialize_der()).unwrap(), pem)
}

/// Status, reason and wrong fields of a refusal.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String, Vec<String>) {
    let status = answer.unwrap_err();
    let details = status.get_error_details();
    let reason = details
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default();
    let fields = details
        .bad_request()
        .map(|bad| {
            bad.field_violations
                .iter()
                .map(|violation| violation.field.clone())
                .collect()
        })
        .unwrap_or_default();
    (status.code(), reason, fields)
}

impl Stage {
    /// A bench at an instant; no case yet.
    pub(crate) async fn at(instant: &str) -> Self {
        let leader_id = random::new_id();
        let (key, certificate) = certificate(2030);
        let bench = Bench::of(xinqiao_supervision::service())
            .at(instant)
            .start()
            .await;
        let number = "XF-220502-2026-2-000123-9".parse().unwrap();
        Self {
            bench,
            case: Entity::case(random::new_id(), number),
            leader_id,
            clerk: Person::new("li", "李登记").with(Role::Clk),
            head: Person::new("wang", "王分办").with(Role::Dsp),
            leader: Person::new("zhang", "张副区长").with(Role::Ldr).leader(leader_id),
            key,
            certificate,
            representatives: 1,
            registrar: "person:he".to_owned(),
            release: CaseReleased::default(),
        }
    }

    /// Legal time moves to the instant, then the event comes.
    pub(crate) async fn tell<B: EventBody>(
        &self,
        instant: &str,
        publisher: &'static str,
        kind: &'static str,
        body: &B,
    ) {
        self.bench.set_clock(instant);
        let mut event = Foreign::new(publisher, kind, self.case, body);
        if kind == "case.registered" {
            event = event.by(&self.registrar);
        }
        self.bench.arrives(event).await;
    }

    /// Released to handling under R:31(6).
    pub(crate) async fn released(&self) {
        let released = CaseReleased {
            legal_route: LegalRoute::LegalRoute316.into(),
            leader_received: true,
            responsible_leader_id: self.leader_id.to_string(),
            ..self.release.clone()
        };
        self.bench
            .arrives(Foreign::new("intake", "case.released", self.case, &released))
            .await;
    }

    pub(crate) async fn papers(&self, publisher: &'static str, items: &[(&str, &str)]) {
        for (item, form) in items {
            let body = DocumentCreated {
                document: Some(document(item, form)),
            };
            self.bench
                .arrives(Foreign::new(publisher, "document.created", self.case, &body))
                .await;
        }
    }

    /// A leader's entry with a certificate, as scheduling tells it.
    pub(crate) async fn leader_changed(&self, leader_id: Uuid, person_id: &str, certificate_pem: &str) {
        let body = LeaderChanged {
            leader_id: leader_id.to_string(),
            name: "张副区长".to_owned(),
            post: "副区长".to_owned(),
            certificate_pem: certificate_pem.to_owned(),
            person_id: person_id.to_owned(),
            active: true,
            ..LeaderChanged::default()
        };
        let entity = Entity::of(EntityKind::Leader, leader_id);
        self.bench
            .arrives(Foreign::new("scheduling", "leader.changed", entity, &body))
            .await;
    }

    /// 3 March, 09:12: a visit is registered.
    pub(crate) async fn registered(&self) {
        let body = CaseRegistered {
            received_at: Some(at("2026-03-03T09:12:00+08:00")),
            leader_received: true,
            visit_count: self.representatives,
            representative_count: self.representatives,
            k1: Some(legal_term("K1", "2026-03-03", "15d")),
            documents: vec![document("02", "D01"), document("03", "ORIGINAL")],
            ..CaseRegistered::default()
        };
        self.tell("2026-03-03T09:12:00+08:00", "intake", "case.registered", &body)
            .await;
    }

    /// 3 and 4 March: received by the leader, recorded, released, assigned.
    pub(crate) async fn assigned(&self) {
        self.registered().await;
        let leader_id = self.leader_id.to_string();
        let held = ReceptionHeld {
            leader_id: leader_id.clone(),
            ended_at: Some(at("2026-03-03T11:00:00+08:00")),
            k0: Some(legal_term("K0", "2026-03-03", "1wd")),
            ..ReceptionHeld::default()
        };
        self.tell("2026-03-03T11:00:00+08:00", "scheduling", "reception.held", &held)
            .await;
        let finalised = ReceptionFinalised {
            leader_id: leader_id.clone(),
            branch: Branch::AReasonable.into(),
            ..ReceptionFinalised::default()
        };
        self.tell(
            "2026-03-04T09:00:00+08:00",
            "scheduling",
            "reception.finalised",
            &finalised,
        )
        .await;
        self.papers("scheduling", &[("05", "D27"), ("06", "D29")]).await;
        self.bench.set_clock("2026-03-04T10:00:00+08:00");
        self.released().await;
        self.papers("intake", &[("07", "TRIAGE")]).await;
        let assigned = CaseAssigned {
            round: 1,
            lead_unit_id: random::new_id().to_string(),
            delivered_at: Some(at("2026-03-04T11:00:00+08:00")),
            k2: Some(legal_term("K2", "2026-03-04", "15d")),
            k3: Some(legal_term("K3", "2026-03-04", "5wd")),
            feedback_due: "2026-04-30".to_owned(),
            responsible_leader_id: leader_id,
            ..CaseAssigned::default()
        };
        self.tell(
            "2026-03-04T11:00:00+08:00",
            "assignment",
            "case.assigned",
            &assigned,
        )
        .await;
    }

    /// 6 March to 21 April: accepted, investigated, opinion issued and served, execution begun.
    pub(crate) async fn served(&self) {
        self.assigned().await;
        let accepted = CaseAccepted {
            accepted_on: "2026-03-06".to_owned(),
            k4: Some(legal_term("K4", "2026-03-06", "60d")),
            notice_served: true,
            ..CaseAccepted::default()
        };
        self.tell(
            "2026-03-06T10:00:00+08:00",
            "assignment",
            "case.accepted",
            &accepted,
        )
        .await;
        self.papers("assignment", &[("07", "D02"), ("07", "D14")]).await;
        let started = CaseInvestigationStarted {
            investigator_count: 2,
            ..CaseInvestigationStarted::default()
        };
        self.tell(
            "2026-03-09T10:00:00+08:00",
            "assignment",
            "case.investigation_started",
            &started,
        )
        .await;
        let submitted = CaseReportSubmitted::default();
        self.tell(
            "2026-04-10T10:00:00+08:00",
            "assignment",
            "case.report_submitted",
            &submitted,
        )
        .await;
        self.papers("assignment", &[("09", "RECUSAL"), ("10", "D10")])
            .await;
        let issued = CaseOpinionIssued {
            outcome: Outcome::Support.into(),
            k19: Some(legal_term("K19", "2026-04-20", "5wd")),
        };
        self.tell(
            "2026-04-20T10:00:00+08:00",
            "assignment",
            "case.opinion_issued",
            &issued,
        )
        .await;
        self.papers("assignment", &[("12", "D12")]).await;
        let served = CaseOpinionServed {
            served_on: "2026-04-21".to_owned(),
            k6: Some(legal_term("K6", "2026-04-21", "30d")),
        };
        self.tell(
            "2026-04-21T10:00:00+08:00",
            "assignment",
            "case.opinion_served",
            &served,
        )
        .await;
        self.papers("assignment", &[("12", "D14")]).await;
        let execution = CaseExecutionStarted {
            plan_due: "2026-04-30".to_owned(),
        };
        self.tell(
            "2026-04-21T15:00:00+08:00",
            "assignment",
            "case.execution_started",
            &execution,
        )
        .await;
    }

    /// 24 April: the closure report; supervision holds the case.
    pub(crate) async fn reported(&self) {
        self.served().await;
        self.papers("assignment", &[("13", "EXECUTION"), ("14", "D15")])
            .await;
        self.closure_reported("2026-04-24T10:00:00+08:00", "2026-04-24")
            .await;
    }

    pub(crate) async fn closure_reported(&self, instant: &str, day: &str) {
        let reported = CaseClosureReported {
            outcome: Outcome::Support.into(),
            closure_outcome: ClosureOutcome::Resolved.into(),
            k21: Some(legal_term("K21", day, "3wd")),
            responsible_leader_id: self.leader_id.to_string(),
            leader_received: true,
        };
        self.tell(instant, "assignment", "case.closure_reported", &reported)
            .await;
    }

    /// 24 April, 15:00: the file is complete.
    pub(crate) async fn complete(&self) {
        self.reported().await;
        self.bench.set_clock("2026-04-24T15:00:00+08:00");
        let request = CheckCompletenessRequest {
            request_id: request_id(),
            case_id: self.case_id(),
            version: self.version().await,
            note: "齐全".to_owned(),
        };
        let answer = self
            .closure(&self.clerk)
            .check_completeness(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.state, "C61");
    }

    pub(crate) fn case_id(&self) -> String {
        self.case.id.to_string()
    }

    /// How the case tells whether somebody is one it concerns.
    pub(crate) fn mark(&self, person: &str) -> Mark {
        self.bench.mark(self.case.id, person)
    }

    /// Content of the last own document of a form, as canonical JSON.
    pub(crate) async fn paper(&self, form: &str) -> String {
        let (id, sealed): (Uuid, Vec<u8>) = sqlx::query_as(
            "SELECT document_id, content FROM document WHERE case_id = $1 AND form = $2
             ORDER BY created_at DESC, document_id DESC LIMIT 1",
        )
        .bind(self.case.id)
        .bind(form)
        .fetch_one(self.bench.pool())
        .await
        .unwrap();
        let sealed = xinqiao_chassis::seal::Sealed::from_bytes(sealed);
        let keys = self.bench.desk().keys();
        let plain = xinqiao_chassis::document::open(keys, "220502".parse().unwrap(), id, &sealed).unwrap();
        String::from_utf8(plain).unwrap()
    }

    pub(crate) fn cases(&self, person: &Person) -> CaseServiceClient<Wire> {
        CaseServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn clocks_of(&self, person: &Person) -> ClockServiceClient<Wire> {
        ClockServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn closure(&self, person: &Person) -> ClosureServiceClient<Wire> {
        ClosureServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn review(&self, person: &Person) -> ReviewServiceClient<Wire> {
        ReviewServiceClient::new(self.bench.channel(person))
    }

    pub(crate) async fn seen(&self) -> GetCaseSupervisionResponse {
        let request = GetCaseSupervisionRequest {
            case_id: self.case_id(),
        };
        self.cases(&self.clerk)
            .get_case_supervision(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn version(&self) -> u64 {
        self.seen().await.version
    }

    pub(crate) async fn clocks(&self) -> Vec<Clock> {
        let request = ListClocksRequest {
            case_id: self.case_id(),
            without_derivation: false,
        };
        self.clocks_of(&self.clerk)
            .list_clocks(request)
            .await
            .unwrap()
            .into_inner()
            .clocks
    }

    /// The last clock of a code.
    pub(crate) async fn clock(&self, code: &str) -> Clock {
        let clocks = self.clocks().await;
        clocks
            .into_iter()
            .rfind(|clock| clock.term.as_ref().unwrap().clock == code)
            .unwrap()
    }

    /// Raw, effective and safe date of the last clock of a code, month and day.
    pub(crate) async fn dates(&self, code: &str) -> [String; 3] {
        let term = self.clock(code).await.term.unwrap();
        [term.due_raw, term.due_eff, term.due_safe].map(|date| date["2026-".len()..].to_owned())
    }

    /// The kinds published about the case, in order.
    pub(crate) async fn kinds(&self) -> Vec<String> {
        let published = self.bench.published().await;
        published
            .into_iter()
            .filter(|event| event.entity_id == self.case.id)
            .map(|event| event.kind)
            .collect()
    }
}
