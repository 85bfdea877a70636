//! Requests that change something.

/// A request that changes something: every request of the contracts that carries a `request_id`.
///
/// It is implemented here, for all of them, from the contracts themselves.
pub trait Command: prost::Message + Default + 'static {
    /// The name in audit and traces: `<service>.<Rpc>`.
    const ACTION: &'static str;

    /// The client-chosen id of the request.
    fn request_id(&self) -> &str;
}

macro_rules! commands {
    ($($context:ident::$request:ident => $action:literal;)+) => {
        $(impl Command for crate::$context::$request {
            const ACTION: &'static str = $action;

            fn request_id(&self) -> &str {
                &self.request_id
            }
        })+
    };
}

include!(concat!(env!("OUT_DIR"), "/commands.rs"));
