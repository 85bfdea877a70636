//! Dates and instants as documents write them.

use crate::form::{Label, Labelled};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use xinqiao_kernel::local::{self, iso_date};

/// A local date of Asia/Shanghai, written `2026-03-03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(#[serde(with = "iso_date")] pub Date);

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

/// An instant, written in local time with its offset: `2026-03-03T09:12:00+08:00`.
///
/// Two equal instants have the same text, whatever offset they were given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub OffsetDateTime);

impl From<OffsetDateTime> for Moment {
    fn from(instant: OffsetDateTime) -> Self {
        Self(instant)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self
            .0
            .to_offset(local::SHANGHAI)
            .format(&Rfc3339)
            .map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl Labelled for Day {
    const LABELS: &'static [Label] = &[];
}

impl Labelled for Moment {
    const LABELS: &'static [Label] = &[];
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn an_instant_is_written_in_local_time_whatever_its_offset() {
        let moment = Moment(datetime!(2026-03-03 01:12 UTC));
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(json, r#""2026-03-03T09:12:00+08:00""#);
        assert_eq!(
            serde_json::to_string(&Moment(datetime!(2026-03-03 09:12 +8))).unwrap(),
            json
        );
        assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment);
    }

    #[test]
    fn a_day_is_written_as_iso_date() {
        assert_eq!(
            serde_json::to_string(&Day(date!(2026 - 03 - 03))).unwrap(),
            r#""2026-03-03""#
        );
    }
}
