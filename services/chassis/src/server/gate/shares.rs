//! Who gets the next place: pure, so that it can be proved on every order of events.
//!
//! A freed place goes to the district that has the fewest of those that wait; of equal ones to the one that was
//! served longest ago. Within a district the first come is the first served.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::{Tenant, told};

/// Places and queues; `T` is what finds the one who waits.
#[derive(Debug)]
pub(super) struct Shares<T> {
    places: usize,
    waiting_max: usize,
    /// By when every place that is held now is given back.
    longest: Duration,
    held: usize,
    turns: u64,
    /// As many as the installation serves.
    tenants: BTreeMap<Tenant, Seat<T>>,
}

#[derive(Debug)]
struct Seat<T> {
    held: usize,
    /// Turn in which it was served last.
    served: u64,
    waiting: VecDeque<(Ticket, T)>,
    pace: Pace,
}

/// A place in the queue of a district.
pub(super) type Ticket = u64;

impl<T> Default for Seat<T> {
    fn default() -> Self {
        Self {
            held: 0,
            served: 0,
            waiting: VecDeque::new(),
            pace: Pace::default(),
        }
    }
}

/// How fast the queue of a district goes on.
#[derive(Debug, Default)]
struct Pace {
    /// When it began or last went on.
    since: Option<Instant>,
    /// Time between two, the last ones counting most.
    gap: Option<Duration>,
}

impl Pace {
    fn begins(&mut self, now: Instant) {
        self.since = Some(now);
    }

    fn goes_on(&mut self, now: Instant) {
        let last = self.since.map_or(Duration::ZERO, |since| now - since);
        self.gap = Some(self.gap.map_or(last, |gap| (gap * 7 + last) / 8));
        self.since = Some(now);
    }

    /// Until one more has gone through after those `ahead`, when it goes on as it went; a queue that stands still
    /// is as slow as it has been standing.
    fn until(&self, ahead: usize, now: Instant, longest: Duration) -> Duration {
        let Some(gap) = self.gap else {
            return longest;
        };
        let standing = self.since.map_or(Duration::ZERO, |since| now - since);
        let all = u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1);
        gap.max(standing).saturating_mul(all).min(longest)
    }
}

impl<T> Shares<T> {
    /// `longest` is when a place comes back at the latest.
    pub(super) fn new(places: usize, waiting_max: usize, longest: Duration) -> Self {
        Self {
            places,
            waiting_max,
            longest,
            held: 0,
            turns: 0,
            tenants: BTreeMap::new(),
        }
    }

    /// Takes a free place; false when there is none. Nobody waits while one is free.
    pub(super) fn take(&mut self, tenant: Tenant) -> bool {
        let free = self.held < self.places;
        if free {
            self.seat_at(tenant);
        }
        free
    }

    /// Queues for the next place, or says when to come back when the queue of the district is full.
    pub(super) fn wait(&mut self, tenant: Tenant, waiter: T, now: Instant) -> Result<Ticket, Duration> {
        if self.tenants.entry(tenant).or_default().waiting.len() >= self.waiting_max {
            return Err(self.hint(tenant, now));
        }
        self.turns += 1;
        let ticket = self.turns;
        let seat = self.tenants.entry(tenant).or_default();
        if seat.waiting.is_empty() {
            seat.pace.begins(now);
        }
        seat.waiting.push_back((ticket, waiter));
        Ok(ticket)
    }

    /// Waits no longer. Nothing happens when the place was given already.
    pub(super) fn leave(&mut self, tenant: Tenant, ticket: Ticket) {
        if let Some(seat) = self.tenants.get_mut(&tenant) {
            seat.waiting.retain(|(waiting, _)| *waiting != ticket);
        }
    }

    /// When somebody of the district who comes now and waits would have a place: an estimate.
    pub(super) fn hint(&self, tenant: Tenant, now: Instant) -> Duration {
        let until = self.tenants.get(&tenant).map_or(self.longest, |seat| {
            seat.pace.until(seat.waiting.len(), now, self.longest)
        });
        told(until)
    }

    /// Gives a place back. It is the one's that is returned, if anybody waited.
    pub(super) fn give_back(&mut self, tenant: Tenant, now: Instant) -> Option<(Tenant, T)> {
        if let Some(seat) = self.tenants.get_mut(&tenant) {
            seat.held -= 1;
            self.held -= 1;
        }
        let next = self.next()?;
        let seat = self.tenants.get_mut(&next)?;
        let (_, waiter) = seat.waiting.pop_front()?;
        seat.pace.goes_on(now);
        self.seat_at(next);
        Some((next, waiter))
    }

    fn next(&self) -> Option<Tenant> {
        let waiting = self.tenants.iter().filter(|(_, seat)| !seat.waiting.is_empty());
        waiting
            .min_by_key(|(_, seat)| (seat.held, seat.served))
            .map(|(tenant, _)| *tenant)
    }

    fn seat_at(&mut self, tenant: Tenant) {
        self.turns += 1;
        let seat = self.tenants.entry(tenant).or_default();
        seat.held += 1;
        seat.served = self.turns;
        self.held += 1;
    }
}

#[cfg(test)]
mod tests;
