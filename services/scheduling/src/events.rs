//! What this service takes from the others, and the one event it owes every district from the start.
//!
//! Published by the acts themselves: `leader.changed`, `delegation.changed`, `reception_day.*`, `appointment.*`,
//! `reception.held`, `reception.finalised`, `calendar.proposed`, `calendar.refused`, `calendar.withdrawn`,
//! `calendar.published`, `document.created`.

pub(crate) mod calendar;
mod subscriber;

pub(crate) use calendar::PublishCalendar;
pub(crate) use subscriber::SchedulingSubscriber;
