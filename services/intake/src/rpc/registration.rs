//! Registration: turns what people bring into numbered cases.

mod accused;
mod form;
mod person;
mod repeat;

use std::sync::Arc;

use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use xinqiao_chassis::desk::{Authorised, Command, Desk, REPLAYED, person_ref};
use xinqiao_chassis::idempotency::{self, IdempotencyRow};
use xinqiao_chassis::refusal::Refusal;
use xinqiao_proto::intake::registration_service_server::RegistrationService;
use xinqiao_proto::intake::{
    FindRepeatCandidatesRequest, FindRepeatCandidatesResponse, RegisterLetterRequest, RegisterLetterResponse,
    RegisterVisitRequest, RegisterVisitResponse, Registered,
};

use crate::domain::submission::Submission;
use crate::legal::Deadlines;
use crate::store::registration::queue::Queue;
use crate::store::registration::{Office, prepare};

/// The counter.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) desk: Desk,
    pub(crate) queue: Queue,
    pub(crate) deadlines: Arc<Deadlines>,
    /// Candidates for a repeat that are shown at the most.
    pub(crate) repeats_max: usize,
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
        accused::known(&self.desk, district, &submission).await?;
        let keys = self.desk.keys();
        let request_id = idempotency::request_id(query.request_id())?;
        let hash = idempotency::body_hash(keys, district, &person_ref(&caller.person_id), Q::ACTION, query);
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
        self.queue.register(registration).await
    }
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
        let (registered, replayed) = self.register(&by, &query, now, submission).await?;
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
        let max = self.repeats_max;
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
