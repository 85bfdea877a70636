//! Names of files inside a bag.

use std::fmt;

/// A path inside a bag: relative, `/` between names, nothing that could lead outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BagPath(String);

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} is refused: {reason}")]
pub struct PathError {
    path: String,
    reason: &'static str,
}

/// What file systems take for one name, in bytes.
const NAME_BYTES: usize = 200;

impl BagPath {
    /// Accepts a path or says what is wrong with it.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let refuse = |reason| {
            Err(PathError {
                path: path.to_owned(),
                reason,
            })
        };
        if path.starts_with('/') || path.starts_with('~') {
            return refuse("it is absolute");
        }
        if path
            .chars()
            .any(|c| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
        {
            return refuse("it has a character that some system does not take");
        }
        if path == "fetch.txt" {
            return refuse("bags here are whole: fetch.txt is not accepted");
        }
        for name in path.split('/') {
            match name {
                "" => return refuse("it has an empty name"),
                "." | ".." => return refuse("it climbs"),
                _ if name.len() > NAME_BYTES => return refuse("a name in it is too long"),
                _ => {}
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for files under `data/`.
    pub fn is_payload(&self) -> bool {
        self.0.starts_with(super::PAYLOAD)
    }
}

impl fmt::Display for BagPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_could_leave_the_bag_are_refused() {
        for path in [
            "../x",
            "data/../x",
            "data/./x",
            "/etc/passwd",
            "~root/x",
            "data//x",
            "",
            "data/",
            "a\\b",
            "C:/x",
            "data/a\nb",
            "fetch.txt",
        ] {
            assert!(BagPath::parse(path).is_err(), "{path:?} accepted");
        }
    }

    #[test]
    fn chinese_names_are_welcome() {
        assert!(
            BagPath::parse("data/12_处理意见书/01_D12.json")
                .unwrap()
                .is_payload()
        );
        assert!(!BagPath::parse("metadata/package.json").unwrap().is_payload());
    }
}
