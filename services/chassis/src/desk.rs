//! How a change happens, the one way: claim the request id, one transaction of the caller's district, the work,
//! its audit rows, its events, its documents, the stored answer, commit. Only then is the caller answered.
//!
//! The work runs on a task of its own, so that a caller who hangs up does not cut it half-way.

mod access;
mod act;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use object_store::ObjectStore;
use prost::Message;
use tonic::{Code, Request, Response, Status};
use tracing::{Instrument as _, Span};
use uuid::Uuid;
use xinqiao_kernel::{Calendar, DistrictCode};

pub use xinqiao_proto::command::Command;

use access::Access;
pub use act::{Act, Actor, Capacity, FieldSealer, Notice};

use crate::audit::{Entry, Trail};
use crate::calendars::Calendars;
use crate::clock::LegalClock;
use crate::database::Database;
use crate::districts::Districts;
use crate::idempotency::{self, IdempotencyRow, Known};
use crate::identity::{CASE_TOKEN_LIFE, Caller, for_petitioner, for_support, petitioner_id, token_time};
use crate::permission::{Resource, Right};
use crate::refusal::{Refusal, WrongFields};
use crate::seal::KeyRing;
use crate::server::CallPlace;
use crate::waker::Wakers;

/// A caller may say for which district he means to call; it must be the one of his token.
const DISTRICT: &str = "district";

/// Set on an answer that was given before.
pub const REPLAYED: &str = "xinqiao-replayed";

/// What a desk is made of.
#[derive(Debug)]
pub struct DeskParts {
    /// Name of the service, for example `intake`.
    pub service: &'static str,
    /// Its database.
    pub database: Database,
    /// Keys of the districts.
    pub keys: Arc<KeyRing>,
    /// Legal time.
    pub clock: LegalClock,
    /// The districts served here.
    pub districts: Districts,
    /// Where copies of documents go.
    pub objects: Arc<dyn ObjectStore>,
    /// The checkpoints of the audit chain, when there are keys to verify them.
    pub trail: Option<Trail>,
    /// The background tasks of this process.
    pub wakers: Wakers,
}

/// Where acts are done. Clones share everything.
#[derive(Clone, Debug)]
pub struct Desk {
    parts: Arc<DeskParts>,
    calendars: Calendars,
}

impl Desk {
    /// A desk over its parts.
    pub fn new(parts: DeskParts) -> Self {
        Self {
            parts: Arc::new(parts),
            calendars: Calendars::default(),
        }
    }

    /// Name of the service.
    pub fn service(&self) -> &'static str {
        self.parts.service
    }

    /// The database, for writers and jobs that batch many acts.
    pub fn database(&self) -> &Database {
        &self.parts.database
    }

    /// Keys of the districts.
    pub fn keys(&self) -> &Arc<KeyRing> {
        &self.parts.keys
    }

    /// Legal time.
    pub fn clock(&self) -> &LegalClock {
        &self.parts.clock
    }

    /// The districts served here.
    pub fn districts(&self) -> &Districts {
        &self.parts.districts
    }

    pub(crate) fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// The working-day calendar in force in a district; an act has it at hand.
    pub async fn calendar(&self, district: DistrictCode) -> Result<Arc<Calendar>, sqlx::Error> {
        if let Some(calendar) = self.calendars.believed(district) {
            return Ok(calendar);
        }
        let mut tx = self.database().begin(district).await?;
        self.calendars.get(tx.conn(), district).await
    }

    /// Where copies of documents are.
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.parts.objects
    }

    /// The checkpoints of the audit chain, when there are keys to verify them.
    pub fn trail(&self) -> Option<&Trail> {
        self.parts.trail.as_ref()
    }

    /// The background tasks to wake after a commit of one's own.
    pub fn wakers(&self) -> &Wakers {
        &self.parts.wakers
    }

    /// Does one command: all of it or nothing, once per request id.
    pub async fn act<Q, A, W>(&self, request: Request<Q>, work: W) -> Result<Response<A>, Status>
    where
        Q: Command,
        A: Message + Default + 'static,
        W: for<'t> FnOnce(&'t mut Act, Q) -> BoxFuture<'t, Result<A, Refusal>> + Send + 'static,
    {
        let access = self.access(&request).await?;
        let query = request.into_inner();
        let (answer, replayed) = self
            .spawned(move |desk| desk.command(access, query, work))
            .await?;
        let mut response = Response::new(answer);
        if replayed {
            response
                .metadata_mut()
                .insert(REPLAYED, "true".parse().expect("plain text"));
        }
        Ok(response)
    }

    /// Reads in one transaction of the caller's district. What the work audits is kept, and that the caller has opened a
    /// case; other writes are not meant to happen here.
    pub async fn read<Q, A, W>(&self, request: Request<Q>, work: W) -> Result<Response<A>, Status>
    where
        Q: Message + 'static,
        A: Send + 'static,
        W: for<'t> FnOnce(&'t mut Act, Q) -> BoxFuture<'t, Result<A, Refusal>> + Send + 'static,
    {
        let access = self.access(&request).await?;
        let query = request.into_inner();
        let answer = self
            .spawned(move |desk| desk.reading(access, query, work))
            .await?;
        Ok(Response::new(answer))
    }

    /// A token for the petitioner of a case, to whom the service has opened it.
    pub fn petitioner_token(&self, district: DistrictCode, case_id: Uuid) -> String {
        let end = token_time() + CASE_TOKEN_LIFE.as_secs();
        for_petitioner(self.keys(), district, case_id, end)
    }

    /// A token for the city operator whom the service has let into a case, and how long it is good for: never longer
    /// than `left`.
    pub fn support_token(
        &self,
        district: DistrictCode,
        case_id: Uuid,
        person_id: &str,
        left: Duration,
    ) -> (String, Duration) {
        let life = left.min(CASE_TOKEN_LIFE);
        let end = token_time() + life.as_secs();
        (for_support(self.keys(), district, case_id, end, person_id), life)
    }

    /// Does one act of the service itself (a job, a timer) in one transaction of a district. It leaves an audit
    /// row under `action` when it published, filed or audited something.
    pub async fn run<A, W>(&self, district: DistrictCode, action: &'static str, work: W) -> Result<A, Refusal>
    where
        A: Send + 'static,
        W: for<'t> FnOnce(&'t mut Act) -> BoxFuture<'t, Result<A, Refusal>> + Send + 'static,
    {
        self.spawned(move |desk| async move {
            let mut act = Act::begin(&desk, Actor::Service(desk.service()), district, action).await?;
            let answer = work(&mut act).await?;
            act.finish().await?;
            Ok(answer)
        })
        .await
    }

    /// The caller, when he may do on the whole district what he called for: for writers that batch many acts and do
    /// not come through [`Desk::act`].
    pub async fn authorised<Q: Command>(&self, request: &Request<Q>) -> Result<Authorised, Refusal> {
        let (caller, right) = self.access(request).await?;
        let mut access = Access::new(right);
        let resource = Resource::District(caller.district);
        match access.authorise(&caller, &resource, no_such_thing) {
            Ok(()) => Ok(Authorised {
                caller,
                access,
                place: request.extensions().get().cloned(),
            }),
            Err(refusal) => {
                self.note(caller, access, Q::ACTION).await;
                Err(refusal)
            }
        }
    }

    /// Notes that nobody of the caller's roles has the right he called for: the edge has turned him away.
    pub(crate) async fn turned_away(&self, caller: Caller, right: Right) {
        let noting = self.spawned(move |desk| async move {
            let access = Access::without_role(&caller, right);
            desk.note(caller, access, right.name()).await;
            Ok(())
        });
        if let Err(error) = noting.await {
            tracing::error!(reason = error.reason(), "a refused attempt could not be noted");
        }
    }

    /// The district of the authenticated caller, which must be served here.
    pub async fn district<Q>(&self, request: &Request<Q>) -> Result<DistrictCode, Refusal> {
        Ok(self.access(request).await?.0.district)
    }

    /// The authenticated caller, whose district must be served here, and the right of the RPC.
    async fn access<Q>(&self, request: &Request<Q>) -> Result<(Caller, Right), Refusal> {
        let asked = request
            .metadata()
            .get(DISTRICT)
            .map(|asked| asked.as_bytes().to_vec());
        let caller = request.extensions().get::<Caller>().cloned();
        let right = request.extensions().get::<Right>().copied();
        let (caller, right) = caller.zip(right).ok_or_else(|| {
            Refusal::new(
                Code::Unauthenticated,
                "UNAUTHENTICATED",
                "请先登录。",
                "Present a valid token.",
            )
        })?;
        self.served(caller.district)?;
        if asked.is_none_or(|asked| asked == caller.district.as_str().as_bytes()) {
            return Ok((caller, right));
        }
        self.note(caller, Access::elsewhere(right), right.name()).await;
        Err(Refusal::forbidden(
            "OTHER_DISTRICT",
            "您只能办理登录凭证所属区县的事项",
            "your token is for one district; nothing of another can be asked for",
        ))
    }

    fn served(&self, district: DistrictCode) -> Result<(), Refusal> {
        if self.parts.districts.get(district).is_some() && self.parts.keys.covers(district) {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "DISTRICT_NOT_SERVED",
            "本系统不受理该区县的业务。",
            "This installation does not serve that district.",
        ))
    }

    /// Runs work on a task of its own: when the caller goes away, the task goes on to its end.
    async fn spawned<A, F, W>(&self, work: W) -> Result<A, Refusal>
    where
        A: Send + 'static,
        F: Future<Output = Result<A, Refusal>> + Send + 'static,
        W: FnOnce(Self) -> F,
    {
        let task = tokio::spawn(work(self.clone()).instrument(Span::current()));
        task.await.unwrap_or_else(|error| Err(Refusal::internal(&error)))
    }

    async fn command<Q, A, W>(
        self,
        (caller, right): (Caller, Right),
        query: Q,
        work: W,
    ) -> Result<(A, bool), Refusal>
    where
        Q: Command,
        A: Message + Default,
        W: for<'t> FnOnce(&'t mut Act, Q) -> BoxFuture<'t, Result<A, Refusal>>,
    {
        let district = caller.district;
        let actor = Actor::Person(caller);
        let request_id = match idempotency::request_id(query.request_id()) {
            Ok(request_id) => request_id,
            Err(wrong) => {
                let act = Act::begin(&self, actor, district, Q::ACTION).await?.asking(right);
                return Err(self.rehearsed(act, wrong, query, work).await);
            }
        };
        let hash = idempotency::body_hash(self.keys(), district, &actor.reference(), Q::ACTION, &query);
        let mut act = Act::begin(&self, actor, district, Q::ACTION).await?.asking(right);
        act.set_request_id(request_id);
        let row = IdempotencyRow::new(request_id, Q::ACTION, hash, act.now());
        let now = act.now();
        if let Known::Answered(answer) =
            idempotency::claim(act.conn(), self.keys(), district, &row, now).await?
        {
            return Ok((answer, true));
        }
        let answer = match work(&mut act, query).await {
            Ok(answer) => answer,
            Err(refusal) => return Err(self.refused(act, refusal, Q::ACTION).await),
        };
        let row = row.answered(self.keys(), district, &answer);
        idempotency::store(act.conn(), district, &row).await?;
        act.finish().await?;
        Ok((answer, false))
    }

    /// A command without a request id is never done. Its work looks at the rest all the same, in a transaction that is
    /// given up, so that the caller learns every wrong field at once.
    async fn rehearsed<Q, A, W>(&self, mut act: Act, wrong: WrongFields, query: Q, work: W) -> Refusal
    where
        Q: Command,
        W: for<'t> FnOnce(&'t mut Act, Q) -> BoxFuture<'t, Result<A, Refusal>>,
    {
        let mut wrong = wrong.into_violations();
        if let Err(refusal) = work(&mut act, query).await {
            let refusal = self.refused(act, refusal, Q::ACTION).await;
            if refusal.code() == Code::InvalidArgument {
                wrong.extend_from_slice(refusal.violations());
            }
        }
        Refusal::invalid(wrong)
    }

    async fn reading<Q, A, W>(self, (caller, right): (Caller, Right), query: Q, work: W) -> Result<A, Refusal>
    where
        W: for<'t> FnOnce(&'t mut Act, Q) -> BoxFuture<'t, Result<A, Refusal>>,
    {
        let district = caller.district;
        let mut act = Act::begin(&self, Actor::Person(caller), district, "")
            .await?
            .asking(right);
        let answer = match work(&mut act, query).await {
            Ok(answer) => answer,
            Err(refusal) => return Err(self.refused(act, refusal, right.name()).await),
        };
        act.finish().await?;
        Ok(answer)
    }

    /// Ends an act that was refused. An attempt that was not permitted is noted in a transaction of its own, once
    /// the one of the act is gone: that one leaves nothing.
    async fn refused(&self, act: Act, refusal: Refusal, action: &'static str) -> Refusal {
        if let Some((caller, access)) = act.into_denied() {
            self.note(caller, access, action).await;
        }
        refusal
    }

    /// Leaves an audit row of an attempt that was not permitted. The caller is refused either way.
    async fn note(&self, caller: Caller, access: Access, action: &'static str) {
        let district = caller.district;
        let noted = async {
            let act = Act::begin(self, Actor::Person(caller), district, action).await?;
            act.finish_denied(access).await
        };
        if let Err(error) = noted.await {
            tracing::error!(reason = error.reason(), "a refused attempt could not be noted");
        }
    }
}

/// A caller who may do what he called for.
#[derive(Clone, Debug)]
pub struct Authorised {
    caller: Caller,
    access: Access,
    place: Option<CallPlace>,
}

impl Authorised {
    /// Gives his call's place to the next: from now on it only waits for a group commit.
    pub fn gives_place_back(&self) {
        if let Some(place) = &self.place {
            place.give_back();
        }
    }

    /// Who he is.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Writes his roles and the policies that let him act into the act's audit entry.
    pub fn record(&self, entry: &mut Entry) {
        entry.granted(&self.caller.roles, self.access.granted().unwrap_or_default());
    }
}

/// For what is never hidden.
fn no_such_thing() -> Refusal {
    Refusal::not_found("该项内容", "what was asked for")
}

/// The reference of a person in journal and audit.
pub fn person_ref(person_id: &str) -> String {
    format!("person:{person_id}")
}

/// The reference of the petitioner of a case.
pub fn petitioner_ref(case_id: Uuid) -> String {
    person_ref(&petitioner_id(case_id))
}

/// The audit object of an entity.
pub fn object_ref(kind: &str, id: Uuid) -> String {
    format!("{kind}:{id}")
}
