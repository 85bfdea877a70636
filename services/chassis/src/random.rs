//! The only randomness of the platform. Everything else takes it as an argument.

use uuid::Uuid;

/// A new identifier, UUID version 7: ordered by machine time, so that indexes stay dense.
///
/// It is not a secret, and its time part is not legal time.
#[expect(
    clippy::disallowed_methods,
    reason = "this module is where identifiers are made"
)]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// `N` unpredictable bytes: of a stream cipher that each thread keys from the operating system, again and again.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    rand::fill(&mut buffer);
    buffer
}

#[cfg(test)]
mod tests {
    use super::{bytes, new_id};

    #[test]
    fn identifiers_are_distinct_and_ordered_by_time() {
        let ids: Vec<_> = (0..1000).map(|_| new_id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].get_version_num(), 7);
    }

    #[test]
    fn bytes_do_not_repeat() {
        assert_ne!(bytes::<16>(), bytes::<16>());
    }
}
