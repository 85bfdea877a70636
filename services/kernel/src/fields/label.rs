//! What a field is called on the form: one list for all services.

mod names;

use names::NAMES;

/// The name of a field, as sentences use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// 表单上的名称.
    pub zh: String,
    /// Name in English.
    pub en: String,
}

impl Label {
    /// Whether the list has every part of it.
    pub fn is_known(&self) -> bool {
        !self.zh.contains(UNKNOWN.0)
    }
}

/// The name of the field at a path of a request, such as `submission.petitioners[1].name`: 第2个信访人的姓名/名称.
///
/// Every field of every request has one; a test over the contracts sees to it.
pub fn label(path: &str) -> Label {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    let mut bare = String::new();
    let mut segments = path.split('.').peekable();
    while let Some(segment) = segments.next() {
        let (name, index) = split(segment);
        if !bare.is_empty() {
            bare.push('.');
        }
        bare.push_str(name);
        let is_last = segments.peek().is_none();
        let (own_zh, own_en) = named(&bare).unwrap_or(UNKNOWN);
        if let Some(index) = index {
            zh.push(format!("第{}个{own_zh}", index + 1));
            en.push(format!("entry {} of {own_en}", index + 1));
        } else if is_last {
            zh.push(own_zh.to_owned());
            en.push(own_en.to_owned());
        }
    }
    en.reverse();
    Label {
        zh: zh.join("的"),
        en: en.join(" in "),
    }
}

/// The name of a path without its indices: of the longest end of it that the list has.
pub fn named(bare: &str) -> Option<(&'static str, &'static str)> {
    let ends_with = |name: &str| {
        bare.strip_suffix(name)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    NAMES
        .iter()
        .filter(|(name, ..)| ends_with(name))
        .max_by_key(|(name, ..)| name.len())
        .map(|(_, zh, en)| (*zh, *en))
}

/// `petitioners[1]` as its name and its index.
fn split(segment: &str) -> (&str, Option<usize>) {
    segment
        .strip_suffix(']')
        .and_then(|rest| rest.split_once('['))
        .and_then(|(name, index)| Some((name, Some(index.parse().ok()?))))
        .unwrap_or((segment, None))
}

/// What a field without a name is called.
const UNKNOWN: (&str, &str) = ("该项内容", "the field");

#[cfg(test)]
mod tests {
    use super::*;

    fn zh(path: &str) -> String {
        label(path).zh
    }

    #[test]
    fn a_name_is_that_of_the_message_it_stands_in() {
        assert_eq!(zh("unit.name"), "单位名称");
        assert_eq!(zh("name"), "姓名");
        assert_eq!(zh("submission.petitioners[0].name"), "第1个信访人的姓名/名称");
        assert_eq!(
            zh("outcomes[0].legal_basis[1].title"),
            "第1个处理结果的第2个法律依据的名称"
        );
        assert_eq!(
            label("outcomes[0].legal_basis[1].title").en,
            "the title in entry 2 of the legal basis in entry 1 of the outcomes"
        );
    }

    #[test]
    fn only_whole_names_are_found() {
        assert_eq!(named("surname"), None);
        assert_eq!(named("petitioners.surname"), None);
        assert!(!label("surname").is_known());
    }

    #[test]
    fn every_name_stands_once_in_its_order() {
        assert!(NAMES.is_sorted_by(|one, next| one.0 < next.0));
    }
}
