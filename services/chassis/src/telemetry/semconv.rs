//! Names of attributes and metrics: OpenTelemetry semantic conventions 1.44 (RPC, messaging), and ours.

/// Which RPC system: `grpc`.
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// Full method: `pkg.Service/Method`.
pub const RPC_METHOD: &str = "rpc.method";
/// Status as a name: `OK`, `NOT_FOUND`.
pub const RPC_STATUS_CODE: &str = "rpc.status_code";
/// Set when the call was not OK.
pub const ERROR_TYPE: &str = "error.type";
/// Duration of calls, in seconds.
pub const RPC_SERVER_CALL_DURATION: &str = "rpc.server.call.duration";
/// Calls being worked on.
pub const RPC_SERVER_CALLS_ACTIVE: &str = "xinqiao.rpc.server.calls.active";
/// Tokens that were refused, by cause.
pub const TOKENS_REFUSED: &str = "xinqiao.identity.tokens.refused";

/// Which messaging system: `nats`.
pub const MESSAGING_SYSTEM: &str = "messaging.system";
/// The value for NATS.
pub const NATS: &str = "nats";
/// `publish`, `fetch`, `process`, `ack`.
pub const MESSAGING_OPERATION_NAME: &str = "messaging.operation.name";
/// `create`, `send`, `receive`, `process`, `settle`.
pub const MESSAGING_OPERATION_TYPE: &str = "messaging.operation.type";
/// The subject.
pub const MESSAGING_DESTINATION_NAME: &str = "messaging.destination.name";
/// The subject with placeholders: `xq.{district}.intake.case.registered`.
pub const MESSAGING_DESTINATION_TEMPLATE: &str = "messaging.destination.template";
/// Event id.
pub const MESSAGING_MESSAGE_ID: &str = "messaging.message.id";
/// Case id.
pub const MESSAGING_CONVERSATION_ID: &str = "messaging.message.conversation_id";
/// Number of messages, for batches only.
pub const MESSAGING_BATCH_COUNT: &str = "messaging.batch.message_count";
/// Durable consumer.
pub const MESSAGING_CONSUMER_GROUP: &str = "messaging.consumer.group.name";
/// Duration of an operation with the bus, in seconds.
pub const MESSAGING_CLIENT_OPERATION_DURATION: &str = "messaging.client.operation.duration";
/// Messages sent.
pub const MESSAGING_CLIENT_SENT: &str = "messaging.client.sent.messages";
/// Messages received.
pub const MESSAGING_CLIENT_CONSUMED: &str = "messaging.client.consumed.messages";
/// Duration of applying one event, in seconds.
pub const MESSAGING_PROCESS_DURATION: &str = "messaging.process.duration";

/// The tenant.
pub const DISTRICT: &str = "xinqiao.district";
/// Rows of the journal that are not published yet.
pub const OUTBOX_DEPTH: &str = "xinqiao.outbox.depth";
/// Age of the oldest of them, in seconds.
pub const OUTBOX_AGE: &str = "xinqiao.outbox.age";
/// Events waiting in the inbox.
pub const INBOX_WAITING: &str = "xinqiao.inbox.waiting";
/// Events parked in the inbox.
pub const INBOX_PARKED: &str = "xinqiao.inbox.parked";

/// Buckets for durations in seconds, as the conventions give them.
pub const DURATION_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
