//! Numbers as text for a person.

use std::fmt::Display;

/// Returns a whole number with a comma between thousands: `1234567` as `1,234,567`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1000, 726_401, 1_000_000].map(grouped),
            ["0", "999", "1,000", "726,401", "1,000,000"]
        );
    }
}
