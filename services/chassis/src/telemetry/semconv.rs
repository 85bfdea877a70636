//! Names of what the edge records: OpenTelemetry semantic conventions 1.44 for RPC, and ours. Those of journal and
//! inbox stand where their instruments are made.

/// Which RPC system: `grpc`.
pub(crate) const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// Full method: `pkg.Service/Method`.
pub(crate) const RPC_METHOD: &str = "rpc.method";
/// Status as a name: `OK`, `NOT_FOUND`.
pub(crate) const RPC_STATUS_CODE: &str = "rpc.status_code";
/// Set when the call was not OK.
pub(crate) const ERROR_TYPE: &str = "error.type";
/// Duration of calls, in seconds.
pub(crate) const RPC_SERVER_CALL_DURATION: &str = "rpc.server.call.duration";
/// Calls being worked on.
pub(crate) const RPC_SERVER_CALLS_ACTIVE: &str = "xinqiao.rpc.server.calls.active";
/// Calls that a limit refused, by reason and district.
pub(crate) const RPC_SERVER_CALLS_REFUSED: &str = "xinqiao.rpc.server.calls.refused";
/// Places that calls of a district have.
pub(crate) const RPC_SERVER_PLACES_USED: &str = "xinqiao.rpc.server.places.used";
/// Tokens that were refused, by cause.
pub(crate) const TOKENS_REFUSED: &str = "xinqiao.identity.tokens.refused";
/// The tenant.
pub(crate) const DISTRICT: &str = "xinqiao.district";

/// Buckets for durations in seconds, as the conventions give them.
pub(crate) const DURATION_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
