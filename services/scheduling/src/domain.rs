//! Rules of reception days, appointments and reception records. Pure: time, calendar and identifiers come in
//! as arguments, nothing here reads a clock, a database or a network.

use std::sync::LazyLock;

use xinqiao_kernel::Calendar;

pub mod appointment;
pub mod fault;
pub mod leader;
pub mod reception;
pub mod reception_day;
pub mod roster;
pub mod slots;

/// The working-day calendar in force. It is the kernel's; the district is told of each version once.
pub fn calendar() -> &'static Calendar {
    static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::national);
    &CALENDAR
}
