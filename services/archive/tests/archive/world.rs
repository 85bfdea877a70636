//! The case of the main journey as the other services tell it: their events, and their documents as objects.

use object_store::ObjectStoreExt as _;
use tempfile::TempDir;
use tonic::{service::interceptor::InterceptedService, transport::Channel};
use uuid::Uuid;
use xinqiao_chassis::{
    document::{DocumentRow, Heading, object_path},
    identity::Role,
    journal::Entity,
    random,
    testing::{Bearer, Bench, Foreign, Person, instant},
};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::{
    archive::{dossier_service_client::DossierServiceClient, package_service_client::PackageServiceClient},
    common::{DocumentRef, LegalTerm},
    event::{
        CaseAccepted, CaseAssigned, CaseClosed, CaseClosureReported, CaseCompletenessPassed,
        CaseExecutionStarted, CaseInvestigationStarted, CaseOpinionIssued, CaseOpinionServed, CaseRegistered,
        CaseReleased, CaseRemedyChanged, CaseReportSubmitted, ClockChanged, ClosureOutcome, DocumentCreated,
        EventBody, LeaderSigned, LegalRoute, Outcome, PetitionerOpinionRecorded, ReceptionFinalised,
        ReceptionHeld, Remedy,
    },
};

pub(crate) type Dossiers = DossierServiceClient<InterceptedService<Channel, Bearer>>;
pub(crate) type Packages = PackageServiceClient<InterceptedService<Channel, Bearer>>;

/// The documents of the main journey: publisher, item, form, and a text that must be found again.
pub(crate) const PAPERS: [(&str, &str, &str, &str); 18] = [
    ("intake", "02", "D01", "反映东昌小区3号楼墙体开裂"),
    (
        "intake",
        "03",
        "ORIGINAL",
        "我家住在三号楼，去年冬天墙就裂了，请给个说法",
    ),
    (
        "scheduling",
        "05",
        "D27",
        "五个结合：先解决安全隐患，再查质量责任",
    ),
    ("scheduling", "06", "D29", "请区住建局牵头，四月底前办结"),
    ("intake", "07", "TRIAGE", "属于第三十一条第六项"),
    ("assignment", "08", "D07", "交由区住建局办理"),
    ("assignment", "07", "D02", "决定受理，六十日内办结"),
    ("assignment", "07", "D14", "2026年3月6日当面送达"),
    ("assignment", "09", "RECUSAL", "与本事项无利害关系"),
    ("assignment", "10", "D10", "外墙保温层施工不当，造成开裂渗水"),
    ("assignment", "12", "D12", "支持信访人请求，责成维修"),
    ("assignment", "12", "D14", "2026年4月21日当面送达"),
    ("assignment", "13", "PLAN", "五月十日前完成维修"),
    ("assignment", "14", "D15", "已完成维修并回访"),
    ("supervision", "14", "CHECKLIST", "材料齐全"),
    ("supervision", "15", "D16", "满意，认可办理结果"),
    ("supervision", "16", "INSPECTION", "现场查看，维修属实"),
    ("supervision", "16", "D17", "同意结案"),
];

/// A service with its folder of packages.
pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) folder: TempDir,
}

/// A case on its way to the archive.
pub(crate) struct Case {
    pub(crate) id: Uuid,
    pub(crate) number: CaseNumber,
    pub(crate) leader: Uuid,
    /// Staff it concerns, as the release tells.
    pub(crate) concerned: Vec<String>,
}

impl Case {
    pub(crate) fn new(number: &str) -> Self {
        Self {
            id: random::new_id(),
            number: number.parse().unwrap(),
            leader: random::new_id(),
            concerned: Vec::new(),
        }
    }

    pub(crate) fn entity(&self) -> Entity {
        Entity::case(self.id, self.number)
    }
}

pub(crate) fn archivist() -> Person {
    Person::new("zhou", "周档案").with(Role::Arc)
}

impl World {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::of(xinqiao_archive::service())
            .set(
                "XINQIAO_ARCHIVE_DIR",
                folder.path().join("packages").display().to_string(),
            )
            .start()
            .await;
        Self { bench, folder }
    }

    pub(crate) fn dossiers(&self, person: &Person) -> Dossiers {
        DossierServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn packages(&self, person: &Person) -> Packages {
        PackageServiceClient::new(self.bench.channel(person))
    }

    /// Moves the clock, but never back: cases of one world are told one after the other.
    fn clock(&self, at: &str) {
        if instant(at) > self.bench.desk().clock().now() {
            self.bench.set_clock(at);
        }
    }

    /// An event of the case arrives.
    pub(crate) async fn tell<B: EventBody>(
        &self,
        case: &Case,
        by: &'static str,
        kind: &'static str,
        at: &str,
        body: &B,
    ) {
        self.clock(at);
        self.bench
            .arrives(Foreign::new(by, kind, case.entity(), body).at(at))
            .await;
    }

    /// A document is announced, its object not stored.
    pub(crate) async fn announce(
        &self,
        case: &Case,
        paper: (&'static str, &str, &str, &str),
    ) -> (DocumentRef, Vec<u8>) {
        let (publisher, item, form, text) = paper;
        let desk = self.bench.desk();
        let heading = Heading {
            document_id: random::new_id(),
            case_id: case.id,
            form,
            archive_item: item,
            created_at: desk.clock().now(),
            created_by: "person:somebody",
        };
        let salt = hex::encode(random::bytes::<32>());
        let canonical =
            format!(r#"{{"form":"{form}","title":"文书","salt":"{salt}","content":{{"text":"{text}"}}}}"#);
        let row = DocumentRow::new(
            desk.keys(),
            "220502".parse().unwrap(),
            &heading,
            canonical.as_bytes(),
        );
        let body = DocumentCreated {
            document: Some(row.reference()),
        };
        self.bench
            .arrives(Foreign::new(publisher, "document.created", case.entity(), &body))
            .await;
        (row.reference(), row.content.as_bytes().to_vec())
    }

    /// Puts an object into the store.
    pub(crate) async fn store(&self, name: &str, bytes: Vec<u8>) {
        let path = object_path("220502".parse().unwrap(), name);
        self.bench
            .desk()
            .objects()
            .put(&path, bytes.into())
            .await
            .unwrap();
    }

    /// A document is announced and its object stored.
    pub(crate) async fn file(&self, case: &Case, paper: (&'static str, &str, &str, &str)) -> DocumentRef {
        let (reference, sealed) = self.announce(case, paper).await;
        self.store(&reference.ciphertext_sha256, sealed).await;
        reference
    }

    /// The papers of a range of items, in their order.
    pub(crate) async fn papers(&self, case: &Case, forms: &[&str]) {
        for paper in PAPERS.into_iter().filter(|(_, _, form, _)| forms.contains(form)) {
            self.file(case, paper).await;
        }
    }

    /// Everything up to the closure report of 2026-04-24.
    pub(crate) async fn handled(&self, case: &Case) {
        self.hall(case).await;
        self.unit(case).await;
        self.opinion(case).await;
    }

    async fn hall(&self, case: &Case) {
        let leader = case.leader.to_string();
        let keys = self.bench.desk().keys().clone();
        let at = "2026-03-03T09:12:00+08:00";
        self.clock(at);
        let registered = Foreign::sealed("intake", "case.registered", case.entity(), |event_id| {
            let title = keys.seal_field(
                "220502".parse().unwrap(),
                event_id,
                "title",
                "东昌小区房屋质量纠纷",
            );
            let body = CaseRegistered {
                leader_received: true,
                visit_count: 1,
                affected_count: 1,
                rule_version: "2022.1".into(),
                title: Some(title),
                ..CaseRegistered::default()
            };
            prost::Message::encode_to_vec(&body)
        });
        self.bench.arrives(registered.at(at).by("person:li-dengji")).await;
        self.papers(case, &["D01", "ORIGINAL"]).await;
        self.tell(
            case,
            "scheduling",
            "reception.held",
            "2026-03-03T10:00:00+08:00",
            &ReceptionHeld::default(),
        )
        .await;
        self.papers(case, &["D27", "D29"]).await;
        let finalised = ReceptionFinalised {
            leader_id: leader.clone(),
            ..ReceptionFinalised::default()
        };
        self.tell(
            case,
            "scheduling",
            "reception.finalised",
            "2026-03-04T09:00:00+08:00",
            &finalised,
        )
        .await;
        self.papers(case, &["TRIAGE"]).await;
        let mut released = CaseReleased {
            leader_received: true,
            responsible_leader_id: leader,
            complained_person_marks: case
                .concerned
                .iter()
                .map(|person| self.bench.mark(case.id, person))
                .collect(),
            ..CaseReleased::default()
        };
        released.set_legal_route(LegalRoute::LegalRoute316);
        self.tell(
            case,
            "intake",
            "case.released",
            "2026-03-04T10:00:00+08:00",
            &released,
        )
        .await;
    }

    async fn unit(&self, case: &Case) {
        let by = "assignment";
        self.tell(
            case,
            by,
            "case.assigned",
            "2026-03-04T11:00:00+08:00",
            &CaseAssigned::default(),
        )
        .await;
        self.papers(case, &["D07"]).await;
        let accepted = CaseAccepted {
            notice_served: true,
            ..CaseAccepted::default()
        };
        self.tell(case, by, "case.accepted", "2026-03-06T10:00:00+08:00", &accepted)
            .await;
        self.papers(case, &["D02"]).await;
        let named = CaseInvestigationStarted {
            investigator_count: 2,
            ..CaseInvestigationStarted::default()
        };
        self.tell(
            case,
            by,
            "case.investigation_started",
            "2026-03-09T10:00:00+08:00",
            &named,
        )
        .await;
        self.papers(case, &["RECUSAL"]).await;
        self.tell(
            case,
            by,
            "case.report_submitted",
            "2026-04-10T10:00:00+08:00",
            &CaseReportSubmitted::default(),
        )
        .await;
        self.papers(case, &["D10"]).await;
    }

    async fn opinion(&self, case: &Case) {
        let by = "assignment";
        let mut issued = CaseOpinionIssued::default();
        issued.set_outcome(Outcome::Support);
        self.tell(
            case,
            by,
            "case.opinion_issued",
            "2026-04-20T10:00:00+08:00",
            &issued,
        )
        .await;
        self.papers(case, &["D12"]).await;
        let served = CaseOpinionServed {
            served_on: "2026-04-21".into(),
            k6: None,
        };
        self.tell(
            case,
            by,
            "case.opinion_served",
            "2026-04-21T10:00:00+08:00",
            &served,
        )
        .await;
        self.papers(case, &["D14", "PLAN"]).await;
        let started = CaseExecutionStarted {
            plan_due: "2026-05-10".into(),
        };
        self.tell(
            case,
            by,
            "case.execution_started",
            "2026-04-22T10:00:00+08:00",
            &started,
        )
        .await;
        self.remedy(
            case,
            "2026-04-21T11:00:00+08:00",
            Remedy::ReviewWindow,
            "2026-04-21",
        )
        .await;
        let mut reported = CaseClosureReported {
            leader_received: true,
            ..CaseClosureReported::default()
        };
        reported.set_outcome(Outcome::Support);
        reported.set_closure_outcome(ClosureOutcome::Resolved);
        self.tell(
            case,
            by,
            "case.closure_reported",
            "2026-04-24T10:00:00+08:00",
            &reported,
        )
        .await;
        self.papers(case, &["D15"]).await;
    }

    /// From the completeness check to the closing of 2026-04-28, with the papers given.
    pub(crate) async fn closed(&self, case: &Case, forms: &[&str]) {
        let by = "supervision";
        let passed = CaseCompletenessPassed::default();
        self.tell(
            case,
            by,
            "case.completeness_passed",
            "2026-04-27T09:00:00+08:00",
            &passed,
        )
        .await;
        let heard = PetitionerOpinionRecorded::default();
        self.tell(
            case,
            by,
            "petitioner.opinion_recorded",
            "2026-04-27T10:00:00+08:00",
            &heard,
        )
        .await;
        self.papers(case, forms).await;
        self.tell(
            case,
            by,
            "leader.signed",
            "2026-04-28T10:00:00+08:00",
            &LeaderSigned::default(),
        )
        .await;
        let k15 = LegalTerm {
            clock: "K15".into(),
            start_date: "2026-04-28".into(),
            due_raw: "2026-05-14".into(),
            due_eff: "2026-05-14".into(),
            due_safe: "2026-05-14".into(),
            ..LegalTerm::default()
        };
        let mut closed = CaseClosed {
            leader_received: true,
            persons: 1,
            k15: Some(k15.clone()),
            ..CaseClosed::default()
        };
        closed.set_outcome(Outcome::Support);
        self.tell(case, by, "case.closed", "2026-04-28T10:00:00+08:00", &closed)
            .await;
        let clock = ClockChanged {
            term: Some(k15),
            ..ClockChanged::default()
        };
        self.tell(case, by, "clock.started", "2026-04-28T10:00:00+08:00", &clock)
            .await;
    }

    /// The whole case, ready to be sealed.
    pub(crate) async fn ready(&self, number: &str) -> Case {
        let case = Case::new(number);
        self.finished(&case).await;
        case
    }

    /// The same of a case that is given.
    pub(crate) async fn finished(&self, case: &Case) {
        self.handled(case).await;
        self.closed(case, &["CHECKLIST", "D16", "INSPECTION", "D17"])
            .await;
    }

    pub(crate) async fn remedy(&self, case: &Case, at: &str, remedy: Remedy, on: &str) {
        let body = CaseRemedyChanged {
            remedy: remedy.into(),
            effective_on: on.to_owned(),
        };
        let now = self.bench.desk().clock().now().max(instant(at));
        let event = Foreign::new("supervision", "case.remedy_changed", case.entity(), &body);
        let at = now
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        self.bench.set_clock(&at);
        self.bench.arrives(event.at(&at)).await;
    }
}
