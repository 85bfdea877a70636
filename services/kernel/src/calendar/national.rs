//! The national calendar as data: the State Council's annual notices, and the holidays of `[HOL:2]` for a year whose
//! notice is not out.

use super::{CalendarDay, CalendarYear};
use time::{Date, Month};

/// Changes with every change of the data below: year of the newest notice, then a running number.
pub(super) const VERSION: &str = "2026.1";

/// Month and day.
type MonthDay = (u8, u8);

/// One holiday: its rest days from the first to the last, and the weekend days worked to make up for it.
struct Holiday {
    name: &'static str,
    rest: (MonthDay, MonthDay),
    make_up: &'static [MonthDay],
}

const fn holiday(
    name: &'static str,
    first: MonthDay,
    last: MonthDay,
    make_up: &'static [MonthDay],
) -> Holiday {
    Holiday {
        name,
        rest: (first, last),
        make_up,
    }
}

const NOTICE: &str = "国务院办公厅关于部分节假日安排的通知";
const HOLIDAY_REGULATION: &str = "《全国年节及纪念日放假办法》第二条";

const HOLIDAYS_2024: [Holiday; 7] = [
    holiday("元旦", (1, 1), (1, 1), &[]),
    holiday("春节", (2, 10), (2, 17), &[(2, 4), (2, 18)]),
    holiday("清明节", (4, 4), (4, 6), &[(4, 7)]),
    holiday("劳动节", (5, 1), (5, 5), &[(4, 28), (5, 11)]),
    holiday("端午节", (6, 10), (6, 10), &[]),
    holiday("中秋节", (9, 15), (9, 17), &[(9, 14)]),
    holiday("国庆节", (10, 1), (10, 7), &[(9, 29), (10, 12)]),
];

const HOLIDAYS_2025: [Holiday; 6] = [
    holiday("元旦", (1, 1), (1, 1), &[]),
    holiday("春节", (1, 28), (2, 4), &[(1, 26), (2, 8)]),
    holiday("清明节", (4, 4), (4, 6), &[]),
    holiday("劳动节", (5, 1), (5, 5), &[(4, 27)]),
    holiday("端午节", (5, 31), (6, 2), &[]),
    holiday("国庆节、中秋节", (10, 1), (10, 8), &[(9, 28), (10, 11)]),
];

const HOLIDAYS_2026: [Holiday; 7] = [
    holiday("元旦", (1, 1), (1, 3), &[(1, 4)]),
    holiday("春节", (2, 15), (2, 23), &[(2, 14), (2, 28)]),
    holiday("清明节", (4, 4), (4, 6), &[]),
    holiday("劳动节", (5, 1), (5, 5), &[(5, 9)]),
    holiday("端午节", (6, 19), (6, 21), &[]),
    holiday("中秋节", (9, 25), (9, 27), &[]),
    holiday("国庆节", (10, 1), (10, 7), &[(9, 20), (10, 10)]),
];

/// Thirteen days that the regulation itself fixes; bridges and make-up days come with the notice.
const HOLIDAYS_2027: [Holiday; 7] = [
    holiday("元旦", (1, 1), (1, 1), &[]),
    holiday("春节", (2, 5), (2, 8), &[]),
    holiday("清明节", (4, 5), (4, 5), &[]),
    holiday("劳动节", (5, 1), (5, 2), &[]),
    holiday("端午节", (6, 9), (6, 9), &[]),
    holiday("中秋节", (9, 15), (9, 15), &[]),
    holiday("国庆节", (10, 1), (10, 3), &[]),
];

/// Every year the platform knows.
pub(super) fn years() -> [CalendarYear; 4] {
    [
        year(2024, false, NOTICE, &HOLIDAYS_2024),
        year(2025, false, NOTICE, &HOLIDAYS_2025),
        year(2026, false, NOTICE, &HOLIDAYS_2026),
        year(2027, true, HOLIDAY_REGULATION, &HOLIDAYS_2027),
    ]
}

fn year(year: i32, provisional: bool, source: &str, holidays: &[Holiday]) -> CalendarYear {
    let days = holidays
        .iter()
        .flat_map(|holiday| entries(year, holiday))
        .collect();
    CalendarYear {
        year,
        provisional,
        source: source.to_owned(),
        days,
    }
}

fn entries(year: i32, holiday: &Holiday) -> impl Iterator<Item = CalendarDay> {
    let last = date(year, holiday.rest.1);
    let rest = std::iter::successors(Some(date(year, holiday.rest.0)), |day| day.next_day())
        .take_while(move |day| *day <= last)
        .map(|day| (day, false));
    let work = holiday.make_up.iter().map(move |day| (date(year, *day), true));
    let name = holiday.name;
    rest.chain(work).map(move |(date, is_work)| CalendarDay {
        date,
        is_work,
        name: name.to_owned(),
    })
}

fn date(year: i32, (month, day): MonthDay) -> Date {
    let month = Month::try_from(month).expect("invariant: the table holds months");
    Date::from_calendar_date(year, month, day).expect("invariant: the table holds dates")
}
