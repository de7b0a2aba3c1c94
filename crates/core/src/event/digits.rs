//! A number, as the digits that are to be drawn.

use serde::{Deserialize, Serialize};

/// A number as it is written, leading zeros included: up to [`Digits::MOST`] digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digits {
    digits: [u8; Self::MOST],
    length: u8,
}

impl Digits {
    /// The longest number.
    pub const MOST: usize = 16;

    /// How many digits.
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The digits, 0 to 9 each.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        self.digits.iter().copied().take(self.len())
    }

    /// With a digit more; the same where there is no room.
    pub fn with(mut self, digit: u8) -> Self {
        if self.len() < Self::MOST && digit < 10 {
            self.digits[self.len()] = digit;
            self.length += 1;
        }
        self
    }

    /// Without the last digit.
    pub fn shorter(mut self) -> Self {
        self.length = self.length.saturating_sub(1);
        // Equal numbers must be equal in every byte.
        self.digits[self.len()] = 0;
        self
    }
}

impl std::str::FromStr for Digits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected 1 to {} digits", Self::MOST);
        if text.is_empty() || text.len() > Self::MOST {
            return Err(expected());
        }
        text.chars().try_fold(Self::default(), |digits, char| {
            let digit = char.to_digit(10).ok_or_else(expected)?;
            Ok(digits.with(digit as u8))
        })
    }
}

impl TryFrom<String> for Digits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() { Ok(Self::default()) } else { text.parse() }
    }
}

impl From<Digits> for String {
    fn from(digits: Digits) -> Self {
        digits.to_string()
    }
}

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}
