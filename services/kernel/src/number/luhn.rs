//! The last digit of a number that people copy: Luhn, modulus 10, or another where letters are digits too.

/// The check digit (0–9) that makes `digits` followed by it pass the Luhn test.
///
/// `digits` holds values 0–9. Any single wrong digit and nearly every swap of neighbours changes the result.
pub(super) fn check_digit(digits: impl DoubleEndedIterator<Item = u8>) -> u8 {
    check(10, digits)
}

/// The same for digits 0 to `base` − 1; an even base.
pub(super) fn check(base: u8, digits: impl DoubleEndedIterator<Item = u8>) -> u8 {
    let base = u32::from(base);
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit) * 2) {
            (0, doubled) => doubled / base + doubled % base,
            _ => u32::from(digit),
        })
        .sum();
    u8::try_from((base - sum % base) % base).expect("invariant: a remainder of a byte fits")
}

#[cfg(test)]
mod tests {
    use super::{check, check_digit};

    #[test]
    fn the_textbook_number_has_check_digit_three() {
        assert_eq!(check_digit([7, 9, 9, 2, 7, 3, 9, 8, 7, 1].into_iter()), 3);
    }

    #[test]
    fn zeros_have_check_digit_zero() {
        assert_eq!(check_digit([0; 17].into_iter()), 0);
    }

    #[test]
    fn a_single_wrong_letter_changes_the_check() {
        let right = [10, 35, 0, 17];
        for (place, digit) in right.iter().enumerate() {
            for other in (0..36).filter(|other| other != digit) {
                let mut wrong = right;
                wrong[place] = other;
                assert_ne!(
                    check(36, wrong.into_iter()),
                    check(36, right.into_iter()),
                    "{wrong:?}"
                );
            }
        }
    }
}
