//! Looks at every field of a request before it says what is wrong.

use std::fmt::Display;

use time::{Date, macros::format_description};
use uuid::Uuid;
use xinqiao_kernel::Explain;

use super::{Refusal, Violation};

/// Collects the wrong fields of one request. What to say of a field is formatted only when it is wrong.
///
/// ```
/// use xinqiao_chassis::refusal::Fields;
///
/// let mut fields = Fields::new();
/// fields.require("title", false, "REQUIRED", "标题必填", "title is required");
/// let number: Option<u8> =
///     fields.some("count", "x".parse().ok(), "NOT_A_NUMBER", "须为数字", "must be a number");
/// assert!(number.is_none());
/// assert_eq!(fields.finish().unwrap_err().violations().len(), 2);
/// ```
#[derive(Debug, Default)]
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

    /// The value, or `None` with the field noted as wrong in the words of the kernel.
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

    /// Text that must be there, at most `max` characters, without surrounding blanks. Empty when wrong.
    pub fn text(&mut self, field: &str, value: &str, max: usize) -> String {
        let value = value.trim();
        if value.is_empty() {
            self.wrong(
                field,
                "REQUIRED",
                format!("{field} 必填"),
                format!("{field} is required"),
            );
        }
        self.limit(field, value, max)
    }

    /// Text that may be empty, at most `max` characters.
    pub fn optional_text(&mut self, field: &str, value: &str, max: usize) -> String {
        self.limit(field, value.trim(), max)
    }

    /// An identifier in text form.
    pub fn uuid(&mut self, field: &str, value: &str) -> Option<Uuid> {
        self.some(
            field,
            Uuid::try_parse(value).ok(),
            "NOT_A_UUID",
            format_args!("{field} 须为有效的 UUID"),
            format_args!("{field} must be a UUID"),
        )
    }

    /// An identifier, or nothing when the text is empty.
    pub fn optional_uuid(&mut self, field: &str, value: &str) -> Option<Uuid> {
        if value.is_empty() {
            None
        } else {
            self.uuid(field, value)
        }
    }

    /// A local date written YYYY-MM-DD.
    pub fn date(&mut self, field: &str, value: &str) -> Option<Date> {
        let form = format_description!("[year]-[month]-[day]");
        self.some(
            field,
            Date::parse(value, &form).ok(),
            "NOT_A_DATE",
            format_args!("{field} 须为日期，格式 YYYY-MM-DD"),
            format_args!("{field} must be a date written YYYY-MM-DD"),
        )
    }

    /// A local date, or nothing when the text is empty.
    pub fn optional_date(&mut self, field: &str, value: &str) -> Option<Date> {
        if value.is_empty() {
            None
        } else {
            self.date(field, value)
        }
    }

    /// An enum value that is known and not UNSPECIFIED, which is zero in every contract.
    pub fn choice<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        let known = if value == 0 { None } else { E::try_from(value).ok() };
        self.some(
            field,
            known,
            "UNKNOWN_VALUE",
            format_args!("{field} 的取值无效"),
            format_args!("{field} must be one of the known values"),
        )
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

    /// Refuses when anything was wrong.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(Refusal::invalid(self.violations))
        }
    }

    fn limit(&mut self, field: &str, value: &str, max: usize) -> String {
        let length = value.chars().count();
        if length > max {
            self.wrong(
                field,
                "TOO_LONG",
                format!("{field} 最多 {max} 字，现有 {length} 字"),
                format!("{field} has {length} characters, at most {max} are allowed"),
            );
        }
        if value
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\n' | '\t' | '\r'))
        {
            self.wrong(
                field,
                "CONTROL_CHARACTER",
                format!("{field} 含有不可见字符"),
                format!("{field} contains control characters"),
            );
        }
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nested_fields_carry_their_path() {
        let mut fields = Fields::new();
        fields.within("petitioners[1]", |fields| fields.text("name", " ", 10));
        fields.date("day", "2026-02-30");
        let refusal = fields.finish().unwrap_err();
        let names: Vec<_> = refusal
            .violations()
            .iter()
            .map(|violation| violation.field.as_str())
            .collect();
        assert_eq!(names, ["petitioners[1].name", "day"]);
    }

    #[test]
    fn length_is_counted_in_characters() {
        let mut fields = Fields::new();
        fields.text("title", "信访事项", 4);
        assert!(fields.is_clean());
        fields.text("title", "信访事项五", 4);
        assert_eq!(fields.finish().unwrap_err().violations()[0].reason, "TOO_LONG");
    }
}
