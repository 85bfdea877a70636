//! Looks at every field of a request before it says what is wrong, in words a clerk can use.
//!
//! A sentence names its field as the form does: the name is found by the path of the field in [`label`]. A fault has the
//! same reason wherever it is found.

use std::fmt::Display;
use std::ops::RangeInclusive;

use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{Explain, local, text};

mod label;

pub use label::{Label, label, named};

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, for example `petitioners[0].resident_id`.
    pub field: String,
    /// Stable reason, for example `WRONG_CHECK_DIGIT`.
    pub reason: &'static str,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

impl Violation {
    /// A wrong field.
    pub fn new(
        field: impl Into<String>,
        reason: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            reason,
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// Everything that is wrong with a request, in the order of its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} fields are wrong", .0.len())]
pub struct WrongFields(Vec<Violation>);

impl WrongFields {
    /// The wrong fields.
    pub fn violations(&self) -> &[Violation] {
        &self.0
    }

    /// Paths of the wrong fields.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|wrong| wrong.field.as_str()).collect()
    }

    /// The wrong fields, to keep.
    pub fn into_violations(self) -> Vec<Violation> {
        self.0
    }
}

/// Collects the wrong fields of one request. What to say of a field is formatted only when it is wrong.
///
/// ```
/// use xinqiao_kernel::Fields;
///
/// let mut fields = Fields::new();
/// fields.text("title", "", 1..=100);
/// let count: Option<u8> =
///     fields.some("days", "x".parse().ok(), "NOT_A_NUMBER", "天数须为数字", "days is a number");
/// assert!(count.is_none());
/// let wrong = fields.finish().unwrap_err();
/// assert_eq!(wrong.violations()[0].zh, "请填写标题");
/// assert_eq!(wrong.violations().len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    prefix: String,
    violations: Vec<Violation>,
}

impl Fields {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field unless `holds`.
    pub fn require(
        &mut self,
        field: impl Display,
        holds: bool,
        reason: &'static str,
        zh: impl Display,
        en: impl Display,
    ) -> bool {
        if !holds {
            self.wrong(field, reason, zh, en);
        }
        holds
    }

    /// Notes a wrong field.
    pub fn wrong(&mut self, field: impl Display, reason: &'static str, zh: impl Display, en: impl Display) {
        let field = format!("{}{field}", self.prefix);
        self.violations
            .push(Violation::new(field, reason, zh.to_string(), en.to_string()));
    }

    /// The value, or `None` with the field noted as wrong in the words of its type.
    pub fn take<T>(&mut self, field: impl Display, result: Result<T, impl Explain>) -> Option<T> {
        result
            .map_err(|error| self.wrong(field, error.reason(), error.zh(), error.en()))
            .ok()
    }

    /// The value, or `None` with the field noted as wrong in the words given.
    pub fn some<T>(
        &mut self,
        field: impl Display,
        value: Option<T>,
        reason: &'static str,
        zh: impl Display,
        en: impl Display,
    ) -> Option<T> {
        if value.is_none() {
            self.wrong(field, reason, zh, en);
        }
        value
    }

    /// A text people write, without surrounding blanks: of a length in characters, without markup and without
    /// characters nobody sees. A range that begins with 0 makes it optional.
    pub fn text(&mut self, field: &str, typed: &str, length: RangeInclusive<usize>) -> String {
        let found = typed.trim();
        let count = found.chars().count();
        let (min, max) = (*length.start(), *length.end());
        if count == 0 && min > 0 {
            self.missing(field);
        } else if count < min {
            self.about(
                field,
                "TOO_SHORT",
                format_args!("至少{min}个字，现有{count}个字"),
                format_args!("needs at least {min} characters, found {count}"),
            );
        } else if count > max {
            self.about(
                field,
                "TOO_LONG",
                format_args!("最多{max}个字，现有{count}个字"),
                format_args!("may have at most {max} characters, found {count}"),
            );
        }
        if text::has_markup(found) {
            self.about(field, "MARKUP", "不能包含网页代码", "must not contain markup");
        }
        if text::has_control_character(found) {
            self.about(
                field,
                "CONTROL_CHARACTER",
                "含有不可见字符，请重新输入",
                "contains control characters; type it again",
            );
        }
        found.to_owned()
    }

    /// A list of so many texts, each of 1 to `max` characters.
    pub fn texts(
        &mut self,
        field: &str,
        typed: &[String],
        entries: RangeInclusive<usize>,
        max: usize,
    ) -> Vec<String> {
        let most = *entries.end();
        self.count(field, typed.len(), entries);
        let typed = typed.iter().take(most).enumerate();
        typed
            .map(|(index, value)| self.text(&format!("{field}[{index}]"), value, 1..=max))
            .collect()
    }

    /// How many entries a list has.
    pub fn count(&mut self, field: &str, found: usize, entries: RangeInclusive<usize>) {
        let (least, most) = (*entries.start(), *entries.end());
        if found == 0 && least > 0 {
            self.missing(field);
        } else if found < least {
            self.about(
                field,
                "TOO_FEW",
                format_args!("至少{least}项，现有{found}项"),
                format_args!("needs at least {least} entries, found {found}"),
            );
        } else if found > most {
            self.about(
                field,
                "TOO_MANY",
                format_args!("最多{most}项，现有{found}项"),
                format_args!("may have at most {most} entries, found {found}"),
            );
        }
    }

    /// A run of exactly so many digits.
    pub fn digits(&mut self, field: &str, typed: &str, count: usize) -> String {
        let found = typed.trim();
        if found.is_empty() {
            self.missing(field);
        } else if found.len() != count || !found.bytes().all(|byte| byte.is_ascii_digit()) {
            self.about(
                field,
                "BAD_FORMAT",
                format_args!("应为{count}位数字"),
                format_args!("has {count} digits"),
            );
        }
        found.to_owned()
    }

    /// An identifier in text form.
    pub fn uuid(&mut self, field: &str, typed: &str) -> Option<Uuid> {
        let found = Uuid::try_parse(typed).ok();
        if typed.is_empty() {
            self.unchosen(field);
        } else if found.is_none() {
            self.about(field, "NOT_A_UUID", "的标识无效，请重新选择", "must be a UUID");
        }
        found
    }

    /// An identifier, or nothing when the text is empty.
    pub fn optional_uuid(&mut self, field: &str, typed: &str) -> Option<Uuid> {
        if typed.is_empty() {
            None
        } else {
            self.uuid(field, typed)
        }
    }

    /// A local date written YYYY-MM-DD, of a year the platform reckons with.
    pub fn date(&mut self, field: &str, typed: &str) -> Option<Date> {
        let found = local::parse_date(typed);
        if typed.is_empty() {
            self.missing(field);
        } else if found.is_none() {
            self.about(
                field,
                "NOT_A_DATE",
                "须为存在的日期，格式如2026-03-04",
                "must be a real date written like 2026-03-04",
            );
        }
        found
    }

    /// A local date, or nothing when the text is empty.
    pub fn optional_date(&mut self, field: &str, typed: &str) -> Option<Date> {
        if typed.is_empty() {
            None
        } else {
            self.date(field, typed)
        }
    }

    /// An instant as contracts carry it, of a year the platform reckons with; in whole microseconds.
    pub fn instant(&mut self, field: &str, stamp: Option<(i64, i32)>) -> Option<OffsetDateTime> {
        let Some((seconds, nanos)) = stamp else {
            self.missing(field);
            return None;
        };
        let found = local::instant(seconds, nanos);
        if found.is_none() {
            self.about(
                field,
                "NOT_AN_INSTANT",
                "不是有效的时间",
                "is not a valid instant",
            );
        }
        found
    }

    /// A coded value that is known and not UNSPECIFIED, which is zero in every contract.
    pub fn choice<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 {
            self.unchosen(field);
        }
        self.optional_choice(field, number)
    }

    /// A coded value, or nothing when it is UNSPECIFIED.
    pub fn optional_choice<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 {
            return None;
        }
        let found = E::try_from(number).ok();
        if found.is_none() {
            self.unknown_value(field);
        }
        found
    }

    /// A value that was chosen from a list, as its type could read it.
    pub fn chosen<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.unknown_value(field);
        }
        value
    }

    /// Says that something must be chosen.
    pub fn unchosen(&mut self, field: &str) {
        self.say(field, "REQUIRED", |Label { zh, en }| {
            (format!("请选择{zh}"), format!("{en} must be chosen"))
        });
    }

    /// Says that a coded value is none of its list.
    pub fn unknown_value(&mut self, field: &str) {
        self.about(
            field,
            "UNKNOWN_VALUE",
            "的取值无效，请从所列选项中选择",
            "must be one of the known values",
        );
    }

    /// Says that something must be filled in.
    pub fn missing(&mut self, field: &str) {
        self.say(field, "REQUIRED", |Label { zh, en }| {
            (format!("请填写{zh}"), format!("{en} is required"))
        });
    }

    /// Says something that begins with the name the form has for the field.
    pub fn about(&mut self, field: &str, reason: &'static str, zh: impl Display, en: impl Display) {
        self.say(field, reason, |label| {
            (format!("{}{zh}", label.zh), format!("{} {en}", label.en))
        });
    }

    /// Says something of a field under the name the form has for it.
    fn say(&mut self, field: &str, reason: &'static str, words: impl FnOnce(Label) -> (String, String)) {
        let label = label(&format!("{}{field}", self.prefix));
        debug_assert!(label.is_known(), "no name for {field}");
        let (zh, en) = words(label);
        self.wrong(field, reason, zh, en);
    }

    /// Looks at the fields of a nested message; their names get `prefix` and a dot in front.
    pub fn within<T>(&mut self, prefix: &str, look: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.prefix.clone();
        self.prefix = format!("{outer}{prefix}.");
        let found = look(self);
        self.prefix = outer;
        found
    }

    /// True while nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// What is wrong so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Paths of the wrong fields.
    pub fn names(&self) -> Vec<&str> {
        self.violations.iter().map(|wrong| wrong.field.as_str()).collect()
    }

    /// Nothing was wrong, or all that is.
    pub fn finish(self) -> Result<(), WrongFields> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(WrongFields(self.violations))
        }
    }
}

#[cfg(test)]
mod tests;
