//! Lines of a manifest: digest, two spaces, path (RFC 8493 §2.1.3).

use std::{collections::BTreeMap, fmt::Write as _};

use super::BagPath;

/// Writes a manifest, one line per file in the order given.
pub(super) fn write<'a>(files: impl Iterator<Item = (&'a BagPath, String)>) -> String {
    let mut text = String::new();
    for (path, digest) in files {
        writeln!(text, "{digest}  {}", encode(path.as_str())).expect("writing to a string cannot fail");
    }
    text
}

/// What is wrong with a manifest.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A line is not `digest path`, or the digest has another length or is not hexadecimal.
    Line(usize),
    /// A path is refused.
    Path(usize),
    /// A path is listed twice.
    Twice(usize),
}

/// Reads a manifest: path to digest (lower case), and every fault with its line, 1 first.
pub(super) fn read(text: &str, digest_chars: usize) -> (BTreeMap<String, String>, Vec<Fault>) {
    let mut entries = BTreeMap::new();
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let Some((digest, path)) = line.split_once([' ', '\t']) else {
            faults.push(Fault::Line(number));
            continue;
        };
        if digest.len() != digest_chars || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            faults.push(Fault::Line(number));
            continue;
        }
        let path = decode(path.trim_start_matches([' ', '\t']));
        if BagPath::parse(&path).is_err() {
            faults.push(Fault::Path(number));
        } else if entries.insert(path, digest.to_ascii_lowercase()).is_some() {
            faults.push(Fault::Twice(number));
        }
    }
    (entries, faults)
}

/// Only CR, LF and the escape character itself are escaped (RFC 8493 §2.1.3).
fn encode(path: &str) -> String {
    path.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn decode(path: &str) -> String {
    path.replace("%0A", "\n")
        .replace("%0a", "\n")
        .replace("%0D", "\r")
        .replace("%0d", "\r")
        .replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_carry_their_line() {
        let text = "00ff  data/a\nnonsense\nzzzz data/b\n00ff  ../c\n00ff  data/a\n";
        let (entries, faults) = read(text, 4);
        assert_eq!(entries.len(), 1);
        assert_eq!(
            faults,
            [Fault::Line(2), Fault::Line(3), Fault::Path(4), Fault::Twice(5)]
        );
    }

    #[test]
    fn a_percent_sign_survives() {
        let path = BagPath::parse("data/100%25.txt").unwrap();
        let text = write([(&path, "00ff".to_owned())].into_iter());
        assert_eq!(text, "00ff  data/100%2525.txt\n");
        assert!(read(&text, 4).0.contains_key("data/100%25.txt"));
    }
}
