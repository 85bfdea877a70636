//! The data side: what acts leave behind, what is published, what arrives and is applied.
//!
//! The service under test keeps notes and writes down every effect of a foreign event.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;
use sqlx::migrate::Migrator;
use tonic::Request;
use tonic::service::Routes;
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Command, Desk};
use xinqiao_chassis::identity::{Caller, Role};
use xinqiao_chassis::inbox::{Incoming, Subscriber};
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::permission::{Resource, Right, RightTable};
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::SealedColumn;
use xinqiao_chassis::server::rpcs;
use xinqiao_chassis::service::{Parts, Service};
use xinqiao_chassis::testing::Bench;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::event::EventBody;

mod acts;
mod audit;
mod boot;
mod bus;
mod cancel;
mod checkpoints;
mod documents;
mod inbox;
mod isolation;
mod opened;
mod relay;
mod rotation;

static MIGRATOR: Migrator = sqlx::migrate!("tests/chassis/migrations");

static SEALED: [SealedColumn; 1] = [SealedColumn::new("note", "content", "note_id")];

/// Text that must be found nowhere in clear.
const SECRET: &str = "王小明的噪声投诉";

/// A request to keep a note.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct WriteNote {
    #[prost(string, tag = "1")]
    request_id: String,
    #[prost(string, tag = "2")]
    text: String,
}

/// The answer.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct NoteWritten {
    #[prost(string, tag = "1")]
    note_id: String,
    #[prost(string, tag = "2")]
    text: String,
}

/// The event.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Noted {
    #[prost(string, tag = "1")]
    note_id: String,
    #[prost(bytes = "vec", tag = "2")]
    filling: Vec<u8>,
}

impl EventBody for Noted {
    const KINDS: &'static [&'static str] =
        &["note.written", "note.refused", "note.panicked", "note.answered"];
}

impl Command for WriteNote {
    const ACTION: &'static str = "intake.WriteNote";

    fn request_id(&self) -> &str {
        &self.request_id
    }
}

fn home() -> DistrictCode {
    "220502".parse().unwrap()
}

fn neighbour() -> DistrictCode {
    "220503".parse().unwrap()
}

fn clerk_of(district: DistrictCode) -> Caller {
    Caller {
        person_id: "li".to_owned(),
        roles: vec![Role::Clk],
        district,
        unit_id: None,
        leader_id: None,
        portfolio: Vec::new(),
        towns: Vec::new(),
        case_id: None,
        name: "李登记".to_owned(),
    }
}

/// As the server hands it to a handler, after the token was checked.
fn asked(request_id: Uuid, text: &str) -> Request<WriteNote> {
    let message = WriteNote {
        request_id: request_id.to_string(),
        text: text.to_owned(),
    };
    let mut request = Request::new(message);
    request.extensions_mut().insert(clerk_of(home()));
    request.extensions_mut().insert(Right::RegisterCase);
    request
}

fn not_found() -> Refusal {
    Refusal::not_found("记录", "the note")
}

async fn keep(act: &mut Act, query: WriteNote) -> Result<NoteWritten, Refusal> {
    act.authorise(&Resource::District(act.district()), not_found)?;
    let note_id = random::new_id();
    let content = act.seal("note", "content", note_id, &query.text);
    let district = act.district();
    sqlx::query("INSERT INTO note (district_code, note_id, content) VALUES ($1, $2, $3)")
        .bind(district.as_str())
        .bind(note_id)
        .bind(content)
        .execute(act.conn())
        .await?;
    let entity = Entity::other(note_id);
    act.publish(
        "note.written",
        entity,
        &Noted {
            note_id: note_id.to_string(),
            filling: Vec::new(),
        },
    );
    act.audit(format!("note:{note_id}"), &["content"], Some(&query.text));
    act.file_bytes(entity, "D01", "03", query.text.as_bytes());
    Ok(NoteWritten {
        note_id: note_id.to_string(),
        text: query.text,
    })
}

fn keeping(act: &mut Act, query: WriteNote) -> BoxFuture<'_, Result<NoteWritten, Refusal>> {
    Box::pin(keep(act, query))
}

async fn write(desk: &Desk, request_id: Uuid, text: &str) -> Result<NoteWritten, tonic::Status> {
    desk.act(asked(request_id, text), keeping)
        .await
        .map(tonic::Response::into_inner)
}

/// Publishes events of one entity each, as a job would.
async fn publish(desk: &Desk, entity: Entity, count: usize, filling: usize) -> Vec<Uuid> {
    desk.run(home(), "intake.Publish", move |act| {
        Box::pin(async move {
            let body = Noted {
                note_id: entity.id.to_string(),
                filling: vec![0; filling],
            };
            Ok((0..count)
                .map(|_| act.publish("note.written", entity, &body))
                .collect())
        })
    })
    .await
    .unwrap()
}

fn entity() -> Entity {
    Entity::of(EntityKind::Other, random::new_id())
}

/// Writes down every effect; fails or panics where the kind says so, until it was healed.
struct Witness;

static HEALED: AtomicBool = AtomicBool::new(false);

impl Subscriber for Witness {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        Box::pin(async move {
            let district = act.district();
            sqlx::query(
                "INSERT INTO effect (district_code, event_id, publisher, entity_id, sequence) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(district.as_str())
            .bind(event.event_id)
            .bind(&event.publisher)
            .bind(event.entity_id)
            .bind(i64::try_from(event.sequence).unwrap())
            .execute(act.conn())
            .await?;
            match event.kind.as_str() {
                "note.panicked" if !HEALED.load(Ordering::SeqCst) => panic!("as asked"),
                "note.refused" if !HEALED.load(Ordering::SeqCst) => Err(Refusal::wrong_holder("assignment")),
                "note.answered" => {
                    act.publish(
                        "note.written",
                        Entity::other(event.entity_id),
                        &event.decode::<Noted>()?,
                    );
                    Ok(())
                }
                _ => Ok(()),
            }
        })
    }
}

fn rights() -> RightTable {
    let rows: Vec<(&'static str, Right)> = rpcs("xinqiao.intake.v1")
        .into_iter()
        .map(|path| (&*path.leak(), Right::RegisterCase))
        .collect();
    rows.leak()
}

fn service() -> Service {
    Service {
        name: "intake",
        about: "keeps notes",
        migrator: &MIGRATOR,
        rights: rights(),
        open: &[],
        sealed: &SEALED,
        settings: |_| (),
        build: |_, ()| Ok(Parts::new(Routes::default(), Witness)),
    }
}

/// Events of the journal that the bus does not have.
async fn unpublished(bench: &Bench) -> i64 {
    count(bench, "SELECT count(*) FROM unpublished, unnest(event_ids)").await
}

async fn count(bench: &Bench, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(bench.pool())
        .await
        .unwrap()
}
