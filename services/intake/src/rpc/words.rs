//! Checks of typed text that every form shares; each names the field the way the form does.

use std::ops::RangeInclusive;

use xinqiao_chassis::refusal::Fields;

use crate::domain::submission::has_markup;

/// How a field is called on the form.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    /// Path in the message.
    pub(crate) field: &'static str,
    /// 表单上的名称.
    pub(crate) zh: &'static str,
    /// Name in English.
    pub(crate) en: &'static str,
}

/// Short for a label.
pub(crate) const fn label(field: &'static str, zh: &'static str, en: &'static str) -> Label {
    Label { field, zh, en }
}

/// Text of a length in characters, without surrounding blanks and without markup. A range that begins with 0
/// makes it optional.
pub(crate) fn words(fields: &mut Fields, label: Label, typed: &str, length: RangeInclusive<usize>) -> String {
    check(fields, label.field, label, typed, length)
}

/// The same for one entry of a list.
pub(crate) fn entry(
    fields: &mut Fields,
    label: Label,
    index: usize,
    typed: &str,
    length: RangeInclusive<usize>,
) -> String {
    check(fields, &format!("{}[{index}]", label.field), label, typed, length)
}

fn check(
    fields: &mut Fields,
    path: &str,
    label: Label,
    typed: &str,
    length: RangeInclusive<usize>,
) -> String {
    let text = typed.trim();
    let found = text.chars().count();
    let Label { zh, en, .. } = label;
    let (min, max) = (*length.start(), *length.end());
    if found == 0 && min > 0 {
        fields.wrong(
            path,
            "REQUIRED",
            format_args!("请填写{zh}"),
            format_args!("{en} is required"),
        );
    } else if found < min {
        fields.wrong(
            path,
            "TOO_SHORT",
            format_args!("{zh}至少{min}个字，现有{found}个字"),
            format_args!("{en} needs at least {min} characters, found {found}"),
        );
    } else if found > max {
        fields.wrong(
            path,
            "TOO_LONG",
            format_args!("{zh}最多{max}个字，现有{found}个字"),
            format_args!("{en} may have at most {max} characters, found {found}"),
        );
    }
    if has_markup(text) {
        fields.wrong(
            path,
            "HTML",
            format_args!("{zh}不能包含网页代码"),
            format_args!("{en} must not contain HTML"),
        );
    }
    text.to_owned()
}

/// A coded value that must be chosen.
pub(crate) fn chosen<C: TryFrom<i32>>(fields: &mut Fields, label: Label, number: i32) -> Option<C> {
    let Label { field, zh, en } = label;
    if number == 0 {
        fields.wrong(
            field,
            "REQUIRED",
            format_args!("请选择{zh}"),
            format_args!("{en} is required"),
        );
        return None;
    }
    optional_choice(fields, label, number)
}

/// A coded value that may be left out.
pub(crate) fn optional_choice<C: TryFrom<i32>>(fields: &mut Fields, label: Label, number: i32) -> Option<C> {
    if number == 0 {
        return None;
    }
    let Label { field, zh, en } = label;
    fields.some(
        field,
        C::try_from(number).ok(),
        "UNKNOWN_VALUE",
        format_args!("{zh}的取值{number}无效"),
        format_args!("{en} {number} is not a known value"),
    )
}

/// A run of exactly so many digits.
pub(crate) fn digits(fields: &mut Fields, label: Label, typed: &str, count: usize) -> String {
    let text = typed.trim();
    let Label { field, zh, en } = label;
    if text.is_empty() {
        fields.wrong(
            field,
            "REQUIRED",
            format_args!("请填写{zh}"),
            format_args!("{en} is required"),
        );
    } else if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        fields.wrong(
            field,
            "BAD_FORMAT",
            format_args!("{zh}应为{count}位数字"),
            format_args!("{en} has {count} digits"),
        );
    }
    text.to_owned()
}
