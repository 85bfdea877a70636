//! Wakes background tasks of this process after a commit. A lost wake-up costs one poll, nothing else.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Wakes everyone who listens. Clones are the same waker.
#[derive(Clone, Debug)]
pub struct Waker {
    sender: Arc<watch::Sender<()>>,
}

impl Default for Waker {
    fn default() -> Self {
        Self {
            sender: Arc::new(watch::Sender::new(())),
        }
    }
}

impl Waker {
    /// Says that there may be work.
    pub fn wake(&self) {
        self.sender.send_replace(());
    }

    /// One more listener; it sees every wake-up from now on, several as one.
    pub(crate) fn listen(&self) -> Listener {
        Listener {
            receiver: self.sender.subscribe(),
        }
    }
}

/// Waits for wake-ups.
#[derive(Debug)]
pub(crate) struct Listener {
    receiver: watch::Receiver<()>,
}

impl Listener {
    /// Waits for a wake-up or `poll`, whichever comes first. False when the process stops.
    pub(crate) async fn pause(&mut self, stop: &CancellationToken, poll: Duration) -> bool {
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = tokio::time::sleep(poll) => true,
            Ok(()) = self.receiver.changed() => true,
        }
    }
}

/// The background tasks of a service.
#[derive(Clone, Debug, Default)]
pub struct Wakers {
    /// The relay: there may be events to publish.
    pub relay: Waker,
    /// The applier: there may be events to apply.
    pub inbox: Waker,
    /// Background jobs: there may be work.
    pub jobs: Waker,
}

impl Wakers {
    /// Wakes everyone.
    pub fn wake(&self) {
        for waker in [&self.relay, &self.inbox, &self.jobs] {
            waker.wake();
        }
    }
}
