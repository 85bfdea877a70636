//! Registration: turns what people bring into numbered cases.

mod accused;
mod draft;
mod form;
mod person;
mod repeat;

use std::sync::Arc;

use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Authorised, Command, Desk, REPLAYED, person_ref};
use xinqiao_chassis::idempotency::{self, IdempotencyRow};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::intake::registration_service_server::RegistrationService;
use xinqiao_proto::intake::{
    FindRepeatCandidatesRequest, FindRepeatCandidatesResponse, RegisterLetterRequest, RegisterLetterResponse,
    RegisterVisitRequest, RegisterVisitResponse, Registered,
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
    /// Seals, hashes and encodes what does not need the number on this task, then waits for the writer.
    async fn register<Q: Command>(
        &self,
        by: &Authorised,
        query: &Q,
        now: OffsetDateTime,
        submission: Submission,
    ) -> Result<(Registered, bool), Refusal> {
        let caller = by.caller();
        let district = caller.district;
        let keys = self.desk.keys();
        let request_id = idempotency::request_id(query.request_id())?;
        self.known(district, request_id, &submission, now).await?;
        // Whoever brings a tablet in, its draft is the same.
        let asker = match &submission.draft {
            Some(draft) => draft.number.to_string(),
            None => person_ref(&caller.person_id),
        };
        let hash = idempotency::body_hash(keys, district, &asker, Q::ACTION, query);
        let request = IdempotencyRow::new(request_id, Q::ACTION, hash, now);
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
            keys,
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
        let mut query = request.into_inner();
        let now = self.desk.clock().now();
        let mut submission = form::visit(&query, now)?;
        if let Some(draft) = &submission.draft {
            let claim = self.claim(&by, draft, now).await?;
            query.request_id = claim.request_id.to_string();
            submission.case_id = Some(claim.case_id);
        }
        let done = self.register(&by, &query, now, submission).await;
        let is_draft = query.field_draft.is_some();
        let (registered, replayed) = done.map_err(|refusal| {
            if is_draft {
                draft::changed(refusal)
            } else {
                refusal
            }
        })?;
        Ok(marked(
            RegisterVisitResponse {
                registered: Some(registered),
            },
            replayed,
        ))
    }

    async fn register_letter(
        &self,
        request: Request<RegisterLetterRequest>,
    ) -> Result<Response<RegisterLetterResponse>, Status> {
        let by = self.desk.authorised(&request).await?;
        let query = request.into_inner();
        let now = self.desk.clock().now();
        let submission = form::letter(&query, now)?;
        let (registered, replayed) = self.register(&by, &query, now, submission).await?;
        Ok(marked(
            RegisterLetterResponse {
                registered: Some(registered),
            },
            replayed,
        ))
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

fn marked<A>(answer: A, replayed: bool) -> Response<A> {
    let mut response = Response::new(answer);
    if replayed {
        response
            .metadata_mut()
            .insert(REPLAYED, tonic::metadata::MetadataValue::from_static("true"));
    }
    response
}
