//! Reads the key book again: now and then, and when a value names a key that is not known.
//!
//! It has a thread of its own, so that a task that opens a value can wait for it without waiting for itself.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::runtime::Runtime;

use super::KeySource;
use super::book::{BookError, KeyBook};
use super::keys::Keys;
use crate::metrics;

/// Longest wait of somebody who asks; a key manager may be slow.
const PATIENCE: Duration = Duration::from_secs(2);
/// Shortest time between two readings that were asked for, however many values name an unknown key.
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// The keys in use; every reading that succeeds puts others in their place.
pub(super) type Current = RwLock<Arc<Keys>>;

/// The keys in use at this instant.
pub(super) fn current(keys: &Current) -> Arc<Keys> {
    Arc::clone(&keys.read().unwrap_or_else(PoisonError::into_inner))
}

/// Asks the thread that reads the book. The thread ends with it.
pub(super) struct Watch {
    asks: SyncSender<SyncSender<()>>,
    /// When a reading was last asked for.
    asked: Mutex<Option<Instant>>,
}

/// Reads the book for the first time and keeps reading it.
pub(super) fn start(source: KeySource, every: Duration) -> Result<(Arc<Current>, Watch), BookError> {
    let (asks, questions) = sync_channel(1);
    let (first, answer) = sync_channel(1);
    let gone = |source: io::Error| BookError::Refused(format!("the thread of the key book: {source}"));
    thread::Builder::new()
        .name("key-book".to_owned())
        .spawn(move || begin(source, every, &first, &questions))
        .map_err(gone)?;
    let keys = answer
        .recv()
        .map_err(|_| gone(io::ErrorKind::BrokenPipe.into()))??;
    let watch = Watch {
        asks,
        asked: Mutex::default(),
    };
    Ok((keys, watch))
}

impl Watch {
    /// The keys after another reading, when one is due; at once when somebody else has just had it.
    pub(super) fn again(&self, keys: &Current, seen: &Arc<Keys>) -> Arc<Keys> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = current(keys);
        if !Arc::ptr_eq(&now, seen) || asked.is_some_and(|at| at.elapsed() < ASKED_EVERY) {
            return now;
        }
        let (done, answer) = sync_channel(1);
        if self.asks.try_send(done).is_ok() {
            // A reading that takes longer is there for the next who asks.
            let _ = answer.recv_timeout(PATIENCE);
        }
        *asked = Some(Instant::now());
        current(keys)
    }
}

/// What the thread does.
fn begin(
    source: KeySource,
    every: Duration,
    first: &SyncSender<Result<Arc<Current>, BookError>>,
    questions: &Receiver<SyncSender<()>>,
) {
    let read = Reader::begin(source);
    let (mut reader, keys) = match read {
        Ok((reader, keys)) => (reader, Arc::new(RwLock::new(Arc::new(keys)))),
        Err(error) => {
            // Nobody waits for the answer of a start that was given up.
            let _ = first.send(Err(error));
            return;
        }
    };
    let weak = Arc::downgrade(&keys);
    if first.send(Ok(keys)).is_err() {
        return;
    }
    loop {
        let asker = match questions.recv_timeout(every) {
            Ok(asker) => Some(asker),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let Some(keys) = Weak::upgrade(&weak) else { return };
        reader.again(&keys);
        if let Some(asker) = asker {
            // It may have lost its patience.
            let _ = asker.send(());
        }
    }
}

struct Reader {
    source: KeySource,
    runtime: Runtime,
    /// The text of the book in use.
    text: String,
}

impl Reader {
    fn begin(source: KeySource) -> Result<(Self, Keys), BookError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| BookError::Refused(format!("the thread of the key book: {error}")))?;
        let text = source.book.text()?;
        let keys = unlock(&runtime, &source, &text)?;
        let reader = Self {
            source,
            runtime,
            text,
        };
        Ok((reader, keys))
    }

    /// Takes a book that has changed; one that is no good is not taken, and the old one stays.
    fn again(&mut self, keys: &Current) {
        match self.changed(&current(keys)) {
            Ok(None) => {}
            Ok(Some((text, new))) => {
                *keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                self.text = text;
                tracing::info!("key book read");
            }
            Err(error) => {
                metrics::key_book_refused();
                tracing::error!(%error, "key book refused, the one in use stays");
            }
        }
    }

    fn changed(&self, used: &Keys) -> Result<Option<(String, Keys)>, BookError> {
        let text = self.source.book.text()?;
        if text == self.text {
            return Ok(None);
        }
        let keys = unlock(&self.runtime, &self.source, &text)?;
        match keys.contradiction(used) {
            None => Ok(Some((text, keys))),
            Some(what) => Err(BookError::Contradiction(what)),
        }
    }
}

fn unlock(runtime: &Runtime, source: &KeySource, text: &str) -> Result<Keys, BookError> {
    let book = KeyBook::parse(text)?;
    runtime.block_on(async {
        let wrap = source.wrap()?;
        book.unlock(wrap.as_ref()).await
    })
}
