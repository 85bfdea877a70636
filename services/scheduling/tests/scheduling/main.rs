//! The service from outside: real gRPC, real Postgres, real JetStream.

mod booking;
mod hall;
mod limits;
mod masters;
mod receptions;
mod roster;
