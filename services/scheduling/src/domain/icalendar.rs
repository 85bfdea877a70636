//! Calendars as text, RFC 5545: lines end in CRLF and are folded at 75 octets, never inside a character; texts are
//! escaped; the same events give the same bytes.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};
use uuid::Uuid;

/// Octets of a line at the most, without its end (RFC 5545, 3.1).
const LINE_MAX: usize = 75;
/// A local time, and with `Z` behind it an instant in UTC.
const STAMP: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]");
/// Shanghai has one offset and no daylight saving.
const SHANGHAI: [&str; 8] = [
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0800",
    "TZOFFSETTO:+0800",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// A calendar that programs fetch again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// What programs show as its name.
    pub name: String,
    /// Its events.
    pub events: Vec<Event>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Stays the same whatever becomes of the event.
    pub uid: Uuid,
    /// Rises with each change.
    pub sequence: u64,
    /// Legal time of the last change.
    pub revised_at: OffsetDateTime,
    /// Beginning, in Shanghai.
    pub starts: PrimitiveDateTime,
    /// End, in Shanghai.
    pub ends: PrimitiveDateTime,
    /// What it is.
    pub summary: String,
    /// What more there is to say; may have several lines.
    pub description: String,
    /// Where.
    pub location: String,
    /// Whom to ask.
    pub contact: String,
    /// It does not take place.
    pub cancelled: bool,
}

impl Feed {
    /// The calendar as it is sent.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for fixed in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Xinqiao//Reception schedule//ZH",
            "CALSCALE:GREGORIAN",
        ] {
            line(&mut text, fixed);
        }
        // The name of RFC 7986, and the one that programs of before it read.
        for property in ["NAME", "X-WR-CALNAME"] {
            line(&mut text, &format!("{property}:{}", escaped(&self.name)));
        }
        for fixed in SHANGHAI {
            line(&mut text, fixed);
        }
        for event in &self.events {
            event.write(&mut text);
        }
        line(&mut text, "END:VCALENDAR");
        text
    }
}

impl Event {
    fn write(&self, text: &mut String) {
        let revised = self.revised_at.to_offset(UtcOffset::UTC);
        let revised = stamp(PrimitiveDateTime::new(revised.date(), revised.time()));
        let status = if self.cancelled { "CANCELLED" } else { "CONFIRMED" };
        let lines = [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", self.uid),
            format!("DTSTAMP:{revised}Z"),
            format!("LAST-MODIFIED:{revised}Z"),
            format!("SEQUENCE:{}", self.sequence),
            format!("DTSTART;TZID=Asia/Shanghai:{}", stamp(self.starts)),
            format!("DTEND;TZID=Asia/Shanghai:{}", stamp(self.ends)),
            format!("SUMMARY:{}", escaped(&self.summary)),
            format!("DESCRIPTION:{}", escaped(&self.description)),
            format!("LOCATION:{}", escaped(&self.location)),
            format!("CONTACT:{}", escaped(&self.contact)),
            format!("STATUS:{status}"),
            "END:VEVENT".to_owned(),
        ];
        for content in lines {
            line(text, &content);
        }
    }
}

fn stamp(at: PrimitiveDateTime) -> String {
    at.format(STAMP)
        .expect("invariant: the years of the platform have four digits")
}

/// Writes a content line: what is longer than a line goes on in the next ones, each begun by a blank.
fn line(text: &mut String, content: &str) {
    let mut used = 0;
    for character in content.chars() {
        if used + character.len_utf8() > LINE_MAX {
            text.push_str("\r\n ");
            used = 1;
        }
        text.push(character);
        used += character.len_utf8();
    }
    text.push_str("\r\n");
}

/// A text value (RFC 5545, 3.3.11). Control characters have no place in one, but for the end of a line.
fn escaped(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len());
    for character in plain.replace("\r\n", "\n").chars() {
        match character {
            '\n' | '\r' => text.push_str("\\n"),
            '\\' | ';' | ',' => {
                text.push('\\');
                text.push(character);
            }
            '\t' => text.push(character),
            control if control.is_control() => {}
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests;
