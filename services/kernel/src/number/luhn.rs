//! The check digit of a case number: Luhn, modulus 10.

/// The check digit (0–9) that makes `digits` followed by it pass the Luhn test.
///
/// `digits` holds values 0–9. Any single wrong digit and nearly every swap of neighbours changes the result.
pub(super) fn check_digit(digits: impl DoubleEndedIterator<Item = u8>) -> u8 {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit) * 2) {
            (0, doubled) if doubled > 9 => doubled - 9,
            (0, doubled) => doubled,
            _ => u32::from(digit),
        })
        .sum();
    u8::try_from((10 - sum % 10) % 10).expect("invariant: a remainder of ten fits")
}

#[cfg(test)]
mod tests {
    use super::check_digit;

    #[test]
    fn the_textbook_number_has_check_digit_three() {
        assert_eq!(check_digit([7, 9, 9, 2, 7, 3, 9, 8, 7, 1].into_iter()), 3);
    }

    #[test]
    fn zeros_have_check_digit_zero() {
        assert_eq!(check_digit([0; 17].into_iter()), 0);
    }
}
