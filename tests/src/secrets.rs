//! What must be written down nowhere: many texts, sought at once in every form in which they could stand.

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::chance::Chance;

/// Rare characters: by chance they stand nowhere.
pub const RARE: &str = "龘靐齉齾爩鱻麤灪籱龗鸜驫鬮";
/// Weights and check characters of GB 11643.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: &[u8; 11] = b"10X98765432";
/// Bytes shown before and after what was found.
const AROUND: usize = 60;

/// A fictitious resident ID number: born in the nineteenth century, with a valid check character.
pub fn resident_id(chance: &mut Chance) -> String {
    let (year, month, day) = (
        chance.between(10, 99),
        chance.between(1, 12),
        chance.between(1, 28),
    );
    let order = chance.between(1, 999);
    let body = format!("22050218{year:02}{month:02}{day:02}{order:03}");
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{body}{}", char::from(CHECK[(sum % 11) as usize]))
}

/// Texts that must not be found.
#[derive(Debug)]
pub struct Secrets {
    texts: Vec<String>,
    /// One pattern for each form of each text, in their order.
    finder: AhoCorasick,
    /// The text of each pattern, and whether it has digits alone.
    patterns: Vec<(usize, bool)>,
}

impl Secrets {
    /// Gets ready to seek these texts.
    pub fn new(texts: Vec<String>) -> Result<Self> {
        let (mut forms, mut patterns) = (Vec::new(), Vec::new());
        for (index, text) in texts.iter().enumerate() {
            for form in forms_of(text) {
                patterns.push((index, form.bytes().all(|byte| byte.is_ascii_digit())));
                forms.push(form);
            }
        }
        Ok(Self {
            texts,
            finder: AhoCorasick::new(forms).context("the texts are too many to be sought at once")?,
            patterns,
        })
    }

    /// Fails when one of the texts stands there, in whatever form.
    pub fn must_not_be_in(&self, place: &str, bytes: &[u8]) -> Result<()> {
        for found in self.finder.find_overlapping_iter(bytes) {
            let (text, digits) = self.patterns[found.pattern().as_usize()];
            // Among hexadecimal digits eleven decimal ones stand by chance once in a large dump.
            if digits && is_amid_hex(bytes, found.start(), found.end()) {
                continue;
            }
            let from = found.start().saturating_sub(AROUND);
            let to = bytes.len().min(found.end() + AROUND);
            bail!(
                "{place} holds {}: …{}…",
                self.texts[text],
                String::from_utf8_lossy(&bytes[from..to])
            );
        }
        Ok(())
    }
}

fn is_amid_hex(bytes: &[u8], start: usize, end: usize) -> bool {
    let hex = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
    hex(start.checked_sub(1)) && hex(Some(end))
}

/// As it is, as hexadecimal digits, as JSON escapes, and in base64 at each of three offsets.
fn forms_of(text: &str) -> Vec<String> {
    let hex = hex::encode(text);
    let escaped: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut forms = vec![text.to_owned(), hex.to_uppercase(), hex, escaped.concat()];
    for skip in 0..3 {
        let shifted = [&vec![0; skip], text.as_bytes()].concat();
        let encoded = BASE64_STANDARD.encode(&shifted);
        // The first and the last group depend on what stands beside the text.
        let whole = shifted.len() / 3 * 4;
        forms.push(encoded[usize::from(skip > 0) * 4..whole].to_owned());
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11010519491231002X";
    const MOBILE: &str = "19900000001";

    fn secrets() -> Secrets {
        Secrets::new(["测试甲龘靐齉", ID, MOBILE].map(str::to_owned).to_vec()).unwrap()
    }

    #[test]
    fn a_text_is_found_in_whatever_form_it_is_written_down() {
        let secrets = secrets();
        let dumped = format!("\\x00{}ff", hex::encode("测试甲龘靐齉"));
        assert!(secrets.must_not_be_in("a dump", dumped.as_bytes()).is_err());
        for before in ["", "x", "xy"] {
            let encoded = BASE64_STANDARD.encode(format!("{before}{ID} 其他"));
            let found = secrets.must_not_be_in("base64", encoded.as_bytes());
            assert!(found.is_err(), "{before}");
        }
        assert!(secrets.must_not_be_in("nothing", b"case.registered").is_ok());
    }

    #[test]
    fn digits_count_unless_they_stand_amid_hexadecimal_ones() {
        let secrets = secrets();
        for clear in [MOBILE.to_owned(), format!("e{MOBILE}\""), format!("={MOBILE}a")] {
            assert!(
                secrets.must_not_be_in("a log", clear.as_bytes()).is_err(),
                "{clear}"
            );
        }
        let chance = format!("\\x0f{MOBILE}9c");
        assert!(secrets.must_not_be_in("a dump", chance.as_bytes()).is_ok());
    }

    #[test]
    fn broken_characters_around_it_hide_nothing() {
        let bytes = [&[0xff, 0xe6][..], "测试甲龘靐齉".as_bytes(), &[0x80]].concat();
        assert!(secrets().must_not_be_in("a file", &bytes).is_err());
    }
}
