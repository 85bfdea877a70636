//! The parameters of a request, from its query or its form.

use std::collections::BTreeMap;

use url::form_urlencoded;

/// Largest query or form that is read, in bytes.
pub(super) const MAX_BYTES: usize = 8 * 1024;

/// Parameters by name. One without a value counts as absent (RFC 6749, section 3.1).
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(BTreeMap<String, String>);

/// What makes a request unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Longer than [`MAX_BYTES`].
    TooLong,
    /// A parameter is there twice: which one is meant is anybody's guess.
    Repeated,
}

impl Unreadable {
    /// For the answer to a client, whose texts are ASCII.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::TooLong => "the request is longer than 8 KiB",
            Self::Repeated => "a parameter is given twice",
        }
    }
}

impl Parameters {
    pub(super) fn read(encoded: &[u8]) -> Result<Self, Unreadable> {
        if encoded.len() > MAX_BYTES {
            return Err(Unreadable::TooLong);
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Unreadable::Repeated);
            }
        }
        parameters.retain(|_, value| !value.is_empty());
        Ok(Self(parameters))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_twice_or_a_request_too_long_is_unreadable() {
        assert_eq!(Parameters::read(b"a=1&b=2&a=").unwrap_err(), Unreadable::Repeated);
        let long = vec![b'a'; MAX_BYTES + 1];
        assert_eq!(Parameters::read(&long).unwrap_err(), Unreadable::TooLong);
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        let parameters = Parameters::read(b"a=&b=1%202").unwrap();
        assert_eq!((parameters.get("a"), parameters.get("b")), (None, Some("1 2")));
    }
}
