//! The writer: what has queued while the last flush ran becomes the next flush.

use std::collections::HashMap;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::database::{Database, TenantConnection};
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::idempotency;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::{CaseNumber, DistrictCode};
use xinqiao_proto::intake::{RegisterVisitResponse, Registered};

use super::Registration;
use super::batch::{self, Base, Batch, KnownRequest, Outcome};
use super::metrics;
use super::queue::{Reply, Waiting};

/// For the careful way; the quick one has a connection of its own.
const CONNECTIONS: u32 = 1;

/// A registration and everybody who waits for it: copies of one request share the answer.
struct Entry {
    registration: Box<Registration>,
    replies: Vec<oneshot::Sender<Reply>>,
}

impl Entry {
    /// The first caller gets the answer, everybody else a copy. A caller who has gone does not read his; his case
    /// is registered all the same.
    fn answer(self, reply: Reply) {
        let mut senders = self.replies.into_iter();
        let Some(first) = senders.next() else { return };
        for sender in senders {
            let _ = sender.send(reply.clone().map(|(registered, _)| (registered, true)));
        }
        let _ = first.send(reply);
    }
}

/// Why a flush did not happen.
enum Failure {
    /// Counter, chain or request ids were not as remembered, or the connection was lost.
    Moved,
    /// The database refused or is away.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Numbers and writes registrations, one district and year at a time.
pub(super) struct Writer {
    desk: Desk,
    database: Database,
    connection: Option<TenantConnection>,
    batch_max: usize,
    /// Where counter and chain of a district and year stood after the last flush.
    remembered: HashMap<(DistrictCode, i16), Base>,
}

impl Writer {
    /// A writer with a pool of its own, made inside the runtime it runs on.
    pub(super) fn new(desk: Desk, batch_max: usize) -> Self {
        let database = desk.database().separate(CONNECTIONS);
        Self {
            desk,
            database,
            connection: None,
            batch_max,
            remembered: HashMap::new(),
        }
    }

    /// Flushes until `stop`, and then what is still queued.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Waiting>, stop: CancellationToken) {
        let mut taken = Vec::with_capacity(self.batch_max);
        loop {
            let count = tokio::select! {
                biased;
                count = queue.recv_many(&mut taken, self.batch_max) => count,
                () = stop.cancelled() => {
                    queue.close();
                    queue.recv_many(&mut taken, self.batch_max).await
                }
            };
            // Nothing comes any more: the server has gone, and with it everybody who could queue.
            if count == 0 {
                break;
            }
            for (key, entries) in grouped(taken.drain(..)) {
                self.flush(key, entries).await;
            }
        }
        self.database.close().await;
        stop.cancelled().await;
    }

    /// Writes what belongs to one district and year. Entries whose row fails are taken out; the rest is written.
    async fn flush(&mut self, key: (DistrictCode, i16), entries: Vec<Entry>) {
        let began = Instant::now();
        let count = entries.len();
        let mut pending = vec![entries];
        while let Some(entries) = pending.pop() {
            if entries.is_empty() {
                continue;
            }
            match self.write(key, entries).await {
                Ok(()) => {}
                Err((entries, error)) if entries.len() > 1 && of_one_row(&error) => {
                    let mut first = entries;
                    let second = first.split_off(first.len() / 2);
                    pending.push(second);
                    pending.push(first);
                }
                Err((entries, error)) => {
                    let refusal = Refusal::from(error);
                    for entry in entries {
                        entry.answer(Err(refusal.clone()));
                    }
                }
            }
        }
        metrics::flushed(key.0, count, began.elapsed());
    }

    /// Writes entries in one transaction: first from what is remembered, and when that is out of date from what
    /// is locked and read.
    async fn write(
        &mut self,
        key: (DistrictCode, i16),
        entries: Vec<Entry>,
    ) -> Result<(), (Vec<Entry>, sqlx::Error)> {
        if let Some(base) = self.remembered.remove(&key) {
            match self.write_from_memory(key, base, &entries).await {
                Ok((next, answers)) => {
                    self.remembered.insert(key, next);
                    self.answer(entries, answers);
                    return Ok(());
                }
                Err(Failure::Database(error)) => return Err((entries, error)),
                Err(Failure::Moved) => metrics::moved(key.0),
            }
        }
        self.write_locked(key, entries).await
    }

    /// One round trip: the statement is a transaction of its own.
    async fn write_from_memory(
        &mut self,
        key: (DistrictCode, i16),
        base: Base,
        entries: &[Entry],
    ) -> Result<(Base, Vec<Result<Registered, Refusal>>), Failure> {
        let mut connection = self.database.connect(self.connection.take()).await?;
        let (batch, answers) = self.batch(key, base, entries);
        let outcome = match connection.of(key.0).await {
            Ok(connection) => batch.write(connection).await,
            Err(error) => Err(error),
        };
        match outcome {
            // Lost on the way: nobody knows whether the batch was written, but the careful way finds it by its
            // request ids.
            Err(ref error) if is_lost(error) => return Err(Failure::Moved),
            _ => self.connection = Some(connection),
        }
        match outcome? {
            Outcome::Written => Ok((batch.next, answers)),
            Outcome::Moved => Err(Failure::Moved),
        }
    }

    async fn write_locked(
        &mut self,
        key: (DistrictCode, i16),
        mut entries: Vec<Entry>,
    ) -> Result<(), (Vec<Entry>, sqlx::Error)> {
        let result = self.locked(key, &mut entries).await;
        match result {
            Ok((next, answers)) => {
                self.remembered.insert(key, next);
                self.answer(entries, answers);
                Ok(())
            }
            Err(error) => Err((entries, error)),
        }
    }

    /// The careful way: locks counter and chain, answers requests that are known, writes the others.
    async fn locked(
        &self,
        key: (DistrictCode, i16),
        entries: &mut Vec<Entry>,
    ) -> Result<(Base, Vec<Result<Registered, Refusal>>), sqlx::Error> {
        let mut tx = self.database.begin(key.0).await?;
        let base = batch::lock(tx.conn(), key.0, key.1).await?;
        let ids: Vec<Uuid> = entries
            .iter()
            .map(|entry| entry.registration.request.request_id)
            .collect();
        let known = batch::known(tx.conn(), key.0, &ids, self.desk.clock().now()).await?;
        for known in known {
            self.answer_known(entries, known);
        }
        let (batch, answers) = self.batch(key, base, entries);
        if !batch.rows.is_empty() && batch.write(tx.conn()).await? == Outcome::Moved {
            return Err(sqlx::Error::Protocol(
                "counter and chain moved under their locks".to_owned(),
            ));
        }
        tx.commit().await?;
        Ok((batch.next, answers))
    }

    /// Takes out the entry of a request that has its answer already.
    fn answer_known(&self, entries: &mut Vec<Entry>, known: KnownRequest) {
        let found = entries
            .iter()
            .position(|entry| entry.registration.request.request_id == known.request_id);
        let Some(position) = found else { return };
        let entry = entries.swap_remove(position);
        let Registration {
            district, request, ..
        } = &*entry.registration;
        let replayed = idempotency::replay::<RegisterVisitResponse>(
            self.desk.keys(),
            *district,
            request,
            &known.body_hash,
            known.answer,
        );
        let reply = replayed.map(|response| (response.registered.unwrap_or_default(), true));
        entry.answer(reply);
    }

    /// Numbers the entries and links them into the chain. The answer at the place of each entry; an entry that
    /// gets no number any more is refused and takes no place in the batch.
    fn batch<'a>(
        &self,
        (district, year): (DistrictCode, i16),
        base: Base,
        entries: &'a [Entry],
    ) -> (Batch<'a>, Vec<Result<Registered, Refusal>>) {
        let mut next = base;
        let mut rows = Vec::with_capacity(entries.len());
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            let registration = &*entry.registration;
            let digit = registration.submission.digit();
            let Ok(number) = CaseNumber::new(district, i32::from(year), digit, next.last + 1) else {
                answers.push(Err(exhausted()));
                continue;
            };
            let (numbered, answer) = registration.numbered(self.desk.service(), self.desk.keys(), number);
            let (audit, head) = registration.audit.chain(district, next.head);
            next = Base {
                last: number.sequence(),
                head,
            };
            answers.push(Ok(answer));
            rows.push((registration, numbered, audit));
        }
        (
            Batch {
                district,
                year,
                base,
                next,
                rows,
            },
            answers,
        )
    }

    fn answer(&self, entries: Vec<Entry>, answers: Vec<Result<Registered, Refusal>>) {
        // A registration leaves work for the relay only.
        self.desk.wakers().relay.wake();
        for (entry, answer) in entries.into_iter().zip(answers) {
            entry.answer(answer.map(|registered| (registered, false)));
        }
    }
}

/// By district and year, copies of one request together; a request id used twice with different bodies refuses
/// the later one.
fn grouped(taken: impl Iterator<Item = Waiting>) -> HashMap<(DistrictCode, i16), Vec<Entry>> {
    let mut groups: HashMap<_, Vec<Entry>> = HashMap::new();
    let mut seen: HashMap<(DistrictCode, Uuid), ((DistrictCode, i16), usize)> = HashMap::new();
    for Waiting { registration, reply } in taken {
        let key = (registration.district, batch::year_of(registration.registered_on));
        let request = (registration.district, registration.request.request_id);
        if let Some((key, position)) = seen.get(&request) {
            let first = &mut groups
                .get_mut(key)
                .expect("invariant: noted when it was put there")[*position];
            if first.registration.request.body_hash == registration.request.body_hash {
                first.replies.push(reply);
            } else {
                let _ = reply.send(Err(idempotency::reused()));
            }
            continue;
        }
        let group = groups.entry(key).or_default();
        seen.insert(request, (key, group.len()));
        group.push(Entry {
            registration,
            replies: vec![reply],
        });
    }
    groups
}

/// Whether the connection is gone: no word from the server, or its last one before it shut down.
fn is_lost(error: &sqlx::Error) -> bool {
    let Some(said) = error.as_database_error() else {
        return true;
    };
    said.code()
        .is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
}

/// Whether an error can be the fault of one row: the server looked at the data and did not like it.
fn of_one_row(error: &sqlx::Error) -> bool {
    let class = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(class.as_deref().and_then(|code| code.get(..2)), Some("22" | "23"))
}

fn exhausted() -> Refusal {
    Refusal::new(
        Code::ResourceExhausted,
        "NUMBERS_EXHAUSTED",
        "本年度信访编号已用完，请联系系统管理员",
        "the case numbers of this year are used up; call the administrator",
    )
}
