//! How a client behaves while a part of the platform is away: it sends the same command again.

use std::time::Duration;

use anyhow::{Result, bail};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

/// How long a step may take before the journey gives up: longer than any restart.
const LIMIT: Duration = Duration::from_mins(2);
/// Pause between tries.
const PAUSE: Duration = Duration::from_millis(50);

/// The stable reason of a refusal, empty when there is none.
pub fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// Builds a command and sends it until it is answered, unchanged: a service that had already done it when
/// its answer was lost gives that answer again. Only a stale version has the command built anew, for then
/// nothing was done.
///
/// Tried again: whatever means that the service is away, and what waits for an event to arrive. Everything
/// else is the answer.
pub async fn patiently<Q: Clone, A>(
    what: &str,
    mut build: impl AsyncFnMut() -> Result<Q, Status>,
    mut send: impl AsyncFnMut(Q) -> Result<Response<A>, Status>,
) -> Result<A> {
    let deadline = tokio::time::Instant::now() + LIMIT;
    let mut command = None;
    loop {
        let tried = match command.clone() {
            Some(same) => send(same).await,
            None => match build().await {
                Ok(fresh) => {
                    command = Some(fresh.clone());
                    send(fresh).await
                }
                Err(status) => Err(status),
            },
        };
        let status = match tried {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => status,
        };
        if !worth_another_try(&status) {
            bail!("{what}: {}", describe(&status));
        }
        if tokio::time::Instant::now() > deadline {
            bail!(
                "{what}: not answered within {LIMIT:?}, last: {}",
                describe(&status)
            );
        }
        if reason(&status) == "STALE_VERSION" {
            command = None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Repeats a look until it shows what is waited for.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() > deadline {
            bail!("{what}: not seen within {LIMIT:?}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A refusal in one line: code, reason, text and every wrong field.
pub fn describe(status: &Status) -> String {
    let fields: Vec<String> = status
        .get_details_bad_request()
        .map(|bad| {
            bad.field_violations
                .into_iter()
                .map(|wrong| format!("{}: {}", wrong.field, wrong.description))
                .collect()
        })
        .unwrap_or_default();
    format!(
        "{:?} {} {} {}",
        status.code(),
        reason(status),
        status.message(),
        fields.join("; ")
    )
}

/// Intake knows a reception day when scheduling's event has arrived.
fn names_what_may_be_on_its_way(status: &Status) -> bool {
    let wrong = status.get_details_bad_request().map(|bad| bad.field_violations);
    wrong.is_some_and(|wrong| {
        !wrong.is_empty() && wrong.iter().all(|wrong| wrong.reason == "UNKNOWN_RECEPTION_DAY")
    })
}

fn worth_another_try(status: &Status) -> bool {
    match status.code() {
        // Not found is not told apart from a foreign case: an event may still be on its way.
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown | Code::NotFound => true,
        Code::FailedPrecondition => reason(status) == "NOT_YET_HERE",
        Code::InvalidArgument => names_what_may_be_on_its_way(status),
        Code::Aborted => reason(status) == "STALE_VERSION",
        _ => false,
    }
}
