//! Authorization codes: good once, for a minute, for one client; a bounded number of them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use xinqiao_chassis::random;

use crate::people::Person;

/// How long a code may wait to be exchanged.
const LIFE: Duration = Duration::from_mins(1);
/// Codes that may wait at the same time.
const WAITING_MAX: usize = 1000;

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    /// S256 challenge of the client's secret (RFC 7636).
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) person: &'static Person,
}

#[derive(Debug)]
struct Waiting {
    grant: Grant,
    expires: Instant,
}

/// The codes that wait, by their digest: finding one tells nothing by its time.
#[derive(Debug, Default)]
pub(super) struct Codes(HashMap<[u8; 32], Waiting>);

impl Codes {
    /// A new code; none when too many wait.
    pub(super) fn issue(&mut self, grant: Grant, now: Instant) -> Option<String> {
        if self.0.len() >= WAITING_MAX {
            self.0.retain(|_, waiting| now < waiting.expires);
        }
        if self.0.len() >= WAITING_MAX {
            return None;
        }
        let code = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        let expires = now + LIFE;
        self.0.insert(key(&code), Waiting { grant, expires });
        Some(code)
    }

    /// What the code stands for; it is spent by asking.
    pub(super) fn spend(&mut self, code: &str, now: Instant) -> Option<Grant> {
        let waiting = self.0.remove(&key(code))?;
        (now < waiting.expires).then_some(waiting.grant)
    }
}

fn key(code: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, code.as_bytes()).as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::PEOPLE;

    fn grant() -> Grant {
        Grant {
            client_id: "desk".to_owned(),
            redirect_uri: "http://127.0.0.1:1/back".to_owned(),
            challenge: String::new(),
            nonce: None,
            person: &PEOPLE[0],
        }
    }

    #[test]
    fn a_code_is_good_once() {
        let (mut codes, now) = (Codes::default(), Instant::now());
        let code = codes.issue(grant(), now).unwrap();
        assert_eq!(codes.spend(&code, now), Some(grant()));
        assert_eq!(codes.spend(&code, now), None);
    }

    #[test]
    fn a_code_is_good_for_a_minute() {
        let (mut codes, now) = (Codes::default(), Instant::now());
        let [first, second] = [(); 2].map(|()| codes.issue(grant(), now).unwrap());
        assert_ne!(first, second);
        assert!(codes.spend(&first, now + Duration::from_secs(59)).is_some());
        assert!(codes.spend(&second, now + Duration::from_mins(1)).is_none());
    }

    #[test]
    fn the_codes_that_wait_are_bounded_and_expired_ones_make_room() {
        let (mut codes, now) = (Codes::default(), Instant::now());
        for _ in 0..WAITING_MAX {
            assert!(codes.issue(grant(), now).is_some());
        }
        assert_eq!(codes.issue(grant(), now), None);
        assert!(codes.issue(grant(), now + LIFE).is_some());
        assert_eq!(codes.0.len(), 1);
    }
}
