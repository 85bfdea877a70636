//! Members of the leadership team 班子成员 and their turns.

use time::{Date, Duration};
use xinqiao_kernel::{Calendar, DistrictCode, Fields, TownCode};

/// A leader, or who only signs, as the office typed him.
#[derive(Debug, Clone, Copy)]
pub struct LeaderEntry<'a> {
    /// Name.
    pub name: &'a str,
    /// Post.
    pub post: &'a str,
    /// Portfolio fields, two digits each.
    pub portfolio: &'a [String],
    /// Linked townships, nine digits each.
    pub linked_towns: &'a [String],
    /// Subject of his token.
    pub person_id: &'a str,
    /// Place in the rota.
    pub order: u32,
    /// Signs where no leader received, and nothing else.
    pub signs_only: bool,
}

/// Names every wrong field. (The certificate is looked at by who can parse one.)
pub fn check(fields: &mut Fields, entry: &LeaderEntry<'_>, district: DistrictCode) {
    fields.text("name", entry.name, 2..=100);
    fields.text("post", entry.post, 2..=100);
    fields.text("person_id", entry.person_id, 1..=200);
    if entry.signs_only {
        check_signs_only(fields, entry);
    } else {
        check_turn(fields, entry, district);
    }
}

/// The head of the office signs in the leader's place (DEC-16) and is not of the leadership team.
fn check_signs_only(fields: &mut Fields, entry: &LeaderEntry<'_>) {
    for (field, given) in [
        ("portfolio", !entry.portfolio.is_empty()),
        ("linked_towns", !entry.linked_towns.is_empty()),
        ("order", entry.order != 0),
    ] {
        if given {
            fields.wrong(
                field,
                "SIGNS_ONLY",
                "仅审阅签字的人员不分管领域、不联系乡镇街、不参加轮值",
                "who only signs has no portfolio, no townships and no turn",
            );
        }
    }
}

/// What a member of the leadership team is responsible for, and when it is his turn.
fn check_turn(fields: &mut Fields, entry: &LeaderEntry<'_>, district: DistrictCode) {
    if entry.portfolio.is_empty() {
        fields.wrong(
            "portfolio",
            "REQUIRED",
            "至少一个分管领域",
            "name at least one portfolio field",
        );
    }
    for (index, field) in entry.portfolio.iter().enumerate() {
        if field.len() != 2 || !field.bytes().all(|byte| byte.is_ascii_digit()) {
            fields.wrong(
                format!("portfolio[{index}]"),
                "FIELD_CODE",
                "分管领域为两位数字",
                "a portfolio field has two digits",
            );
        }
    }
    for (index, town) in entry.linked_towns.iter().enumerate() {
        let field = format!("linked_towns[{index}]");
        let town = fields.take(&field, town.parse::<TownCode>());
        fields.require(
            field,
            town.is_none_or(|town| town.district() == district),
            "OTHER_DISTRICT",
            "联系乡镇街不属于本区",
            "the township belongs to another district",
        );
    }
    for (name, values) in [
        ("portfolio", entry.portfolio),
        ("linked_towns", entry.linked_towns),
    ] {
        for (index, value) in values.iter().enumerate() {
            if values[..index].contains(value) {
                fields.about(&format!("{name}[{index}]"), "DUPLICATE", "重复", "is named twice");
            }
        }
    }
    if !(1..=999).contains(&entry.order) {
        fields.wrong("order", "OUT_OF_RANGE", "排序为 1 至 999", "order is 1 to 999");
    }
}

/// Checks a leave: told at least one working day ahead, in order, at most a year long (domain rule 3.4).
pub fn check_leave(fields: &mut Fields, calendar: &Calendar, today: Date, first: Date, last: Date) {
    if first < calendar.next_working_day(today) {
        fields.wrong(
            "first_day",
            "TOO_SOON",
            "请假须至少提前一个工作日告知",
            "leave is told at least one working day ahead",
        );
    }
    if last < first {
        fields.wrong(
            "last_day",
            "BEFORE_FIRST",
            "结束日期早于开始日期",
            "last_day is before first_day",
        );
    } else if last - first > Duration::days(366) {
        fields.wrong(
            "last_day",
            "TOO_LONG",
            "请假最长一年",
            "a leave is at most one year long",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn every_wrong_field_is_named() {
        let portfolio = ["03".to_owned(), "3".to_owned(), "03".to_owned()];
        let towns = ["220502100".to_owned(), "220503100".to_owned(), "x".to_owned()];
        let entry = LeaderEntry {
            name: "张",
            post: "",
            portfolio: &portfolio,
            linked_towns: &towns,
            person_id: "",
            order: 0,
            signs_only: false,
        };
        let mut fields = Fields::new();
        check(&mut fields, &entry, "220502".parse().unwrap());
        let expected = [
            "name",
            "post",
            "person_id",
            "portfolio[1]",
            "linked_towns[1]",
            "linked_towns[2]",
            "portfolio[2]",
            "order",
        ];
        assert_eq!(fields.names(), expected);
    }

    #[test]
    fn who_only_signs_has_neither_portfolio_nor_turn() {
        let (portfolio, towns) = (["03".to_owned()], ["220502100".to_owned()]);
        let wrong_fields = |portfolio, linked_towns, order| {
            let entry = LeaderEntry {
                name: "王分办",
                post: "区联席办主任",
                portfolio,
                linked_towns,
                person_id: "wang",
                order,
                signs_only: true,
            };
            let mut fields = Fields::new();
            check(&mut fields, &entry, "220502".parse().unwrap());
            let found = fields.names().into_iter().map(str::to_owned);
            found.collect::<Vec<_>>()
        };
        assert_eq!(wrong_fields(&[], &[], 0), [""; 0]);
        assert_eq!(
            wrong_fields(&portfolio, &towns, 1),
            ["portfolio", "linked_towns", "order"]
        );
    }

    #[test]
    fn leave_is_told_a_working_day_ahead() {
        let calendar = Calendar::national();
        let friday = date!(2026 - 03 - 06);
        let told = |first, last| {
            let mut fields = Fields::new();
            check_leave(&mut fields, &calendar, friday, first, last);
            fields.violations().len()
        };
        assert_eq!(told(date!(2026 - 03 - 09), date!(2026 - 03 - 10)), 0);
        assert_eq!(
            told(date!(2026 - 03 - 07), date!(2026 - 03 - 10)),
            1,
            "Saturday comes too soon"
        );
        assert_eq!(told(date!(2026 - 03 - 09), date!(2026 - 03 - 08)), 1);
    }
}
