//! Registration: turns what people bring into numbered cases.

mod accused;
pub(super) mod channels;
mod field_draft;
pub(super) mod form;
mod person;
mod repeat;

use std::sync::Arc;

use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Authorised, Command, Desk, REPLAYED, person_ref};
use xinqiao_chassis::idempotency::{self, IdempotencyRow};
use xinqiao_chassis::identity::Caller;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::intake::registration_service_server::RegistrationService;
use xinqiao_proto::intake::{
    FindRepeatCandidatesRequest, FindRepeatCandidatesResponse, RegisterCallRequest, RegisterCallResponse,
    RegisterFaxRequest, RegisterFaxResponse, RegisterForwardedRequest, RegisterForwardedResponse,
    RegisterLetterRequest, RegisterLetterResponse, RegisterOnlineRequest, RegisterOnlineResponse,
    RegisterOutsideVisitRequest, RegisterOutsideVisitResponse, RegisterVisitRequest, RegisterVisitResponse,
    Registered,
};

use crate::domain::submission::Submission;
use crate::legal::Deadlines;
use crate::store::registration::queue::Queue;
use crate::store::registration::{Office, known as answered, prepare};
use crate::store::{number_blocks, reception_days, sealed};

/// The counter.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) desk: Desk,
    pub(crate) queue: Queue,
    pub(crate) deadlines: Arc<Deadlines>,
    /// Candidates for a repeat that are shown at the most.
    pub(crate) repeats_shown: usize,
}

impl Registration {
    /// Reads the form of a channel and registers what it says.
    async fn enter<Q: Command>(
        &self,
        request: Request<Q>,
        read: impl FnOnce(&Q, &Caller, OffsetDateTime) -> Result<Submission, Refusal>,
    ) -> Result<(Registered, bool), Refusal> {
        let by = self.desk.authorised(&request).await?;
        let query = request.into_inner();
        let now = self.desk.clock().now();
        let submission = read(&query, by.caller(), now)?;
        self.asked(&by, &own_ref(&by), &query, now, submission).await
    }

    /// Registers what a request says. Who asks again, and is given the same answer, is told by `asker`.
    async fn asked<Q: Command>(
        &self,
        by: &Authorised,
        asker: &str,
        query: &Q,
        now: OffsetDateTime,
        submission: Submission,
    ) -> Result<(Registered, bool), Refusal> {
        let request_id = idempotency::request_id(query.request_id())?;
        let district = by.caller().district;
        let hash = idempotency::body_hash(self.desk.keys(), district, asker, Q::ACTION, query);
        let row = IdempotencyRow::new(request_id, Q::ACTION, hash, now);
        self.register(by, row, now, submission).await
    }

    /// Seals, hashes and encodes what does not need the number on this task, then waits for the writer.
    pub(super) async fn register(
        &self,
        by: &Authorised,
        request: IdempotencyRow,
        now: OffsetDateTime,
        submission: Submission,
    ) -> Result<(Registered, bool), Refusal> {
        let district = by.caller().district;
        self.known(district, request.request_id, &submission, now).await?;
        let file = self
            .desk
            .districts()
            .get(district)
            .expect("invariant: the desk serves the caller's district");
        let calendar = self.desk.calendar(district).await?;
        let office = Office {
            district: file,
            calendar: &calendar,
            deadlines: &self.deadlines,
            keys: self.desk.keys(),
            now,
        };
        let registration = prepare(&office, by, request, submission);
        by.gives_place_back();
        self.queue.register(registration).await
    }

    /// Refuses what names a unit, a reception day or a block of numbers that is none of the district's. A request that has
    /// been answered gets its answer again, whatever has become of the day since.
    async fn known(
        &self,
        district: DistrictCode,
        request_id: Uuid,
        submission: &Submission,
        now: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let units: Vec<Uuid> = submission.accused.iter().filter_map(|one| one.unit).collect();
        let block = submission.number_block;
        if units.is_empty() && submission.reception_day.is_none() && block.is_none() {
            return Ok(());
        }
        let mut fields = Fields::new();
        let mut tx = self.desk.database().begin(district).await?;
        let units = sealed::known_units(tx.conn(), district, &units).await?;
        accused::known(&mut fields, submission, &units);
        if let Some(day) = submission.reception_day {
            reception_day(
                &mut fields,
                reception_days::is_over(tx.conn(), district, day).await?,
            );
        }
        if let Some(block) = block {
            let known = number_blocks::exists(tx.conn(), district, block).await?;
            fields.require(
                "number_block_id",
                known,
                "UNKNOWN_BLOCK",
                "没有该预留号段，请从本区县的预留号段中选择",
                "there is no such block of numbers; choose one of the district's",
            );
        }
        if !fields.is_clean()
            && !answered(tx.conn(), district, &[request_id], now)
                .await?
                .is_empty()
        {
            fields = Fields::new();
        }
        tx.rollback().await?;
        Ok(fields.finish()?)
    }
}

fn own_ref(by: &Authorised) -> String {
    person_ref(&by.caller().person_id)
}

/// Whether a visit may name a day, of which scheduling has told this.
fn reception_day(fields: &mut Fields, is_over: Option<bool>) {
    fields.require(
        "reception_day_id",
        is_over.is_some(),
        "UNKNOWN_RECEPTION_DAY",
        "没有该接访日，请从接访安排中选择",
        "there is no such reception day; choose one of the roster",
    );
    fields.require(
        "reception_day_id",
        is_over != Some(true),
        "RECEPTION_DAY_OVER",
        "该接访日已结束或已取消，请另选接访日，或不填接访日登记",
        "the reception day is closed or cancelled; choose another, or register without one",
    );
}

#[tonic::async_trait]
impl RegistrationService for Registration {
    async fn register_visit(
        &self,
        request: Request<RegisterVisitRequest>,
    ) -> Result<Response<RegisterVisitResponse>, Status> {
        let by = self.desk.authorised(&request).await?;
        let query = request.into_inner();
        let now = self.desk.clock().now();
        let submission = form::visit(&query, now)?;
        let (case, replayed) = match submission.draft.clone() {
            Some(draft) => self.bring_in(&by, &draft, query, now, submission).await?,
            None => self.asked(&by, &own_ref(&by), &query, now, submission).await?,
        };
        let registered = Some(case);
        Ok(marked(RegisterVisitResponse { registered }, replayed))
    }

    async fn register_letter(
        &self,
        request: Request<RegisterLetterRequest>,
    ) -> Result<Response<RegisterLetterResponse>, Status> {
        let (case, replayed) = self
            .enter(request, |query, _, now| form::letter(query, now))
            .await?;
        let registered = Some(case);
        Ok(marked(RegisterLetterResponse { registered }, replayed))
    }

    async fn register_call(
        &self,
        request: Request<RegisterCallRequest>,
    ) -> Result<Response<RegisterCallResponse>, Status> {
        let (case, replayed) = self
            .enter(request, |query, _, now| channels::call(query, now))
            .await?;
        let registered = Some(case);
        Ok(marked(RegisterCallResponse { registered }, replayed))
    }

    async fn register_fax(
        &self,
        request: Request<RegisterFaxRequest>,
    ) -> Result<Response<RegisterFaxResponse>, Status> {
        let (case, replayed) = self
            .enter(request, |query, _, now| channels::fax(query, now))
            .await?;
        let registered = Some(case);
        Ok(marked(RegisterFaxResponse { registered }, replayed))
    }

    async fn register_online(
        &self,
        request: Request<RegisterOnlineRequest>,
    ) -> Result<Response<RegisterOnlineResponse>, Status> {
        let (case, replayed) = self.enter(request, channels::online).await?;
        let registered = Some(case);
        Ok(marked(RegisterOnlineResponse { registered }, replayed))
    }

    async fn register_forwarded(
        &self,
        request: Request<RegisterForwardedRequest>,
    ) -> Result<Response<RegisterForwardedResponse>, Status> {
        let (case, replayed) = self
            .enter(request, |query, _, now| channels::forwarded(query, now))
            .await?;
        let registered = Some(case);
        Ok(marked(RegisterForwardedResponse { registered }, replayed))
    }

    async fn register_outside_visit(
        &self,
        request: Request<RegisterOutsideVisitRequest>,
    ) -> Result<Response<RegisterOutsideVisitResponse>, Status> {
        let (case, replayed) = self
            .enter(request, |query, _, now| channels::outside_visit(query, now))
            .await?;
        let registered = Some(case);
        Ok(marked(RegisterOutsideVisitResponse { registered }, replayed))
    }

    async fn find_repeat_candidates(
        &self,
        request: Request<FindRepeatCandidatesRequest>,
    ) -> Result<Response<FindRepeatCandidatesResponse>, Status> {
        let max = self.repeats_shown;
        self.desk
            .read(request, move |act, query| Box::pin(repeat::find(act, max, query)))
            .await
    }
}

/// An answer, said to be the answer to an earlier copy of the request when it is.
pub(super) fn marked<A>(answer: A, replayed: bool) -> Response<A> {
    let mut response = Response::new(answer);
    if replayed {
        response
            .metadata_mut()
            .insert(REPLAYED, tonic::metadata::MetadataValue::from_static("true"));
    }
    response
}
