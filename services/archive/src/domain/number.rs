//! Archival numbers 档号 (DA/T 22, DA/T 13): `J101-XF·2026-Y-LXB-0001`.

use std::fmt;

use super::retention::Retention;

/// The codes of a district's archive, from its district file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// 全宗号, for example `J101`.
    pub fonds: String,
    /// 门类, for example `XF`.
    pub category: String,
    /// 机构代码, for example `LXB`.
    pub unit: String,
}

/// One archival number. Numbers run 1, 2, 3 … per year and retention period, without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivalNumber {
    /// Codes of the archive.
    pub codes: Codes,
    /// Year 年度: the year in which the case was closed or filed. A file that spans years belongs to the
    /// year in which it was completed, however late it is sealed.
    pub year: i32,
    /// Retention period.
    pub retention: Retention,
    /// Item 件号 within year and retention, 1 first.
    pub item: u32,
}

impl fmt::Display for ArchivalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            codes:
                Codes {
                    fonds,
                    category,
                    unit,
                },
            year,
            retention,
            item,
        } = self;
        write!(f, "{fonds}-{category}·{year}-{retention}-{unit}-{item:04}")
    }
}

/// The items missing from 1 to the highest: none in a healthy series.
pub fn gaps(items: &[u32], last: u32) -> Vec<u32> {
    let highest = items.iter().copied().max().unwrap_or(0).max(last);
    (1..=highest).filter(|item| !items.contains(item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_the_standard_wants() {
        let codes = Codes {
            fonds: "J101".into(),
            category: "XF".into(),
            unit: "LXB".into(),
        };
        let number = ArchivalNumber {
            codes,
            year: 2026,
            retention: Retention::D30,
            item: 7,
        };
        assert_eq!(number.to_string(), "J101-XF·2026-D30-LXB-0007");
    }

    #[test]
    fn missing_numbers_are_named() {
        assert_eq!(gaps(&[1, 2, 4], 5), [3, 5]);
        assert!(gaps(&[3, 1, 2], 3).is_empty());
        assert!(gaps(&[], 0).is_empty());
    }
}
