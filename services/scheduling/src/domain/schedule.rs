//! The published schedule 接访公示 `[S:L24, OB-04]`: what everybody may see of a reception day, and how it reads in a
//! calendar. Of a leader the public sees the post (class P1), not the name.

use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};
use uuid::Uuid;

use super::icalendar::{Event, Feed};
use super::reception_day::{Kind, State};

/// A reception day that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedDay {
    /// Its identifier.
    pub id: Uuid,
    /// The date.
    pub day: Date,
    /// Why there is a session.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Where it is held.
    pub hall: String,
    /// When the hall opens.
    pub open_from: Time,
    /// When it closes.
    pub open_to: Time,
    /// Who receives.
    pub leader: OnDuty,
    /// Who receives with him.
    pub joint: Vec<OnDuty>,
    /// Names of the units on duty.
    pub units: Vec<String>,
    /// When it was published.
    pub published_at: OffsetDateTime,
    /// When what is shown of it was last changed.
    pub revised_at: OffsetDateTime,
    /// Why it was called off.
    pub cancel_reason: Option<String>,
    /// The published day in its place.
    pub substitute_day: Option<Date>,
    /// Counts its changes.
    pub version: u64,
}

/// A leader as the public sees him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDuty {
    /// The leader.
    pub leader_id: Uuid,
    /// His post.
    pub post: String,
    /// His fields of duty.
    pub portfolio: Vec<String>,
}

/// Who publishes, as the district file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publisher<'a> {
    /// Name of the district.
    pub district: &'a str,
    /// Address of the hall.
    pub address: &'a str,
    /// The office that books.
    pub office: &'a str,
    /// Its telephone.
    pub phone: &'a str,
}

/// The schedule as a calendar: of a leader when his post is given.
pub fn feed(publisher: Publisher<'_>, post: Option<&str>, days: &[PublishedDay]) -> Feed {
    let whose = post.map(|post| format!("（{post}）")).unwrap_or_default();
    Feed {
        name: format!(
            "{}领导接访公示{whose} Leaders' reception days",
            publisher.district
        ),
        events: days.iter().map(|day| event(publisher, day)).collect(),
    }
}

fn event(publisher: Publisher<'_>, day: &PublishedDay) -> Event {
    let Publisher {
        address,
        office,
        phone,
        ..
    } = publisher;
    Event {
        uid: day.id,
        sequence: day.version,
        revised_at: day.revised_at,
        starts: PrimitiveDateTime::new(day.day, day.open_from),
        ends: PrimitiveDateTime::new(day.day, day.open_to),
        summary: format!("领导接访（{}） Leaders' reception day", day.leader.post),
        description: description(publisher, day),
        location: format!("{}，{address}", day.hall),
        contact: format!("{office} {phone}"),
        cancelled: day.state == State::Cancelled,
    }
}

fn description(publisher: Publisher<'_>, day: &PublishedDay) -> String {
    let mut lines = Vec::new();
    if day.state == State::Cancelled {
        let reason = day.cancel_reason.as_deref().unwrap_or_default();
        lines.push(format!("已取消 Cancelled：{reason}"));
    }
    if let Some(instead) = day.substitute_day {
        lines.push(format!("改期至 Held instead on：{instead}"));
    }
    lines.push(format!("接访领导 Received by：{}", day.leader.post));
    let fields = day.leader.portfolio.join("、");
    lines.push(format!("分管领域 Fields of duty：{fields}"));
    if !day.joint.is_empty() {
        let posts: Vec<&str> = day.joint.iter().map(|leader| leader.post.as_str()).collect();
        lines.push(format!("联合接访 Together with：{}", posts.join("、")));
    }
    if !day.units.is_empty() {
        lines.push(format!("到场单位 Units on duty：{}", day.units.join("、")));
    }
    lines.push(format!("预约 Booking：{} {}", publisher.office, publisher.phone));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime, time};

    const OFFICE: Publisher<'_> = Publisher {
        district: "东昌区",
        address: "示范路1号",
        office: "区联席办",
        phone: "0435-0000001",
    };

    fn day() -> PublishedDay {
        PublishedDay {
            id: Uuid::from_u128(7),
            day: date!(2026 - 03 - 10),
            kind: Kind::Regular,
            state: State::Published,
            hall: "接访大厅".to_owned(),
            open_from: time!(9:00),
            open_to: time!(16:30),
            leader: OnDuty {
                leader_id: Uuid::from_u128(8),
                post: "副区长".to_owned(),
                portfolio: vec!["03".to_owned(), "04".to_owned()],
            },
            joint: Vec::new(),
            units: Vec::new(),
            published_at: datetime!(2026-02-02 09:00 +8),
            revised_at: datetime!(2026-02-02 09:00 +8),
            cancel_reason: None,
            substitute_day: None,
            version: 2,
        }
    }

    #[test]
    fn a_day_says_who_receives_where_and_how_to_book() {
        let feed = feed(OFFICE, Some("副区长"), &[day()]);
        assert_eq!(feed.name, "东昌区领导接访公示（副区长） Leaders' reception days");
        let event = &feed.events[0];
        assert_eq!((event.uid, event.sequence, event.cancelled), (day().id, 2, false));
        assert_eq!(event.location, "接访大厅，示范路1号");
        assert_eq!(
            event.description,
            "接访领导 Received by：副区长\n分管领域 Fields of duty：03、04\n预约 Booking：区联席办 0435-0000001"
        );
    }

    #[test]
    fn a_joint_reception_names_posts_and_units() {
        let with_others = PublishedDay {
            joint: vec![OnDuty {
                leader_id: Uuid::from_u128(9),
                post: "区委常委".to_owned(),
                portfolio: Vec::new(),
            }],
            units: vec!["区住建局".to_owned(), "金厂镇政府".to_owned()],
            ..day()
        };
        let event = &feed(OFFICE, None, &[with_others]).events[0];
        let said = "联合接访 Together with：区委常委\n到场单位 Units on duty：区住建局、金厂镇政府\n";
        assert!(event.description.contains(said), "{}", event.description);
    }

    #[test]
    fn a_day_called_off_says_why_and_which_day_takes_its_place() {
        let off = PublishedDay {
            state: State::Cancelled,
            cancel_reason: Some("防汛值守".to_owned()),
            substitute_day: Some(date!(2026 - 03 - 12)),
            version: 3,
            ..day()
        };
        let event = &feed(OFFICE, None, &[off]).events[0];
        assert!(event.cancelled);
        assert_eq!((event.uid, event.sequence), (day().id, 3));
        let said = "已取消 Cancelled：防汛值守\n改期至 Held instead on：2026-03-12\n";
        assert!(event.description.starts_with(said), "{}", event.description);
    }
}
