//! A wrong field, said so that a clerk can put it right.

use xinqiao_kernel::Explain;

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field as the contract names it.
    pub field: String,
    /// Stable reason in capitals.
    pub reason: &'static str,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

/// Collects every wrong field of one request.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field.
    pub fn note(
        &mut self,
        field: impl Into<String>,
        reason: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.0.push(Fault {
            field: field.into(),
            reason,
            zh: zh.into(),
            en: en.into(),
        });
    }

    /// Notes a wrong field in the words of the value type that refused it.
    pub fn explain(&mut self, field: impl Into<String>, error: &impl Explain) {
        self.note(field, error.reason(), error.zh(), error.en());
    }

    /// Looks at a mandatory text: not blank, `least` to `most` characters, no markup. `label` names it for people.
    pub fn text(&mut self, field: &str, label: (&str, &str), value: &str, least: usize, most: usize) {
        let (zh, en) = label;
        let length = value.trim().chars().count();
        if length == 0 {
            self.note(
                field,
                "REQUIRED",
                format!("{zh}必填"),
                format!("{en} is required"),
            );
        } else if length < least {
            self.note(
                field,
                "TOO_SHORT",
                format!("{zh}至少 {least} 字"),
                format!("{en} has at least {least} characters"),
            );
        } else if length > most {
            self.note(
                field,
                "TOO_LONG",
                format!("{zh}最多 {most} 字，现有 {length} 字"),
                format!("{en} has {length} characters, at most {most} are allowed"),
            );
        }
        if looks_like_markup(value) {
            self.note(
                field,
                "MARKUP",
                format!("{zh}不得含有网页标记"),
                format!("{en} must not contain markup"),
            );
        }
        if value
            .chars()
            .any(|found| found.is_control() && !matches!(found, '\n' | '\t' | '\r'))
        {
            self.note(
                field,
                "CONTROL_CHARACTER",
                format!("{zh}含有不可见字符"),
                format!("{en} contains control characters"),
            );
        }
    }

    /// The wrong fields in the order in which they were found.
    pub fn into_inner(self) -> Vec<Fault> {
        self.0
    }
}

/// True for what a browser would read as a tag: `<` directly followed by a letter, `/` or `!`.
fn looks_like_markup(value: &str) -> bool {
    value.split('<').skip(1).any(|rest| {
        rest.chars()
            .next()
            .is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(value: &str) -> Vec<&'static str> {
        let mut faults = Faults::new();
        faults.text("x", ("诉求", "the demand"), value, 5, 8);
        faults
            .into_inner()
            .into_iter()
            .map(|fault| fault.reason)
            .collect()
    }

    #[test]
    fn a_text_is_measured_in_characters_without_its_blanks() {
        assert_eq!(reasons("  "), ["REQUIRED"]);
        assert_eq!(reasons(" 房屋漏水 "), ["TOO_SHORT"]);
        assert_eq!(reasons("房屋漏水，求修"), Vec::<&str>::new());
        assert_eq!(reasons("房屋漏水，请求修缮"), ["TOO_LONG"]);
    }

    #[test]
    fn markup_is_told_from_a_less_than_sign() {
        assert_eq!(reasons("面积<90平米"), Vec::<&str>::new());
        assert_eq!(reasons("甲<b>乙丙"), ["MARKUP"]);
        assert_eq!(reasons("甲乙\u{7}丙丁戊"), ["CONTROL_CHARACTER"]);
    }
}
