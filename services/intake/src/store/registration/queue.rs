//! The queues between the request tasks and the writers, one for each district: nobody waits behind another district's
//! registrations, neither in line nor for their flush.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use anyhow::Context as _;
use futures::future::join_all;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::Code;
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::DistrictCode;
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

/// Hands registrations to the writer of their district. Clones feed the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    districts: Arc<BTreeMap<DistrictCode, mpsc::Sender<Waiting>>>,
}

impl Queue {
    /// Queues a registration and waits for its commit. A caller who stops waiting does not stop the commit.
    pub(crate) async fn register(&self, registration: Registration) -> Reply {
        let sender = self
            .districts
            .get(&registration.district)
            .expect("invariant: nobody is authorised for a district that is not served");
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            registration: Box::new(registration),
            reply,
        };
        sender.try_send(waiting).map_err(|error| match error {
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

/// The other ends of the queues; become the writers.
#[derive(Debug)]
pub(crate) struct Registrar {
    receivers: Vec<mpsc::Receiver<Waiting>>,
    desk: Desk,
    batch_max: usize,
}

/// A queue for each district that is served, and their other ends.
pub(crate) fn open(desk: Desk, settings: RegistrationSettings) -> (Queue, Registrar) {
    let (mut districts, mut receivers) = (BTreeMap::new(), Vec::new());
    for district in desk.districts().codes() {
        let (sender, receiver) = mpsc::channel(settings.queue_max);
        districts.insert(district, sender);
        receivers.push(receiver);
    }
    (
        Queue {
            districts: Arc::new(districts),
        },
        Registrar {
            receivers,
            desk,
            batch_max: settings.batch_max,
        },
    )
}

impl Registrar {
    /// Writes until `stop`, and then what is still queued. The writers have a thread and a runtime of their own, so
    /// that a burst of requests cannot hold up the few tasks on which all of them wait.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let (done, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("registrar".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.context("runtime of the registrar")?;
                runtime.block_on(async move {
                    let writers = self.receivers.into_iter().map(|receiver| {
                        Writer::new(self.desk.clone(), self.batch_max).run(receiver, stop.clone())
                    });
                    join_all(writers).await;
                });
                // The receivers are gone only when the process is, too.
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
