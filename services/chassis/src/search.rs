//! Search in sealed text: what stands in an index instead of words.
//!
//! A text is folded ([`fold`]), cut into words at everything that is neither letter nor digit, and each word into its
//! overlapping pairs of characters. Chinese is written without spaces, so that pairs find what a dictionary would miss:
//! names of places, of firms, slips of the pen. A [`token`](crate::seal::KeyRing::search_tokens) is the first four bytes
//! of an HMAC of a pair under a key of the district that serves nothing else. A text has the tokens of its distinct pairs,
//! in ascending order; a query has those of its own. A text that contains the query has all of them. The reverse does not
//! hold, so a candidate is a hit only once it was opened and read ([`Query::occurrences`]). Four bytes are enough for
//! that: two pairs meet by chance in one of four thousand million, and the index is half of what eight would make it.
//!
//! Compatibility forms (full width letters, circled digits), case and marks over letters are folded; traditional and
//! simplified characters, and synonyms, are not. A word of one character has no pair, and a query with one is refused.
//!
//! # What the tokens tell to whoever reads the index without the key
//!
//! - How many distinct pairs a text has, which is about its length.
//! - Which texts share a pair, and so how alike two texts are; the same text handed in twice is seen at once.
//! - How frequent each pair is. Pairs of the language have known frequencies and keep company in known ways: who has
//!   enough similar texts in clear will name the common ones (的房, 信访) and, from their company, some of the rare ones.
//!   Take it for certain that single words can be guessed, and for hard, not impossible, that sentences can.
//! - What was planted: somebody who hands in a petition of his own and then reads the index knows the tokens of his words,
//!   and sees who else used them. This is the strongest attack, and no index that answers by itself is free of it.
//! - Who watches the statements of the database too sees which texts a query met, though not the query.
//!
//! They do not tell the order of words, how often a word stands in one text, or anything across districts: each has its
//! own key, and equal pairs have unequal tokens. Names, papers and telephones of petitioners are sealed fields and never
//! come here, but a text may name people, and their names then are pairs like others. Accusations (class P4) are not
//! indexed at all. So the index is to be guarded like the sealed texts themselves, in the same database behind the same
//! walls: the tokens protect a stolen dump or disk from being read, not from being studied.
//!
//! With another index key, or another way of folding ([`SCHEME`]), all tokens are others; the index is then built anew.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Version of folding, cutting and sealing; part of what tells whether an index is of today.
pub const SCHEME: &str = "pairs 2";

/// Characters of a query at the most.
pub const QUERY_MAX: usize = 50;

/// Why a query finds nothing, whatever the texts are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Neither letter nor digit in it.
    #[error("the query has no word")]
    Empty,
    /// Longer than [`QUERY_MAX`].
    #[error("the query has {0} characters")]
    TooLong(usize),
    /// A word of one character, which has no pair.
    #[error("the word {0:?} has one character")]
    OneCharacter(String),
}

/// Folds text into its words with single blanks between them: compatibility forms, case and marks are gone.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        // Almost all of a petition is ideographs, which stay as they are.
        let plain = rest.find(|letter| !is_plain(letter)).unwrap_or(rest.len());
        folded.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let other = rest.find(is_plain).unwrap_or(rest.len());
        for letter in rest[..other].nfkc().flat_map(char::to_lowercase) {
            push(&mut folded, letter);
        }
        rest = &rest[other..];
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// The unified ideographs: no form, case or mark to fold.
const fn is_plain(letter: char) -> bool {
    matches!(letter, '\u{4e00}'..='\u{9fff}')
}

fn push(folded: &mut String, letter: char) {
    if letter.is_alphanumeric() {
        folded.push(letter);
    } else if !is_combining_mark(letter)
        && !is_invisible(letter)
        && !folded.is_empty()
        && !folded.ends_with(' ')
    {
        folded.push(' ');
    }
}

/// Characters that come with copied text and are not seen: they part no word.
const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// The distinct pairs of folded text.
pub fn pairs(folded: &str) -> BTreeSet<&str> {
    let mut pairs = BTreeSet::new();
    for word in folded.split(' ') {
        let starts = word.char_indices().map(|(at, _)| at);
        let ends = word.char_indices().skip(2).map(|(at, _)| at).chain([word.len()]);
        let whole = word.chars().nth(1).is_some();
        pairs.extend(
            starts
                .zip(ends)
                .filter(|_| whole)
                .map(|(from, to)| &word[from..to]),
        );
    }
    pairs
}

/// What is looked for: words that a text must contain, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    words: BTreeSet<String>,
}

impl Query {
    /// Reads what somebody typed.
    pub fn parse(typed: &str) -> Result<Self, QueryError> {
        let length = typed.trim().chars().count();
        if length > QUERY_MAX {
            return Err(QueryError::TooLong(length));
        }
        let folded = fold(typed);
        if folded.is_empty() {
            return Err(QueryError::Empty);
        }
        let words: BTreeSet<String> = folded.split(' ').map(str::to_owned).collect();
        match words.iter().find(|word| word.chars().nth(1).is_none()) {
            Some(word) => Err(QueryError::OneCharacter(word.clone())),
            None => Ok(Self { words }),
        }
    }

    /// The pairs that a text with this query has.
    pub fn pairs(&self) -> BTreeSet<&str> {
        self.words.iter().flat_map(|word| pairs(word)).collect()
    }

    /// How often the words stand in a folded text, one after the other; 0 when one of them does not.
    pub fn occurrences(&self, folded: &str) -> u32 {
        let mut total = 0;
        for word in &self.words {
            let count = folded.matches(word.as_str()).count();
            if count == 0 {
                return 0;
            }
            total += count;
        }
        u32::try_from(total).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
