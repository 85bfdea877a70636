//! Background jobs: work that no call waits for, over the districts in turn.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, info_span, warn};
use xinqiao_kernel::DistrictCode;

use crate::config::JobSettings;
use crate::desk::Desk;
use crate::idempotency;
use crate::refusal::Refusal;
use crate::waker::Waker;

/// Longest pause of a job after failures in a row.
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// Whether a turn left work behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The district has more; it comes again after the others.
    More,
    /// Nothing left for now.
    Idle,
}

/// Work over the districts. Every turn must be safe to run twice and beside another replica's.
pub trait Job: Send + Sync + 'static {
    /// For logs, for example `fire-clocks`.
    fn name(&self) -> &'static str;

    /// How often the job looks for work; `None` for the poll of the settings and after every commit.
    fn every(&self) -> Option<Duration> {
        None
    }

    /// One turn of one district.
    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>>;
}

/// The districts in turn: the one that has waited longest comes first.
#[derive(Debug)]
pub(crate) struct Turns {
    waiting: VecDeque<DistrictCode>,
    quiet: usize,
}

impl Turns {
    pub(crate) fn new(districts: Vec<DistrictCode>) -> Self {
        Self {
            waiting: districts.into(),
            quiet: 0,
        }
    }

    /// The next district; `None` when every one of them was idle since work was last found.
    pub(crate) fn next(&mut self) -> Option<DistrictCode> {
        if self.quiet >= self.waiting.len() {
            self.quiet = 0;
            return None;
        }
        let district = self.waiting.pop_front()?;
        self.waiting.push_back(district);
        Some(district)
    }

    pub(crate) fn done(&mut self, progress: Progress) {
        self.quiet = if progress == Progress::More {
            0
        } else {
            self.quiet + 1
        };
    }
}

/// Runs a job until the stop. The turn in hand is finished first.
pub async fn run(job: Arc<dyn Job>, desk: Desk, settings: JobSettings, stop: CancellationToken) {
    // A job with a pace of its own is not woken by commits.
    let waker = if job.every().is_some() {
        Waker::default()
    } else {
        desk.wakers().jobs.clone()
    };
    let mut listener = waker.listen();
    let poll = job.every().unwrap_or(settings.poll);
    let mut turns = Turns::new(desk.districts().codes());
    let mut failures = 0_u32;
    while !stop.is_cancelled() {
        let Some(district) = turns.next() else {
            let wait = if failures > 0 {
                backoff(poll, failures, BACKOFF_MAX)
            } else {
                poll
            };
            if !listener.pause(&stop, wait).await {
                return;
            }
            continue;
        };
        let span = info_span!(parent: None, "job", otel.name = job.name(), %district);
        match job.run_once(&desk, district).instrument(span).await {
            Ok(progress) => {
                failures = 0;
                turns.done(progress);
            }
            Err(refusal) => {
                failures = failures.saturating_add(1);
                turns.done(Progress::Idle);
                warn!(job = job.name(), %district, reason = refusal.reason(), failures, "job failed, will try again");
            }
        }
    }
}

/// `base` doubled per failure after the first, at most `limit`.
pub(crate) fn backoff(base: Duration, failures: u32, limit: Duration) -> Duration {
    base.saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(limit)
}

/// Forgets stored answers whose thirty days are over.
#[derive(Clone, Copy, Debug)]
pub struct ForgetAnswers;

impl Job for ForgetAnswers {
    fn name(&self) -> &'static str {
        "forget-answers"
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_hours(1))
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        Box::pin(async move {
            let mut tx = desk.database().begin(district).await?;
            idempotency::forget(tx.conn(), district, desk.clock().now()).await?;
            tx.commit().await?;
            Ok(Progress::Idle)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Progress, Turns};

    #[test]
    fn districts_take_turns_until_all_are_idle() {
        let (a, b) = ("220502".parse().unwrap(), "220503".parse().unwrap());
        let mut turns = Turns::new(vec![a, b]);
        let mut seen = Vec::new();
        let mut left = 3;
        while let Some(district) = turns.next() {
            seen.push(district);
            let more = district == a && left > 0;
            left -= i32::from(more);
            turns.done(if more { Progress::More } else { Progress::Idle });
        }
        assert_eq!(seen, [a, b, a, b, a, b, a]);
        assert_eq!(turns.next(), Some(b));
    }
}
