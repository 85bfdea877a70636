//! The working-day calendar in force, per district.
//!
//! Until a district has published one, the national calendar of the kernel holds. A published one is the body of the
//! last `calendar.published` that this service applied, or published itself: nothing else is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use prost::Message as _;
use sqlx::PgConnection;
use time::Date;
use time::macros::format_description;
use tracing::error;
use xinqiao_kernel::{Calendar, CalendarDay, CalendarYear, DistrictCode};
use xinqiao_proto::event::CalendarPublished;

/// How long a calendar is believed before the database is asked again: another replica may have applied a new one.
const BELIEVED: Duration = Duration::from_secs(5);

/// A calendar and when it was read.
type Known = (Instant, Arc<Calendar>);

/// The calendars of a process. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendars {
    known: Arc<RwLock<BTreeMap<DistrictCode, Known>>>,
}

impl Calendars {
    /// The calendar in force.
    pub(crate) async fn get(
        &self,
        connection: &mut PgConnection,
        district: DistrictCode,
    ) -> Result<Arc<Calendar>, sqlx::Error> {
        if let Some(calendar) = self.believed(district) {
            return Ok(calendar);
        }
        let calendar = Arc::new(load(connection, district).await?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(district, (Instant::now(), Arc::clone(&calendar)));
        Ok(calendar)
    }

    /// Forgets what is known of a district, after a new calendar was committed.
    pub(crate) fn forget(&self, district: DistrictCode) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&district);
    }

    /// The calendar, when it was read just now.
    pub(crate) fn believed(&self, district: DistrictCode) -> Option<Arc<Calendar>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (since, calendar) = known.get(&district)?;
        (since.elapsed() < BELIEVED).then(|| Arc::clone(calendar))
    }
}

async fn load(connection: &mut PgConnection, district: DistrictCode) -> Result<Calendar, sqlx::Error> {
    let body: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT body FROM (
             SELECT body, occurred_at, sequence FROM inbox
             WHERE district_code = $1 AND kind = 'calendar.published' AND state = 'applied'
             UNION ALL
             SELECT body, occurred_at, sequence FROM outbox
             WHERE district_code = $1 AND kind = 'calendar.published') AS published
         ORDER BY occurred_at DESC, sequence DESC LIMIT 1",
    )
    .bind(district.as_str())
    .fetch_optional(connection)
    .await?;
    let Some(body) = body else {
        return Ok(Calendar::national());
    };
    let published = CalendarPublished::decode(body.as_slice())
        .ok()
        .and_then(|body| from_event(&body));
    Ok(published.unwrap_or_else(|| {
        error!(%district, "the published calendar cannot be read, the national one holds");
        Calendar::national()
    }))
}

/// The calendar that an event describes; `None` when it is not one.
pub fn from_event(event: &CalendarPublished) -> Option<Calendar> {
    let mut days: BTreeMap<i32, Vec<CalendarDay>> = BTreeMap::new();
    for day in &event.days {
        let date = Date::parse(&day.date, format_description!("[year]-[month]-[day]")).ok()?;
        let day = CalendarDay {
            date,
            is_work: day.is_work,
            name: day.name.clone(),
        };
        days.entry(date.year()).or_default().push(day);
    }
    let provisional: BTreeSet<i32> = event.provisional_years.iter().copied().collect();
    for year in &provisional {
        days.entry(*year).or_default();
    }
    let years = days.into_iter().map(|(year, days)| CalendarYear {
        year,
        provisional: provisional.contains(&year),
        source: format!("calendar.published {}", event.version),
        days,
    });
    Calendar::new(event.version.clone(), years).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::date;
    use xinqiao_proto::event;

    use super::*;

    #[test]
    fn an_event_becomes_a_calendar() {
        let published = CalendarPublished {
            version: "2026.2".to_owned(),
            days: vec![event::CalendarDay {
                date: "2026-03-03".to_owned(),
                is_work: false,
                name: "试验".to_owned(),
            }],
            provisional_years: vec![2027],
        };
        let calendar = from_event(&published).unwrap();
        assert_eq!(calendar.version(), "2026.2");
        assert!(!calendar.is_working_day(date!(2026 - 03 - 03)));
        assert!(calendar.is_working_day(date!(2026 - 03 - 04)));
        assert!(calendar.is_provisional(date!(2027 - 01 - 04)));
    }

    #[test]
    fn a_date_that_is_none_makes_no_calendar() {
        let day = event::CalendarDay {
            date: "03/03".to_owned(),
            is_work: false,
            name: "x".to_owned(),
        };
        let published = CalendarPublished {
            days: vec![day],
            ..CalendarPublished::default()
        };
        assert!(from_event(&published).is_none());
    }
}
