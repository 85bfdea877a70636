//! Finds the line at which a value of the file stands: the reader of YAML tells values, not places.

/// Places of values, which are asked for in the order of the file.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    lines: Vec<&'a str>,
    /// Line and column at which the last value ended.
    at: (usize, usize),
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            lines: text.lines().map(without_comment).collect(),
            at: (0, 0),
        }
    }

    /// The line, from 1, of the next place at which the value stands by itself; none when it is written in another
    /// way, for example with escapes.
    pub(super) fn next(&mut self, value: &str) -> Option<usize> {
        let (first, from) = self.at;
        for (index, line) in self.lines.iter().enumerate().skip(first) {
            let from = if index == first { from } else { 0 };
            if let Some(end) = find(line, from, value) {
                self.at = (index, end);
                return Some(index + 1);
            }
        }
        None
    }
}

/// Where the value ends, when it stands in the line between what cannot belong to it.
fn find(line: &str, from: usize, value: &str) -> Option<usize> {
    if value.is_empty() {
        return None;
    }
    let apart = |byte: Option<&u8>| byte.is_none_or(|byte| b" \t'\"[]{},:".contains(byte));
    let bytes = line.as_bytes();
    line.get(from..)?.match_indices(value).find_map(|(offset, _)| {
        let (start, end) = (from + offset, from + offset + value.len());
        let before = start.checked_sub(1).and_then(|index| bytes.get(index));
        (apart(before) && apart(bytes.get(end))).then_some(end)
    })
}

/// A comment begins the line or follows a space.
fn without_comment(line: &str) -> &str {
    let begins = |at: usize| at == 0 || line.as_bytes()[at - 1].is_ascii_whitespace();
    line.match_indices('#')
        .find(|(at, _)| begins(*at))
        .map_or(line, |(at, _)| &line[..at])
}
