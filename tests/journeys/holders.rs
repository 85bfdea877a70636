//! Only the holder of a case acts on it, and only along the lines of the state machine: everything else is
//! refused for a stable reason and changes nothing.

use anyhow::{Context as _, Result, bail, ensure};
use time::macros::date;
use tonic::{Code, Response, Status};
use xinqiao_chassis::random;
use xinqiao_local::journey::patience::until;
use xinqiao_local::journey::schedule::Day;
use xinqiao_local::journey::{Cast, Journey, masters, script::Script};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_proto::archive::SealPackageRequest;
use xinqiao_proto::assignment::{AssignCaseRequest, GetCaseFileRequest, StartReworkRequest};
use xinqiao_proto::event::Attitude;
use xinqiao_proto::intake::{GetCaseRequest, ProposeVoidRequest, VoidReason, get_case_request};
use xinqiao_proto::supervision::{
    CheckCompletenessRequest, Gap, GetCaseSupervisionRequest, RecordPetitionerOpinionRequest,
    ReturnIncompleteRequest, ReviewDecision, SendBackRequest, SignReviewRequest, SignatureType,
    SignedOpinion, record_petitioner_opinion_request,
};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::refused::{must_be, refusal};
use xinqiao_tests::underneath::Picture;

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_not_assigned_before_its_release_has_arrived() -> Result<()> {
    let mut fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let mut journey = begin(&fleet, &cast).await?;
    journey.act(Day::Reception).await?;
    fleet
        .platform
        .set_legal_time(journey.schedule().begins(Day::Assignment)?)?;
    journey.finalise_reception().await?;
    journey.triage().await?;
    fleet.quiet().await?;

    fleet.platform.nats.kill_hard().await?;
    until("the release", async || match journey.release().await {
        Ok(()) => Ok(Some(())),
        Err(error) => bail!("a command failed while NATS was away: {error:#}"),
    })
    .await?;
    let before = fleet.picture().await?;
    let status = refusal("assign", assign(&cast, &journey).await)?;
    must_be("assign", &status, Code::FailedPrecondition, "NOT_YET_HERE")?;
    let after = fleet.picture().await?;
    before.must_equal(&after, "the refused assignment")?;

    fleet.platform.nats.restart().await?;
    journey.assign().await?;
    fleet.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_off_the_lines_of_the_state_machine_is_refused_and_changes_nothing() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let mut journey = begin(&fleet, &cast).await?;
    for (day, begins) in journey.schedule().clone().days() {
        fleet.platform.move_on(begins).await?;
        if day == Day::Closure {
            journey.submit_closure_report().await?;
            let guard = Guard::at_rest(&fleet, &cast, &journey).await?;
            guard.before_completeness().await.context("before completeness")?;
            guard.nothing_changed("before completeness").await?;
            journey.check_completeness().await?;
        } else {
            journey.act(day).await?;
        }
        let guard = Guard::at_rest(&fleet, &cast, &journey).await?;
        guard.after(day).await.with_context(|| format!("after {day:?}"))?;
        guard.nothing_changed(&format!("after {day:?}")).await?;
    }
    fleet.end().await
}

async fn begin<'a>(fleet: &Fleet, cast: &'a Cast) -> Result<Journey<'a>> {
    let (session, schedule) = fleet.next_session(cast).await?;
    fleet.platform.set_legal_time(schedule.begins(Day::Reception)?)?;
    masters::open(&cast.clerk, &session).await?;
    Ok(Journey::new(
        cast,
        Script::demo(),
        schedule,
        session.reception_day_id,
    ))
}

async fn assign(cast: &Cast, journey: &Journey<'_>) -> Result<Response<impl Sized>, Status> {
    let case_id = case_id(journey);
    let file = GetCaseFileRequest {
        case_id: case_id.clone(),
    };
    let seen = cast.dispatcher.handling().get_case_file(file).await;
    let request = AssignCaseRequest {
        request_id: random::new_id().to_string(),
        case_id,
        version: seen.map_or(1, |seen| seen.into_inner().standing.unwrap_or_default().version),
        lead_unit_id: cast.unit_id.to_string(),
        requirements: journey.script.requirements.clone(),
        feedback_due: "2026-04-30".to_owned(),
        ..AssignCaseRequest::default()
    };
    cast.dispatcher.assignment().assign_case(request).await
}

fn case_id(journey: &Journey<'_>) -> String {
    journey
        .registration()
        .map(|case| case.case_id.clone())
        .unwrap_or_default()
}

/// Tries what must not be possible now.
struct Guard<'a> {
    fleet: &'a Fleet,
    cast: &'a Cast,
    journey: &'a Journey<'a>,
    before: Picture,
}

impl<'a> Guard<'a> {
    async fn at_rest(fleet: &'a Fleet, cast: &'a Cast, journey: &'a Journey<'a>) -> Result<Self> {
        fleet.quiet().await?;
        let before = fleet.picture().await?;
        Ok(Self {
            fleet,
            cast,
            journey,
            before,
        })
    }

    async fn nothing_changed(&self, when: &str) -> Result<()> {
        let after = self.fleet.picture().await?;
        self.before
            .must_equal(&after, &format!("the refused acts {when}"))
    }

    /// C60, held by supervision: neither opinion nor signature before the papers are checked.
    async fn before_completeness(&self) -> Result<()> {
        self.assignment_has_let_go().await?;
        refused("opinion", self.record_opinion().await, "WRONG_STATE")?;
        refused("sign", self.sign().await, "WRONG_STATE")?;
        not_yet_here("seal", self.seal().await)
    }

    async fn after(&self, day: Day) -> Result<()> {
        match day {
            // C10, held by intake: nobody further on has it.
            Day::Reception => {
                not_yet_here("assign", assign(self.cast, self.journey).await)?;
                not_yet_here("check completeness", self.check_completeness().await)?;
                not_yet_here("seal", self.seal().await)
            }
            // C30, held by assignment.
            Day::Assignment => {
                self.intake_has_let_go().await?;
                self.no_opinion_yet().await?;
                wrong_state(
                    "name investigators",
                    self.journey.anew().name_investigators().await,
                )?;
                wrong_state(
                    "closure report",
                    self.journey.anew().submit_closure_report().await,
                )?;
                not_yet_here("check completeness", self.check_completeness().await)?;
                not_yet_here("seal", self.seal().await)
            }
            // C41: no closure without an opinion, no second acceptance.
            Day::Acceptance => {
                wrong_state(
                    "closure report",
                    self.journey.anew().submit_closure_report().await,
                )?;
                wrong_state("issue acceptance", self.journey.anew().issue_acceptance().await)?;
                wrong_state("issue opinion", self.journey.anew().issue_opinion().await)?;
                wrong_state("serve opinion", self.journey.anew().serve_opinion().await)?;
                not_yet_here("sign", self.sign().await)
            }
            // C42.
            Day::Report => {
                wrong_state(
                    "closure report",
                    self.journey.anew().submit_closure_report().await,
                )?;
                wrong_state("start execution", self.journey.anew().start_execution().await)
            }
            // C50, not served.
            Day::Opinion => {
                wrong_state("report", self.journey.anew().submit_report().await)?;
                not_yet_here("seal", self.seal().await)
            }
            // C51.
            Day::Service => {
                wrong_state("issue opinion", self.journey.anew().issue_opinion().await)?;
                not_yet_here("sign", self.sign().await)
            }
            // C61, held by supervision.
            Day::Closure => {
                self.assignment_has_let_go().await?;
                refused("sign", self.sign().await, "WRONG_STATE")?;
                refused("check again", self.check_completeness().await, "WRONG_STATE")?;
                not_yet_here("seal", self.seal().await)
            }
            // C62: no archive without a signature.
            Day::PetitionerOpinion => {
                self.assignment_has_let_go().await?;
                refused("opinion again", self.record_opinion().await, "WRONG_STATE")?;
                not_yet_here("seal", self.seal().await)
            }
            // C70, held by the archive.
            Day::Signature => self.supervision_has_let_go().await,
            // C80: there is no way out.
            Day::Archive => {
                self.intake_has_let_go().await?;
                self.assignment_has_let_go().await?;
                self.supervision_has_let_go().await?;
                refused("seal again", self.seal().await, "ALREADY_SEALED")
            }
        }
    }

    async fn intake_has_let_go(&self) -> Result<()> {
        wrong_holder("triage", self.journey.anew().triage().await)?;
        wrong_holder("release", self.journey.anew().release().await)?;
        let query = GetCaseRequest {
            case: Some(get_case_request::Case::CaseId(case_id(self.journey))),
        };
        let seen = self.cast.clerk.cases().get_case(query).await?.into_inner();
        let request = ProposeVoidRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: seen.header.unwrap_or_default().version,
            reason: VoidReason::EnteredTwice.into(),
            explanation: "同一来访登记了两次".to_owned(),
            petitioner_told: 0,
        };
        let outcome = self.cast.clerk.triage().propose_void(request).await;
        refused("void", outcome, "WRONG_HOLDER")
    }

    async fn assignment_has_let_go(&self) -> Result<()> {
        refused("assign", assign(self.cast, self.journey).await, "WRONG_HOLDER")?;
        wrong_holder("report", self.journey.anew().submit_report().await)?;
        wrong_holder("draft opinion", self.journey.anew().draft_opinion().await)?;
        wrong_holder(
            "closure report",
            self.journey.anew().submit_closure_report().await,
        )?;
        let file = GetCaseFileRequest {
            case_id: case_id(self.journey),
        };
        let seen = self
            .cast
            .unit_head
            .handling()
            .get_case_file(file)
            .await?
            .into_inner();
        let request = StartReworkRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: seen.standing.unwrap_or_default().version,
            investigate_again: true,
        };
        let outcome = self.cast.unit_head.handling().start_rework(request).await;
        refused("rework", outcome, "WRONG_HOLDER")
    }

    async fn supervision_has_let_go(&self) -> Result<()> {
        let gone = "WRONG_HOLDER";
        refused("completeness", self.check_completeness().await, gone)?;
        refused("opinion", self.record_opinion().await, gone)?;
        refused("sign", self.sign().await, gone)?;
        let send_back = SendBackRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: self.version().await,
            reason: "请补充现场验收的照片和签字".to_owned(),
            due: "2026-05-20".to_owned(),
        };
        let outcome = self.cast.leader.review().send_back(send_back).await;
        refused("send back", outcome, gone)?;
        let incomplete = ReturnIncompleteRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: self.version().await,
            gaps: vec![Gap {
                item: "13".to_owned(),
                text: "缺少验收单原件,请补齐".to_owned(),
            }],
            due: "2026-05-20".to_owned(),
        };
        let outcome = self.cast.clerk.closure().return_incomplete(incomplete).await;
        refused("return", outcome, gone)
    }

    async fn no_opinion_yet(&self) -> Result<()> {
        wrong_state("draft opinion", self.journey.anew().draft_opinion().await)?;
        wrong_state("issue opinion", self.journey.anew().issue_opinion().await)?;
        wrong_state("serve opinion", self.journey.anew().serve_opinion().await)
    }

    async fn version(&self) -> u64 {
        let query = GetCaseSupervisionRequest {
            case_id: case_id(self.journey),
        };
        let seen = self.cast.clerk.supervision().get_case_supervision(query).await;
        seen.map_or(1, |seen| seen.into_inner().version)
    }

    async fn check_completeness(&self) -> Result<Response<impl Sized>, Status> {
        let request = CheckCompletenessRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: self.version().await,
            note: String::new(),
        };
        self.cast.clerk.closure().check_completeness(request).await
    }

    async fn record_opinion(&self) -> Result<Response<impl Sized>, Status> {
        let signed = SignedOpinion {
            attitude: Attitude::Satisfied.into(),
            agree_closed: Some(true),
            text: "满意".to_owned(),
            signature_type: SignatureType::Handwritten.into(),
            identity_checked: true,
            ..SignedOpinion::default()
        };
        let request = RecordPetitionerOpinionRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: self.version().await,
            representative: 1,
            remedy_told: true,
            result: Some(record_petitioner_opinion_request::Result::Signed(signed)),
        };
        self.cast.clerk.closure().record_petitioner_opinion(request).await
    }

    async fn sign(&self) -> Result<Response<impl Sized>, Status> {
        let request = SignReviewRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: self.version().await,
            decision: ReviewDecision::Approve.into(),
            comment: "同意结案".to_owned(),
            sheet_sha256: vec![7; 32].into(),
            signature: vec![7; 64].into(),
        };
        self.cast.leader.review().sign_review(request).await
    }

    async fn seal(&self) -> Result<Response<impl Sized>, Status> {
        let request = SealPackageRequest {
            request_id: random::new_id().to_string(),
            case_id: case_id(self.journey),
            version: 1,
            note: String::new(),
        };
        self.cast.archivist.dossiers().seal_package(request).await
    }
}

fn not_yet_here<A>(what: &str, outcome: Result<Response<A>, Status>) -> Result<()> {
    refused(what, outcome, "NOT_YET_HERE")
}

fn refused<A>(what: &str, outcome: Result<Response<A>, Status>, wanted: &str) -> Result<()> {
    let status = refusal(what, outcome)?;
    must_be(what, &status, Code::FailedPrecondition, wanted)
}

fn wrong_holder(what: &str, outcome: Result<()>) -> Result<()> {
    says(what, outcome, "WRONG_HOLDER")
}

fn wrong_state(what: &str, outcome: Result<()>) -> Result<()> {
    says(what, outcome, "WRONG_STATE")
}

/// A journey's own act fails with the refusal in words.
fn says(what: &str, outcome: Result<()>, wanted: &str) -> Result<()> {
    match outcome {
        Ok(()) => bail!("{what}: it was done"),
        Err(error) => {
            let said = format!("{error:#}");
            ensure!(
                said.contains(&format!("FailedPrecondition {wanted} ")),
                "{what}: wanted {wanted}, got {said}"
            );
            Ok(())
        }
    }
}
