//! The places as tasks see them: taken, waited for, given back when dropped.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use super::{
    Tenant,
    shares::{Shares, Ticket},
};
use crate::{config::PlaceSettings, telemetry::PlaceInUse};

/// The places of a service.
#[derive(Debug)]
pub(super) struct Places {
    wait: Duration,
    shares: Mutex<Shares<oneshot::Sender<Place>>>,
}

/// A place that somebody has; dropped, it goes to the next.
#[derive(Debug)]
pub(in crate::server) struct Place {
    places: Arc<Places>,
    tenant: Tenant,
    _in_use: PlaceInUse,
}

/// The place of a call in work. Its handler may give it back before it answers, when all that is left is to wait for
/// others and asks for nothing that is short here: then it keeps nobody from being worked on.
#[derive(Clone, Debug)]
pub struct CallPlace(Arc<Mutex<Option<Place>>>);

impl CallPlace {
    pub(in crate::server) fn new(place: Place) -> Self {
        Self(Arc::new(Mutex::new(Some(place))))
    }

    /// Gives the place to the next, once.
    pub fn give_back(&self) {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(place);
    }
}

/// Somebody in a queue; dropped, he is no longer.
struct Waiting<'p> {
    places: &'p Places,
    tenant: Tenant,
    ticket: Ticket,
}

impl Places {
    /// `longest` is when a place comes back at the latest.
    pub(super) fn new(settings: &PlaceSettings, longest: Duration) -> Self {
        Self {
            wait: settings.wait,
            shares: Mutex::new(Shares::new(settings.calls_max, settings.waiting_max, longest)),
        }
    }

    /// A place; waits for one as long as the settings say. The error is when to try again.
    pub(super) async fn take(self: &Arc<Self>, tenant: Tenant) -> Result<Place, Duration> {
        let (ticket, place) = {
            let mut shares = self.shares();
            if shares.take(tenant) {
                return Ok(self.place(tenant));
            }
            let (sender, receiver) = oneshot::channel();
            (shares.wait(tenant, sender, Instant::now())?, receiver)
        };
        let waiting = Waiting {
            places: self,
            tenant,
            ticket,
        };
        let given = tokio::time::timeout(self.wait, place).await;
        drop(waiting);
        match given {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(self.shares().hint(tenant, Instant::now())),
        }
    }

    fn place(self: &Arc<Self>, tenant: Tenant) -> Place {
        Place {
            places: Arc::clone(self),
            tenant,
            _in_use: PlaceInUse::begin(tenant),
        }
    }

    fn shares(&self) -> MutexGuard<'_, Shares<oneshot::Sender<Place>>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let next = self.places.shares().give_back(self.tenant, Instant::now());
        if let Some((tenant, waiter)) = next {
            // Who has just gone leaves the place to the one after him: it comes back unsent and is dropped.
            let _ = waiter.send(self.places.place(tenant));
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.places.shares().leave(self.tenant, self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, poll};

    use super::*;

    fn places(calls_max: usize) -> Arc<Places> {
        let settings = PlaceSettings {
            calls_max,
            wait: Duration::from_secs(30),
            waiting_max: 10,
        };
        Arc::new(Places::new(&settings, Duration::from_secs(30)))
    }

    #[tokio::test]
    async fn a_place_goes_to_who_waits_and_is_free_when_nobody_does() {
        let places = places(1);
        let first = places.take(None).await.unwrap();
        let mut second = Box::pin(places.take(Some("220503".parse().unwrap())));
        assert!(poll!(&mut second).is_pending());
        drop(first);
        drop(second.await.unwrap());
        assert!(places.take(None).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_call_that_gives_its_place_back_early_does_so_once() {
        let places = places(1);
        let early = CallPlace::new(places.take(None).await.unwrap());
        early.give_back();
        let second = places.take(None).now_or_never().expect("the place is free");
        early.clone().give_back();
        drop(early);
        assert!(places.take(None).now_or_never().is_none());
        drop(second);
    }

    #[tokio::test]
    async fn who_hangs_up_while_he_waits_or_after_he_was_given_a_place_takes_none_with_him() {
        let places = places(1);
        let first = places.take(None).await.unwrap();
        let mut gone = Box::pin(places.take(None));
        let mut gone_later = Box::pin(places.take(None));
        let mut stays = Box::pin(places.take(None));
        for waiting in [&mut gone, &mut gone_later, &mut stays] {
            assert!(poll!(waiting).is_pending());
        }
        drop(gone);
        drop(first);
        drop(gone_later);
        stays.now_or_never().expect("the place was passed on").unwrap();
    }
}
