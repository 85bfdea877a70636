//! What this service publishes, and what it does with the events of others.
//!
//! | heard | effect |
//! |---|---|
//! | `case.registered` | the case is known; acts are refused as not yet here |
//! | `case.released` | the hold comes here |
//! | `case.linked`, `case.diverted`, `case.not_accepted`, `case.no_longer_accepted`, `case.transferred_out`, `case.voided` | the hold will never come |
//! | `reception.finalised` | the receiving leader's instruction |
//! | `leader.changed` | portfolio and townships for the match |
//! | `case.returned` | the hold comes back, C41 or C51 (T29) |
//! | `leader.sent_back` | the hold comes back, C63 (T34) |
//! | `clock.recomputed` | local dates follow supervision's |

pub(crate) mod incoming;
pub(crate) mod outgoing;

pub(crate) use incoming::Inbound;
