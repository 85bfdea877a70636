//! The queue between the request tasks and the writer.

use std::thread;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::Code;
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_proto::intake::Registered;

use super::Registration;
use super::writer::Writer;
use crate::config::RegistrationSettings;

/// What a caller gets: the registered case, and whether it is the answer to an earlier copy of the request.
pub(crate) type Reply = Result<(Registered, bool), Refusal>;

/// A registration that waits for its number, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) registration: Box<Registration>,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// Hands registrations to the writer. Clones feed the same one.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    sender: mpsc::Sender<Waiting>,
}

impl Queue {
    /// Queues a registration and waits for its commit. A caller who stops waiting does not stop the commit.
    pub(crate) async fn register(&self, registration: Registration) -> Reply {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            registration: Box::new(registration),
            reply,
        };
        self.sender.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => busy(),
            mpsc::error::TrySendError::Closed(_) => stopping(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }
}

fn busy() -> Refusal {
    Refusal::new(
        Code::ResourceExhausted,
        "BUSY",
        "登记排队过长，请稍后用同一请求重试，内容不会重复登记",
        "too many registrations are waiting; send the same request again shortly, nothing happens twice",
    )
}

fn stopping() -> Refusal {
    Refusal::new(
        Code::Unavailable,
        "TRY_AGAIN",
        "服务正在重启，请稍后用同一请求重试，内容不会重复登记",
        "the service is restarting; send the same request again shortly, nothing happens twice",
    )
}

/// The other end of the queue; becomes the writer's thread.
#[derive(Debug)]
pub(crate) struct Registrar {
    receiver: mpsc::Receiver<Waiting>,
    desk: Desk,
    batch_max: usize,
}

/// A queue and its other end.
pub(crate) fn open(desk: Desk, settings: RegistrationSettings) -> (Queue, Registrar) {
    let (sender, receiver) = mpsc::channel(settings.queue_max);
    (
        Queue { sender },
        Registrar {
            receiver,
            desk,
            batch_max: settings.batch_max,
        },
    )
}

impl Registrar {
    /// Writes until `stop`, and then what is still queued. The writer has a thread and a runtime of its own, so
    /// that a burst of requests cannot hold up the one task on which all of them wait.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let (done, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("registrar".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.context("runtime of the registrar")?;
                runtime.block_on(async move {
                    let writer = Writer::new(self.desk, self.batch_max);
                    writer.run(self.receiver, stop).await;
                });
                // The receiver is gone only when the process is, too.
                let _ = done.send(());
                anyhow::Ok(())
            })?;
        if ended.await.is_ok() {
            return Ok(());
        }
        match thread.join() {
            Ok(result) => result,
            Err(_) => anyhow::bail!("the registrar has panicked"),
        }
    }
}
