//! Journeys across all five services, as separate processes with real servers.

mod bag;
mod main_journey;
