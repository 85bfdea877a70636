//! The writer of a district: what has queued while the last flush ran becomes the next flush.
//!
//! While the database writes one batch, the writer numbers the next on top of it; should the first fail, the second
//! falls with it and both go the careful way.

use std::collections::HashMap;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use futures::poll;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use xinqiao_chassis::database::{Database, TenantConnection};
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::refusal::Refusal;

use super::batch::{Base, Batch, Outcome};
use super::entry::{Entry, Key, oldest};
use super::metrics;
use super::queue::Waiting;
use super::series::Series;
use super::standing::{self, KnownRequest};
use super::{Registration, told_before};

/// For the careful way; the quick one has a connection of its own.
const CONNECTIONS: u32 = 1;

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

/// Numbers and writes the registrations of a district, one year at a time.
pub(super) struct Writer {
    desk: Desk,
    database: Database,
    connection: Option<TenantConnection>,
    batch_max: usize,
    /// Where the counters of the years and the chain stood after the last flush.
    remembered: HashMap<Key, Base>,
    /// Who waits while the batches of one district and year are written, in the order they came.
    aside: Vec<Entry>,
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
            aside: Vec::new(),
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
            self.aside.extend(taken.drain(..).map(Entry::from));
            while let Some((key, entries)) = oldest(&mut self.aside) {
                self.flush(key, entries, &mut queue).await;
            }
        }
        self.database.close().await;
        stop.cancelled().await;
    }

    /// Writes what belongs to one district and year, and what comes for it meanwhile.
    async fn flush(&mut self, key: Key, entries: Vec<Entry>, queue: &mut mpsc::Receiver<Waiting>) {
        let Some(base) = self.remembered.remove(&key) else {
            return self.flush_carefully(key, entries).await;
        };
        let mut batch = Batch::from(key, base);
        for entry in entries {
            batch.add(&self.desk, entry);
        }
        let mut durable = None;
        while !batch.is_empty() {
            let began = Instant::now();
            let mut following = Batch::from(key, batch.next);
            let written = self.write(&batch, durable.take(), &mut following, queue).await;
            match written {
                Ok(()) => {
                    metrics::flushed(key.district, batch.len(), began.elapsed());
                    self.desk.wakers().relay.wake();
                    self.remember(key, batch.next);
                    durable = Some(std::mem::replace(&mut batch, following));
                }
                Err(failure) => {
                    self.remembered.remove(&key);
                    let mut entries = batch.into_entries();
                    entries.extend(following.into_entries());
                    return self.fail(key, entries, failure).await;
                }
            }
        }
        if let Some(durable) = durable {
            durable.answer();
        }
    }

    /// Sends a batch, and until it is durable answers those of the one before and numbers the one that follows.
    async fn write(
        &mut self,
        batch: &Batch,
        durable: Option<Batch>,
        following: &mut Batch,
        queue: &mut mpsc::Receiver<Waiting>,
    ) -> Result<(), Failure> {
        let Self {
            desk,
            database,
            connection,
            batch_max,
            aside,
            ..
        } = self;
        let mut writing = pin!(write_at_once(database, connection, batch));
        let mut written = poll!(&mut writing);
        if let Some(durable) = durable {
            durable.answer();
        }
        loop {
            if let Poll::Ready(written) = written {
                return written;
            }
            let room = following.len() + aside.len() < *batch_max;
            tokio::select! {
                biased;
                done = &mut writing => written = Poll::Ready(done),
                Some(taken) = queue.recv(), if room => {
                    let entry = Entry::from(taken);
                    // Once somebody stands aside, all who come later do: nobody is overtaken.
                    if aside.is_empty() && following.takes(&entry) {
                        following.add(desk, entry);
                    } else {
                        aside.push(entry);
                    }
                }
            }
        }
    }

    /// What to do when a batch was not written: what was counted on it does not count either.
    async fn fail(&mut self, key: Key, entries: Vec<Entry>, failure: Failure) {
        match failure {
            Failure::Moved => metrics::moved(key.district),
            Failure::Database(error) if !of_one_row(&error) => return refuse(entries, error),
            Failure::Database(_) => {}
        }
        self.flush_carefully(key, entries).await;
    }

    /// Writes entries from what is locked and read. Entries whose row fails are taken out; the rest is written.
    async fn flush_carefully(&mut self, key: Key, mut entries: Vec<Entry>) {
        let began = Instant::now();
        let count = entries.len();
        // A copy may have come on the batch that follows the one with its original.
        let mut pending: Vec<_> = oldest(&mut entries).into_iter().map(|(_, group)| group).collect();
        while let Some(mut entries) = pending.pop() {
            if entries.is_empty() {
                continue;
            }
            match self.write_locked(key, &mut entries).await {
                Ok(()) => {}
                Err(error) if entries.len() > 1 && of_one_row(&error) => {
                    let second = entries.split_off(entries.len() / 2);
                    pending.push(second);
                    pending.push(entries);
                }
                Err(error) => refuse(entries, error),
            }
        }
        metrics::flushed(key.district, count, began.elapsed());
    }

    /// The careful way: locks counter and chain, answers requests that are known, writes the others. On an error the
    /// entries are as they were, but for those that were known.
    async fn write_locked(&mut self, key: Key, entries: &mut Vec<Entry>) -> Result<(), sqlx::Error> {
        let mut tx = self.database.begin(key.district).await?;
        let base = standing::lock(tx.conn(), key, self.paper(key)).await?;
        let ids: Vec<Uuid> = entries.iter().map(Entry::request_id).collect();
        for known in standing::known(tx.conn(), key.district, &ids, self.desk.clock().now()).await? {
            self.answer_known(entries, known);
        }
        let mut batch = Batch::from(key, base);
        for entry in std::mem::take(entries) {
            batch.add(&self.desk, entry);
        }
        let written = async {
            if !batch.is_empty() && batch.write(tx.conn()).await? == Outcome::Moved {
                return Err(sqlx::Error::Protocol(
                    "counter and chain moved under their locks".to_owned(),
                ));
            }
            tx.commit().await
        };
        if let Err(error) = written.await {
            *entries = batch.into_entries();
            return Err(error);
        }
        self.desk.wakers().relay.wake();
        self.remember(key, batch.next);
        batch.answer();
        Ok(())
    }

    /// Remembers where a counter stands, and the chain for all of them: what a block has given does not make the counter's
    /// next batch a second try. A block itself always goes the careful way.
    fn remember(&mut self, key: Key, base: Base) {
        for known in self.remembered.values_mut() {
            known.head = base.head;
        }
        if key.series == Series::Counter {
            self.remembered.insert(key, base);
        }
    }

    /// The last number used on paper in a year, as the file of the district says.
    fn paper(&self, key: Key) -> u32 {
        let file = self.desk.districts().get(key.district);
        file.map_or(0, |district| district.paper_last(key.year.into()))
    }

    /// Takes out the entry of a request that has its answer already.
    fn answer_known(&self, entries: &mut Vec<Entry>, known: KnownRequest) {
        let found = entries
            .iter()
            .position(|entry| entry.request_id() == known.request_id);
        let Some(position) = found else { return };
        let entry = entries.swap_remove(position);
        let Registration {
            district, request, ..
        } = &*entry.registration;
        let told = told_before(self.desk.keys(), *district, request, known);
        entry.answer(told.map(|registered| (registered, true)));
    }
}

/// One round trip: the statement is a transaction of its own.
async fn write_at_once(
    database: &Database,
    kept: &mut Option<TenantConnection>,
    batch: &Batch,
) -> Result<(), Failure> {
    let mut connection = database.connect(kept.take()).await?;
    let outcome = match connection.of(batch.key().district).await {
        Ok(connection) => batch.write(connection).await,
        Err(error) => Err(error),
    };
    match outcome {
        // Lost on the way: nobody knows whether the batch was written, but the careful way finds it by its
        // request ids.
        Err(ref error) if is_lost(error) => return Err(Failure::Moved),
        _ => *kept = Some(connection),
    }
    match outcome? {
        Outcome::Written => Ok(()),
        Outcome::Moved => Err(Failure::Moved),
    }
}

fn refuse(entries: Vec<Entry>, error: sqlx::Error) {
    let refusal = Refusal::from(error);
    for entry in entries {
        entry.answer(Err(refusal.clone()));
    }
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
