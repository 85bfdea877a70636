//! Starts tasks, watches them, and stops them in order.
//!
//! A stop goes: not ready → workers (jobs and consumers) → server (open calls are answered) → relay (the
//! journal is flushed). Pool and telemetry are closed by the caller afterwards. The whole stop has one
//! deadline; a second signal cuts it short. A task that ends by itself is a fault: it stops the process,
//! which then exits non-zero, so that whoever runs it starts it afresh.

use std::{any::Any, future::Future, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// What belongs together when a process stops; in the order of the stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Jobs, timers and consumers: take no new work.
    Workers,
    /// The gRPC server: answers the calls that are open.
    Server,
    /// The relay: publishes what the last calls wrote.
    Relay,
}

impl Stage {
    const ORDER: [Self; 3] = [Self::Workers, Self::Server, Self::Relay];
}

/// How a process came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Asked to, and everything ended in time.
    Clean,
    /// A task died; the process must be started afresh.
    TaskDied(String),
    /// These tasks did not end before the deadline, or a second signal cut them.
    Cut(Vec<&'static str>),
}

#[derive(Debug)]
struct Task {
    name: &'static str,
    stage: Stage,
    handle: JoinHandle<()>,
}

/// The tasks of a process. Start them with [`Lifecycle::spawn`], then call [`Lifecycle::run`].
#[derive(Debug)]
pub struct Lifecycle {
    tokens: [CancellationToken; 3],
    tasks: Vec<Task>,
    deaths: (mpsc::UnboundedSender<String>, mpsc::UnboundedReceiver<String>),
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            tokens: Stage::ORDER.map(|_| CancellationToken::new()),
            tasks: Vec::new(),
            deaths: mpsc::unbounded_channel(),
        }
    }
}

impl Lifecycle {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The token that tells the tasks of a stage to end.
    pub fn token(&self, stage: Stage) -> CancellationToken {
        self.tokens[stage as usize].clone()
    }

    /// Starts a task. It must run until the token of its stage is cancelled, and then end soon.
    pub fn spawn<E, F>(&mut self, stage: Stage, name: &'static str, task: F)
    where
        E: std::fmt::Display,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let deaths = self.deaths.0.clone();
        let token = self.token(stage);
        let handle = tokio::spawn(async move {
            let end = match AssertUnwindSafe(task).catch_unwind().await {
                Ok(Ok(())) if token.is_cancelled() => return,
                Ok(Ok(())) => "ended by itself".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(panic) => format!("panicked: {}", panic_text(&*panic)),
            };
            tracing::error!(task = name, cause = %end, "a task has died");
            // The receiver lives as long as the process waits.
            let _ = deaths.send(format!("{name}: {end}"));
        });
        self.tasks.push(Task { name, stage, handle });
    }

    /// Waits for `asked` or a dead task, then stops everything within `deadline`.
    ///
    /// `not_ready` runs first and must turn the health service off and end its watches; `notice` is the
    /// time a load balancer gets to see it. `again` ends the patience: the second signal.
    pub async fn run(
        mut self,
        asked: impl Future<Output = ()>,
        again: impl Future<Output = ()>,
        not_ready: impl Future<Output = ()>,
        notice: Duration,
        deadline: Duration,
    ) -> Ending {
        let died = tokio::select! {
            () = asked => None,
            died = self.deaths.1.recv() => died,
        };
        tracing::info!("stopping");
        let by = Instant::now() + deadline;
        not_ready.await;
        let left = tokio::select! {
            left = stop_in_order(&self.tokens, std::mem::take(&mut self.tasks), notice, by) => left,
            () = again => {
                tracing::warn!("asked again: stopping at once");
                vec!["everything"]
            }
        };
        let died = died.or_else(|| self.deaths.1.try_recv().ok());
        match died {
            Some(task) => Ending::TaskDied(task),
            None if left.is_empty() => Ending::Clean,
            None => Ending::Cut(left),
        }
    }
}

/// Completes at the next SIGTERM or SIGINT.
pub async fn signalled() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received; the process can only be killed");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => tracing::info!("terminate received"),
        _ = interrupt.recv() => tracing::info!("interrupt received"),
    }
}

/// Ends the stages one after the other; returns the names of what had to be cut off.
async fn stop_in_order(
    tokens: &[CancellationToken; 3],
    tasks: Vec<Task>,
    notice: Duration,
    by: Instant,
) -> Vec<&'static str> {
    tokio::time::sleep(notice.min(by.saturating_duration_since(Instant::now()))).await;
    let mut cut = Vec::new();
    let mut tasks = tasks;
    for stage in Stage::ORDER {
        tokens[stage as usize].cancel();
        let (now, later): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|task| task.stage == stage);
        tasks = later;
        // What hangs in one stage must not take the time of the next: each gets its share of what is left.
        let stages_left = Stage::ORDER.len() - stage as usize;
        let share = by
            .saturating_duration_since(Instant::now())
            .checked_div(u32::try_from(stages_left).unwrap_or(1));
        let stage_by = Instant::now() + share.unwrap_or_default();
        for mut task in now {
            if tokio::time::timeout_at(stage_by, &mut task.handle).await.is_err() {
                tracing::warn!(task = task.name, "did not stop in time and is cut off");
                task.handle.abort();
                cut.push(task.name);
            }
        }
    }
    cut
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        future::{pending, ready},
        sync::{Arc, Mutex},
    };

    use futures::future::lazy;

    use super::*;

    const SOON: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn stages_end_in_order() {
        let mut lifecycle = Lifecycle::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        for (stage, name) in [
            (Stage::Relay, "relay"),
            (Stage::Workers, "jobs"),
            (Stage::Server, "server"),
        ] {
            let (token, order) = (lifecycle.token(stage), Arc::clone(&order));
            lifecycle.spawn(stage, name, async move {
                token.cancelled().await;
                order.lock().unwrap().push(name);
                Ok::<_, Infallible>(())
            });
        }
        let ending = lifecycle
            .run(ready(()), pending(), ready(()), Duration::ZERO, SOON)
            .await;
        assert_eq!(ending, Ending::Clean);
        assert_eq!(*order.lock().unwrap(), ["jobs", "server", "relay"]);
    }

    #[tokio::test]
    async fn a_dead_task_stops_the_process() {
        let mut lifecycle = Lifecycle::new();
        lifecycle.spawn(Stage::Workers, "timer", async { Err::<(), _>("no database") });
        let ending = lifecycle
            .run(pending(), pending(), ready(()), Duration::ZERO, SOON)
            .await;
        assert_eq!(ending, Ending::TaskDied("timer: no database".to_owned()));
    }

    #[tokio::test]
    async fn a_panic_is_a_death() {
        let mut lifecycle = Lifecycle::new();
        lifecycle.spawn(
            Stage::Workers,
            "timer",
            lazy(|_| -> Result<(), Infallible> { panic!("boom") }),
        );
        let ending = lifecycle
            .run(pending(), pending(), ready(()), Duration::ZERO, SOON)
            .await;
        assert_eq!(ending, Ending::TaskDied("timer: panicked: boom".to_owned()));
    }

    #[tokio::test]
    async fn what_hangs_is_cut_at_the_deadline_and_the_next_stage_still_has_time() {
        let mut lifecycle = Lifecycle::new();
        lifecycle.spawn(Stage::Server, "server", pending::<Result<(), Infallible>>());
        let token = lifecycle.token(Stage::Relay);
        lifecycle.spawn(Stage::Relay, "relay", async move {
            token.cancelled().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok::<_, Infallible>(())
        });
        let begun = Instant::now();
        let ending = lifecycle
            .run(ready(()), pending(), ready(()), Duration::ZERO, SOON)
            .await;
        assert_eq!(ending, Ending::Cut(vec!["server"]));
        assert!(begun.elapsed() < SOON * 2);
    }

    #[tokio::test]
    async fn a_second_signal_cuts() {
        let mut lifecycle = Lifecycle::new();
        lifecycle.spawn(Stage::Server, "server", pending::<Result<(), Infallible>>());
        let patience = Duration::from_mins(10);
        let ending = lifecycle
            .run(ready(()), ready(()), ready(()), Duration::ZERO, patience)
            .await;
        assert!(matches!(ending, Ending::Cut(_)));
    }
}
