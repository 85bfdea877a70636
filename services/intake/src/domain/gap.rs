//! The gap report 断号报告: what became of every number of a year (DEC-12, §6.2).

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::codes::{BlockCloseReason, VoidReason};

/// What became of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// Nobody knows: there must be none.
    Gap,
    /// Accounted for more than once: there must be none.
    Twice,
    /// Each is a case's.
    Case,
    /// A case's that was registered in error (T40).
    Void {
        /// Why.
        reason: VoidReason,
        /// Role of who confirmed it.
        role: String,
        /// When.
        at: OffsetDateTime,
    },
    /// A case's that a field tablet took down.
    Field {
        /// What it was called before.
        temporary_no: String,
    },
    /// Used on paper before the system began.
    Paper,
    /// Kept in a block that is open.
    Reserved {
        /// The counter of the hall it is kept for.
        counter: String,
    },
    /// Left in a block that was closed: never used.
    BlockUnused {
        /// The counter of the hall it was kept for.
        counter: String,
        /// Why it was closed.
        reason: BlockCloseReason,
    },
}

/// Numbers with one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first of them.
    pub first: u32,
    /// The last of them.
    pub last: u32,
    /// What became of them.
    pub account: Account,
}

/// The numbers from `first` to `last` as ranges without a hole: where `found` has none there is a gap, and where it has
/// two the numbers are accounted for twice. What lies outside is left out.
pub fn report(first: u32, last: u32, found: &[Range]) -> Vec<Range> {
    let borders = found.iter().flat_map(|range| [range.first, range.last + 1]);
    let inside = borders.filter(|border| (first..=last).contains(border));
    let begins: BTreeSet<u32> = inside.chain((first <= last).then_some(first)).collect();
    let ends = begins.iter().skip(1).map(|next| next - 1).chain([last]);
    begins
        .iter()
        .zip(ends)
        .map(|(first, last)| Range {
            first: *first,
            last,
            account: account(*first, found),
        })
        .collect()
}

fn account(number: u32, found: &[Range]) -> Account {
    let mut accounts = found
        .iter()
        .filter(|range| (range.first..=range.last).contains(&number))
        .map(|range| &range.account);
    match (accounts.next(), accounts.next()) {
        (None, _) => Account::Gap,
        (Some(only), None) => only.clone(),
        _ => Account::Twice,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cases(first: u32, last: u32) -> Range {
        Range {
            first,
            last,
            account: Account::Case,
        }
    }

    fn told(first: u32, last: u32, found: &[Range]) -> Vec<(u32, u32, Account)> {
        report(first, last, found)
            .into_iter()
            .map(|range| (range.first, range.last, range.account))
            .collect()
    }

    #[test]
    fn a_year_without_a_hole_is_one_range() {
        assert_eq!(told(1, 9, &[cases(1, 9)]), [(1, 9, Account::Case)]);
        assert_eq!(told(1, 0, &[]), [] as [_; 0]);
    }

    #[test]
    fn a_number_without_an_account_is_named() {
        assert_eq!(
            told(1, 9, &[cases(2, 4), cases(6, 7)]),
            [
                (1, 1, Account::Gap),
                (2, 4, Account::Case),
                (5, 5, Account::Gap),
                (6, 7, Account::Case),
                (8, 9, Account::Gap)
            ]
        );
        assert_eq!(told(1, 3, &[]), [(1, 3, Account::Gap)]);
    }

    #[test]
    fn a_number_with_two_accounts_is_named() {
        assert_eq!(
            told(1, 9, &[cases(1, 9), cases(3, 4)]),
            [
                (1, 2, Account::Case),
                (3, 4, Account::Twice),
                (5, 9, Account::Case)
            ]
        );
        assert_eq!(
            told(1, 9, &[cases(1, 5), cases(5, 9)]),
            [
                (1, 4, Account::Case),
                (5, 5, Account::Twice),
                (6, 9, Account::Case)
            ]
        );
    }

    #[test]
    fn what_lies_outside_the_page_is_left_out() {
        assert_eq!(
            told(3, 5, &[cases(1, 3), cases(4, 8), cases(9, 9)]),
            [(3, 3, Account::Case), (4, 5, Account::Case)]
        );
    }

    proptest! {
        #[test]
        fn every_number_has_exactly_one_account(
            last in 1..60_u32,
            found in prop::collection::vec((1..70_u32, 0..9_u32), 0..12),
        ) {
            let ranges: Vec<_> = found.iter().map(|(first, more)| cases(*first, first + more)).collect();
            let report = report(1, last, &ranges);
            let mut next = 1;
            for range in &report {
                prop_assert_eq!(range.first, next);
                for number in range.first..=range.last {
                    let accounts = ranges.iter().filter(|one| (one.first..=one.last).contains(&number)).count();
                    let expected = match accounts {
                        0 => Account::Gap,
                        1 => Account::Case,
                        _ => Account::Twice,
                    };
                    prop_assert_eq!(&range.account, &expected, "{}", number);
                }
                next = range.last + 1;
            }
            prop_assert_eq!(next, last + 1);
        }
    }
}
