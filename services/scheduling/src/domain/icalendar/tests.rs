use super::*;
use proptest::prelude::*;
use time::macros::datetime;

fn event() -> Event {
    Event {
        uid: Uuid::from_u128(7),
        sequence: 3,
        revised_at: datetime!(2026-03-02 08:30 +8),
        starts: datetime!(2026-03-03 09:00),
        ends: datetime!(2026-03-03 16:30),
        summary: "领导接访".to_owned(),
        description: "一, 二; 三\\四\n五".to_owned(),
        location: "大厅".to_owned(),
        contact: "0435-0000001".to_owned(),
        cancelled: false,
    }
}

fn feed(events: Vec<Event>) -> String {
    let name = "东昌区领导接访".to_owned();
    Feed { name, events }.text()
}

/// Folded lines joined again, as a reader joins them.
fn unfolded(text: &str) -> Vec<String> {
    let whole = text.strip_suffix("\r\n").unwrap().replace("\r\n ", "");
    whole.split("\r\n").map(str::to_owned).collect()
}

/// A text value as a reader reads it.
fn read(escaped: &str) -> String {
    let mut plain = String::new();
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        let read = match character {
            '\\' => characters.next().unwrap(),
            plain => plain,
        };
        plain.push(if character == '\\' && read == 'n' {
            '\n'
        } else {
            read
        });
    }
    plain
}

#[test]
fn a_calendar_is_written_line_by_line() {
    let expected = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Xinqiao//Reception schedule//ZH",
        "CALSCALE:GREGORIAN",
        "NAME:东昌区领导接访",
        "X-WR-CALNAME:东昌区领导接访",
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Shanghai",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0800",
        "TZOFFSETTO:+0800",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "UID:00000000-0000-0000-0000-000000000007",
        "DTSTAMP:20260302T003000Z",
        "LAST-MODIFIED:20260302T003000Z",
        "SEQUENCE:3",
        "DTSTART;TZID=Asia/Shanghai:20260303T090000",
        "DTEND;TZID=Asia/Shanghai:20260303T163000",
        "SUMMARY:领导接访",
        "DESCRIPTION:一\\, 二\\; 三\\\\四\\n五",
        "LOCATION:大厅",
        "CONTACT:0435-0000001",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ];
    assert_eq!(unfolded(&feed(vec![event()])), expected);
}

#[test]
fn what_does_not_take_place_says_so() {
    let cancelled = Event {
        cancelled: true,
        ..event()
    };
    assert!(feed(vec![cancelled]).contains("\r\nSTATUS:CANCELLED\r\n"));
}

#[test]
fn a_long_line_is_folded_between_characters() {
    let mut text = String::new();
    // 8 octets, then characters of three: 22 of them make 74, the next would be cut.
    line(&mut text, &format!("SUMMARY:{}", "访".repeat(30)));
    let lines: Vec<_> = text.split("\r\n").collect();
    assert_eq!(
        lines,
        [
            format!("SUMMARY:{}", "访".repeat(22)).as_str(),
            format!(" {}", "访".repeat(8)).as_str(),
            "",
        ]
    );
}

#[test]
fn a_line_that_just_fits_is_not_folded() {
    let mut text = String::new();
    line(&mut text, &"a".repeat(75));
    assert_eq!(text, format!("{}\r\n", "a".repeat(75)));
}

proptest! {
    #[test]
    fn any_text_is_read_back_as_it_was_and_no_line_is_too_long(
        summary in "[\\PC\n\t]{0,200}",
        location in "\\PC{0,200}",
    ) {
        let text = feed(vec![Event { summary: summary.clone(), location: location.clone(), ..event() }]);
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= LINE_MAX, "{} octets: {line}", line.len());
            prop_assert!(!line.contains(['\r', '\n']));
        }
        let lines = unfolded(&text);
        let value = |property: &str| {
            let found = lines.iter().find_map(|line| line.strip_prefix(property)).map(read);
            found.unwrap_or_default()
        };
        prop_assert_eq!(value("SUMMARY:"), summary);
        prop_assert_eq!(value("LOCATION:"), location);
        prop_assert_eq!(lines.len(), 28, "a text begins no line of its own");
    }
}
