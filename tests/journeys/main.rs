//! Journeys across all five services, as separate processes with real servers.

mod bad_input;
mod bag;
mod break_glass;
mod bus_rights;
mod cancel;
mod holders;
mod hostile_tokens;
mod in_step;
mod isolation;
mod keys_rotate;
mod killer;
mod leaks;
mod letter;
mod main_journey;
mod mutual_tls;
mod nats_away;
mod numbering;
mod reconcile;
mod recusal;
mod sealed;
mod store_lost;
mod trace;
