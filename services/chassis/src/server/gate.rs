//! How much of the service one caller and one district may have.
//!
//! Two limits, one after the other, once the token is verified:
//!
//! 1. **Each person** of a district has a bucket of calls ([`Rates`]): `XINQIAO_CALLER_CALLS_BURST` at once, then
//!    `XINQIAO_CALLER_CALLS_PER_MINUTE`. It stops a script that has gone wrong, long before it costs anybody
//!    anything. What is refused is not counted, so the time told to the caller is the true one.
//! 2. **The districts** share the places of the service ([`Shares`]). A free place is taken at once, so a district
//!    alone may have all of them. When none is free, the next that becomes free goes to the district that has the
//!    fewest of those that wait. So the districts that want more than their equal share end at equal shares, who
//!    wants less gets all he wants, no place stays empty while somebody waits, and a flood waits behind its own.
//!
//! Calls that need no token are nobody's; together they have the share of one district, and cost the districts no
//! more than that.
//!
//! A call waits for its place, for a short time and in a short queue of its district, and is not refused at once:
//! the first call of a quiet district must be there when the flood gives a place back. A place that was given is
//! not taken away; it comes back with its answer, at the latest after `XINQIAO_TIMEOUT_MS`.
//!
//! Fair shares of the places are fair shares of the work only while the work does not queue behind the places,
//! where nobody asks for the district: at the connections to the database, at the processor. So there are few of them,
//! and a call holds one only as long as it needs what is short: a registration gives its own back when it waits for its
//! group commit ([`CallPlace`]), which writes all that wait on one connection and has a queue of its own for each
//! district. `tests/bench fairness` shows what a flood costs a steady district, and another number of places can be
//! tried there.
//!
//! Before the token is verified nothing is known of a caller: behind a proxy not even his address, and whatever
//! he says of himself is worth nothing. So nothing is counted then and nothing can be pushed out by a flood of bad
//! tokens. It costs parsing and the check of a signature each, on no place; the calls that would wait for the
//! provider because of a key nobody knows are bounded by `XINQIAO_TOKEN_WAITING_MAX`, and hold up nobody whose key
//! is known. To keep such a flood from the processor is for the proxy, which knows addresses.
//!
//! Each process counts for itself: with three of them a person has three buckets.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tonic::Code;
use xinqiao_kernel::DistrictCode;

use crate::{config::ServerSettings, identity::Caller, refusal::Refusal};

mod places;
mod rates;
mod shares;

pub use places::CallPlace;
pub(super) use places::Place;
use places::Places;
use rates::Rates;

/// Who has a share of the places: a district, or everybody who calls without a token.
type Tenant = Option<DistrictCode>;

/// The limits of a service.
#[derive(Debug)]
pub(super) struct Gate {
    rates: Mutex<Rates>,
    places: Arc<Places>,
}

impl Gate {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        Self {
            rates: Mutex::new(Rates::new(&settings.callers)),
            places: Arc::new(Places::new(&settings.places, settings.timeout)),
        }
    }

    /// Counts a call of this person, or says when his next one would pass.
    pub(super) fn count(&self, caller: &Caller) -> Result<(), Refusal> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates
            .take(caller.district, &caller.person_id, Instant::now())
            .map_err(too_many_calls)
    }

    /// A place for a call of this tenant; waits for it within bounds.
    pub(super) async fn place(&self, tenant: Tenant) -> Result<Place, Refusal> {
        self.places.take(tenant).await.map_err(overloaded)
    }
}

/// Rounded up to whole milliseconds and at least one: who comes back then is not too early.
fn told(wait: Duration) -> Duration {
    let millis = wait.as_nanos().div_ceil(1_000_000).max(1);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// Whole seconds for people, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

fn too_many_calls(wait: Duration) -> Refusal {
    let seconds = seconds(wait);
    Refusal::new(
        Code::ResourceExhausted,
        "TOO_MANY_CALLS",
        format!("您的操作过于频繁，请在 {seconds} 秒后用同一请求重试，内容不会重复登记"),
        format!(
            "you have made too many calls; send the same request again after {seconds} s, nothing happens twice"
        ),
    )
    .with_retry_after(wait)
}

fn overloaded(wait: Duration) -> Refusal {
    let seconds = seconds(wait);
    Refusal::new(
        Code::ResourceExhausted,
        "OVERLOADED",
        format!("系统繁忙，请在 {seconds} 秒后用同一请求重试，内容不会重复登记"),
        format!(
            "more calls are waiting than can be worked on; send the same request again after {seconds} s, \
             nothing happens twice"
        ),
    )
    .with_retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_never_too_early() {
        assert_eq!(told(Duration::ZERO), Duration::from_millis(1));
        assert_eq!(told(Duration::from_millis(7)), Duration::from_millis(7));
        assert_eq!(told(Duration::from_nanos(7_000_001)), Duration::from_millis(8));
        assert_eq!(seconds(Duration::from_millis(1001)), 2);
    }
}
