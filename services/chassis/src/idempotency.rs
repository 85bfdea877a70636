//! Answers already given: a request sent again gets the first answer; with another body it is refused.
//!
//! The row is claimed first, so that two copies of a request wait for each other instead of acting twice.

use prost::Message;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tonic::Code;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use crate::refusal::{Fields, Refusal, WrongFields};
use crate::seal::{KeyRing, SealContext, Sealed};

/// How long an answer is kept, in legal time.
pub const KEPT: Duration = Duration::days(30);

/// Reads the request id that a client chose: a UUID as text.
pub fn request_id(text: &str) -> Result<Uuid, WrongFields> {
    let mut fields = Fields::new();
    let id = fields.uuid("request_id", text);
    fields.finish()?;
    Ok(id.expect("invariant: nothing was wrong"))
}

/// What makes a request the same request: who asked, for what, with which body. Keyed, because the body may hold
/// guessable personal data.
pub fn body_hash<Q: Message>(
    keys: &KeyRing,
    district: DistrictCode,
    actor_ref: &str,
    action: &str,
    body: &Q,
) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(actor_ref.len() + action.len() + 2 + body.encoded_len());
    for part in [actor_ref, action] {
        bytes.extend_from_slice(part.as_bytes());
        bytes.push(0);
    }
    body.encode(&mut bytes).expect("a vector grows as needed");
    keys.keyed_hash(district, "idempotency", &bytes)
}

/// One row of `idempotency`.
#[derive(Clone, Debug)]
pub struct IdempotencyRow {
    /// Chosen by the client.
    pub request_id: Uuid,
    /// What was asked for.
    pub action: &'static str,
    /// [`body_hash`].
    pub body_hash: [u8; 32],
    /// The answer, sealed; filled before the commit.
    pub answer: Option<Sealed>,
    /// Legal time after which the row means nothing.
    pub expires_at: OffsetDateTime,
}

impl IdempotencyRow {
    /// A row of a request made at `now` whose answer is not known yet.
    pub fn new(request_id: Uuid, action: &'static str, body_hash: [u8; 32], now: OffsetDateTime) -> Self {
        Self {
            request_id,
            action,
            body_hash,
            answer: None,
            expires_at: now + KEPT,
        }
    }

    /// Seals the answer for the row.
    #[must_use]
    pub fn answered<A: Message>(mut self, keys: &KeyRing, district: DistrictCode, answer: &A) -> Self {
        self.answer = Some(keys.seal(&context(district, self.request_id), &answer.encode_to_vec()));
        self
    }
}

/// What is known of a request.
#[derive(Debug)]
pub enum Known<A> {
    /// Never seen, or seen so long ago that it no longer counts.
    New,
    /// Answered before with this.
    Answered(A),
}

fn context(district: DistrictCode, request_id: Uuid) -> SealContext<'static> {
    SealContext::new(district, "idempotency", "answer", request_id)
}

/// The refusal for a request id that was used for something else.
pub fn reused() -> Refusal {
    Refusal::new(
        Code::AlreadyExists,
        "REQUEST_ID_REUSED",
        "该请求编号已用于内容不同的请求；请用新的请求编号重新提交。",
        "This request_id was used for a different request; send it again with a new request_id.",
    )
}

/// Reads a stored answer, or refuses when it belongs to another request.
pub fn replay<A: Message + Default>(
    keys: &KeyRing,
    district: DistrictCode,
    wanted: &IdempotencyRow,
    stored_hash: &[u8],
    stored_answer: Option<Sealed>,
) -> Result<A, Refusal> {
    if stored_hash != wanted.body_hash {
        return Err(reused());
    }
    let sealed = stored_answer.ok_or_else(|| Refusal::internal(&"a stored request has no answer"))?;
    let bytes = keys
        .open(&context(district, wanted.request_id), &sealed)
        .map_err(|error| Refusal::internal(&error))?;
    A::decode(bytes.as_slice()).map_err(|error| Refusal::internal(&error))
}

/// Claims the request id in this transaction, or finds the answer. Waits for another copy of the request that is
/// being worked on.
pub(crate) async fn claim<A: Message + Default>(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    row: &IdempotencyRow,
    now: OffsetDateTime,
) -> Result<Known<A>, Refusal> {
    let claimed = sqlx::query(
        "INSERT INTO idempotency AS i (district_code, request_id, action, body_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (district_code, request_id) DO UPDATE
         SET action = excluded.action, body_hash = excluded.body_hash, answer = NULL, expires_at = excluded.expires_at
         WHERE i.expires_at <= $6",
    )
    .bind(district.as_str())
    .bind(row.request_id)
    .bind(row.action)
    .bind(row.body_hash.as_slice())
    .bind(row.expires_at)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    if claimed.rows_affected() == 1 {
        return Ok(Known::New);
    }
    let (hash, answer): (Vec<u8>, Option<Sealed>) = sqlx::query_as(
        "SELECT body_hash, answer FROM idempotency WHERE district_code = $1 AND request_id = $2",
    )
    .bind(district.as_str())
    .bind(row.request_id)
    .fetch_one(connection)
    .await?;
    replay(keys, district, row, &hash, answer).map(Known::Answered)
}

/// Stores the answer beside the claim.
pub(crate) async fn store(
    connection: &mut PgConnection,
    district: DistrictCode,
    row: &IdempotencyRow,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE idempotency SET answer = $3 WHERE district_code = $1 AND request_id = $2")
        .bind(district.as_str())
        .bind(row.request_id)
        .bind(row.answer.as_ref())
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets answers whose time is over; returns how many.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    district: DistrictCode,
    now: OffsetDateTime,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query("DELETE FROM idempotency WHERE district_code = $1 AND expires_at <= $2")
        .bind(district.as_str())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
