//! What is wrong with what somebody entered: every wrong field at once, in words a clerk understands.

use time::Date;
use uuid::Uuid;

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field in the request, for example `report.cause`.
    pub field: String,
    /// Stable reason.
    pub reason: &'static str,
    /// What to do, Chinese.
    pub zh: String,
    /// What to do, English.
    pub en: String,
}

/// Collects the faults of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault.
    pub fn add(
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

    /// Notes a fault unless `holds`.
    pub fn require(&mut self, holds: bool, field: &str, reason: &'static str, zh: &str, en: &str) {
        if !holds {
            self.add(field, reason, zh, en);
        }
    }

    /// A text people write: trimmed, of `min` to `max` characters, without markup (domain §6.3).
    pub fn text(&mut self, field: &str, value: &str, min: usize, max: usize) -> String {
        let text = value.trim();
        let length = text.chars().count();
        if length == 0 && min > 0 {
            self.add(field, "REQUIRED", "此项必填", "this must be filled in");
        } else if length < min {
            self.add(
                field,
                "TOO_SHORT",
                format!("至少 {min} 个字，现有 {length} 个字"),
                format!("at least {min} characters, there are {length}"),
            );
        } else if length > max {
            self.add(
                field,
                "TOO_LONG",
                format!("最多 {max} 个字，现有 {length} 个字"),
                format!("at most {max} characters, there are {length}"),
            );
        } else if has_markup(text) {
            self.add(field, "MARKUP", "不得包含网页标记", "must not contain markup");
        }
        text.to_owned()
    }

    /// A text that may be left out.
    pub fn optional_text(&mut self, field: &str, value: &str, min: usize, max: usize) -> Option<String> {
        if value.trim().is_empty() {
            None
        } else {
            Some(self.text(field, value, min, max))
        }
    }

    /// A list of texts with at least `at_least` and at most fifty entries.
    pub fn texts(&mut self, field: &str, values: &[String], at_least: usize, max: usize) -> Vec<String> {
        self.count(field, values.len(), at_least, 50);
        values
            .iter()
            .enumerate()
            .map(|(index, value)| self.text(&format!("{field}[{index}]"), value, 1, max))
            .collect()
    }

    /// How many entries a list has.
    pub fn count(&mut self, field: &str, found: usize, at_least: usize, at_most: usize) {
        if found < at_least {
            self.add(
                field,
                "TOO_FEW",
                format!("至少 {at_least} 项，现有 {found} 项"),
                format!("at least {at_least} entries, there are {found}"),
            );
        } else if found > at_most {
            self.add(
                field,
                "TOO_MANY",
                format!("最多 {at_most} 项，现有 {found} 项"),
                format!("at most {at_most} entries, there are {found}"),
            );
        }
    }

    /// A date written YYYY-MM-DD.
    pub fn date(&mut self, field: &str, value: &str) -> Option<Date> {
        let parsed = parse_date(value);
        if value.is_empty() {
            self.add(field, "REQUIRED", "此项必填", "this must be filled in");
        } else if parsed.is_none() {
            self.add(
                field,
                "DATE",
                "日期须为存在的日期，格式 2026-03-04",
                "must be a real date written like 2026-03-04",
            );
        }
        parsed
    }

    /// An identifier.
    pub fn id(&mut self, field: &str, value: &str) -> Option<Uuid> {
        let parsed = Uuid::try_parse(value).ok();
        if value.is_empty() {
            self.add(field, "REQUIRED", "此项必填", "this must be filled in");
        } else if parsed.is_none() {
            self.add(field, "ID", "不是有效的标识", "is not an identifier");
        }
        parsed
    }

    /// An identifier that may be left out.
    pub fn optional_id(&mut self, field: &str, value: &str) -> Option<Uuid> {
        if value.is_empty() {
            None
        } else {
            self.id(field, value)
        }
    }

    /// A value that must be one of a closed list.
    pub fn choice<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(
                field,
                "UNKNOWN",
                "请从所列选项中选择",
                "choose one of the listed values",
            );
        }
        value
    }

    /// Adds what another collection found.
    pub fn absorb(&mut self, other: Faults) {
        self.0.extend(other.0);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults, in the order of the form.
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// Paths of the wrong fields.
    pub fn fields(&self) -> Vec<&str> {
        self.0.iter().map(|fault| fault.field.as_str()).collect()
    }

    /// Nothing wrong, or all that is.
    pub fn finish(self) -> Result<(), Faults> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

fn has_markup(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '!')
    })
}

/// A date written YYYY-MM-DD that exists.
pub fn parse_date(value: &str) -> Option<Date> {
    let mut parts = value.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let month = time::Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        let mut faults = Faults::default();
        faults.text("cause", &"因".repeat(50), 50, 100);
        assert!(faults.is_empty());
        faults.text("cause", &"因".repeat(49), 50, 100);
        assert_eq!(faults.into_vec()[0].reason, "TOO_SHORT");
    }

    #[test]
    fn names_every_wrong_field_at_once() {
        let mut faults = Faults::default();
        faults.text("a", "  ", 1, 10);
        faults.text("b", "<script>x</script>", 1, 100);
        faults.date("c", "2026-02-30");
        faults.count("d", 1, 2, 5);
        assert_eq!(faults.fields(), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_smaller_sign_is_no_markup() {
        let mut faults = Faults::default();
        faults.text("a", "面积 < 90 平方米", 1, 100);
        assert!(faults.is_empty());
    }
}
