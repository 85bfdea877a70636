//! What a service may say and hear on the bus: its own events, its own consumers, the answers to itself.
//!
//! A service that was taken over can thus neither speak for another one nor take its events away, and reads no
//! answer that is not its own. Who runs the bus gives each service these permissions with its credentials.

use std::fmt;

use super::{PUBLISHERS, stream_name};

/// Subjects by direction. Displayed, it is what the server's configuration has under `permissions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// What the service may publish, requests included.
    pub publish: Vec<String>,
    /// What it may subscribe to.
    pub subscribe: Vec<String>,
}

impl fmt::Display for Permissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{{ publish: {:?}, subscribe: {:?} }}",
            self.publish, self.subscribe
        )
    }
}

/// Where the answers to a service arrive.
pub fn inbox_prefix(service: &str) -> String {
    format!("_INBOX.{service}")
}

/// Everything a service needs, and no more.
pub fn permissions(service: &str) -> Permissions {
    let own = stream_name(service);
    let mut publish = vec![
        format!("xq.*.{service}.>"),
        format!("$JS.API.STREAM.CREATE.{own}"),
        format!("$JS.API.STREAM.INFO.{own}"),
    ];
    for publisher in PUBLISHERS.into_iter().filter(|publisher| *publisher != service) {
        let stream = stream_name(publisher);
        publish.push(format!("$JS.API.STREAM.INFO.{stream}"));
        for verb in ["CREATE", "INFO", "DELETE", "MSG.NEXT"] {
            publish.push(format!("$JS.API.CONSUMER.{verb}.{stream}.{service}"));
        }
        publish.push(format!("$JS.ACK.{stream}.{service}.>"));
    }
    Permissions {
        publish,
        subscribe: vec![format!("{}.>", inbox_prefix(service))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_may_publish_what_another_service_says() {
        for service in PUBLISHERS {
            let events: Vec<_> = permissions(service)
                .publish
                .into_iter()
                .filter(|subject| subject.starts_with("xq."))
                .collect();
            assert_eq!(events, [format!("xq.*.{service}.>")]);
        }
    }

    #[test]
    fn nobody_may_purge_delete_or_change_a_stream_or_touch_the_consumer_of_another() {
        for service in PUBLISHERS {
            for subject in permissions(service).publish {
                let words: Vec<&str> = subject.split('.').collect();
                match words.as_slice() {
                    ["$JS", "API", "STREAM", verb, _] => assert!(["CREATE", "INFO"].contains(verb)),
                    ["$JS", "API", "CONSUMER", .., last] => assert_eq!(*last, service),
                    ["$JS", "ACK", _, consumer, ">"] => assert_eq!(*consumer, service),
                    rest => assert_eq!(rest[0], "xq"),
                }
            }
        }
    }
}
