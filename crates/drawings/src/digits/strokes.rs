//! The embedded digits' skeletons, as `data/strokes.ron` holds them.

use std::sync::LazyLock;

use serde::Deserialize;

/// A point of a stroke: x to the right, y down, a digit about 100 high.
pub type StrokePoint = (f32, f32);

/// The points one stroke passes through.
pub type Stroke = Vec<StrokePoint>;

/// One way to write a digit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitForm {
    pub digit: u8,
    /// What it looks like, such as "open" or "crossed".
    pub form: String,
    /// How often it is chosen, relative to the digit's other forms.
    pub share: f32,
    /// The same form written differently: equal numbers of strokes and of points in each, to be
    /// blended.
    pub shapes: Vec<Vec<Stroke>>,
}

/// The forms of each digit; every digit has at least one.
#[derive(Debug)]
pub struct Alphabet {
    digits: [Vec<DigitForm>; 10],
}

static EMBEDDED: LazyLock<Alphabet> = LazyLock::new(|| {
    Alphabet::parse(include_str!("../../data/strokes.ron"))
        .expect("the embedded strokes are checked by a test")
});

impl Alphabet {
    /// The alphabet built into the program.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads and checks an alphabet.
    ///
    /// # Errors
    /// What is wrong, naming line and column, or the form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let forms: Vec<DigitForm> = ron::from_str(text).map_err(|error| error.to_string())?;
        let mut digits: [Vec<DigitForm>; 10] = Default::default();
        for form in forms {
            check(&form).map_err(|reason| {
                format!("digit {}, form {:?}: {reason}", form.digit, form.form)
            })?;
            digits[usize::from(form.digit)].push(form);
        }
        match digits.iter().position(Vec::is_empty) {
            Some(digit) => Err(format!("digit {digit}: expected at least one form, found none")),
            None => Ok(Self { digits }),
        }
    }

    /// A form of `digit`, chosen by `roll` in [0, 1) in proportion to the shares.
    ///
    /// # Panics
    /// If `digit` is above 9.
    pub fn form(&self, digit: u8, roll: f32) -> &DigitForm {
        let forms = &self.digits[usize::from(digit)];
        let mut left = roll * forms.iter().map(|form| form.share).sum::<f32>();
        for form in forms {
            left -= form.share;
            if left < 0.0 {
                return form;
            }
        }
        &forms[forms.len() - 1]
    }
}

fn check(form: &DigitForm) -> Result<(), String> {
    if form.digit > 9 {
        return Err("expected a digit from 0 to 9".into());
    }
    if !(form.share.is_finite() && form.share > 0.0) {
        return Err(format!("share: expected a number above 0, found {}", form.share));
    }
    let Some(first) = form.shapes.first().filter(|shape| !shape.is_empty()) else {
        return Err("expected at least one shape with a stroke".into());
    };
    for shape in &form.shapes {
        let points = |shape: &[Stroke]| shape.iter().map(Vec::len).collect::<Vec<_>>();
        if points(shape) != points(first) {
            return Err(format!(
                "shapes differ: expected {:?} points in the strokes, found {:?}",
                points(first),
                points(shape)
            ));
        }
        for (stroke, like) in shape.iter().zip(first) {
            if stroke.len() < 2 {
                return Err("expected at least two points in a stroke".into());
            }
            if (stroke.first() == stroke.last()) != (like.first() == like.last()) {
                return Err("shapes differ: a stroke is closed in one and open in another".into());
            }
            if let Some(point) = stroke
                .iter()
                .find(|(x, y)| !(-20.0..=120.0).contains(x) || !(-20.0..=120.0).contains(y))
            {
                return Err(format!("expected coordinates from -20 to 120, found {point:?}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_strokes_are_good_and_every_digit_has_several_forms() {
        let alphabet = Alphabet::embedded();
        for digit in 0..10 {
            assert!(alphabet.digits[digit].len() >= 2, "digit {digit}");
        }
    }

    #[test]
    fn forms_are_chosen_in_proportion_to_their_shares() {
        let text: String = (0..10)
            .map(|d| {
                format!(
                    "(digit: {d}, form: \"a\", share: 3, shapes: [[[(0, 0), (1, 1)]]]),\n\
                     (digit: {d}, form: \"b\", share: 1, shapes: [[[(0, 0), (1, 1)]]]),\n"
                )
            })
            .collect();
        let alphabet = Alphabet::parse(&format!("[{text}]")).unwrap();
        let rolls: Vec<&str> = [0.0, 0.74, 0.76, 0.999]
            .iter()
            .map(|&roll| alphabet.form(4, roll).form.as_str())
            .collect();
        assert_eq!(rolls, ["a", "a", "b", "b"]);
    }

    #[test]
    fn a_bad_alphabet_is_refused_with_the_form_and_the_reason() {
        let parse = |body: &str| {
            Alphabet::parse(&format!("[(digit: 3, form: \"x\", {body})]")).unwrap_err()
        };
        assert_eq!(
            parse("share: 0, shapes: [[[(0, 0), (1, 1)]]]"),
            "digit 3, form \"x\": share: expected a number above 0, found 0"
        );
        assert_eq!(
            parse("share: 1, shapes: [[[(0, 0), (1, 1)]], [[(0, 0), (1, 1), (2, 2)]]]"),
            "digit 3, form \"x\": shapes differ: expected [2] points in the strokes, found [3]"
        );
        assert_eq!(
            parse("share: 1, shapes: [[[(0, 0), (900, 1)]]]"),
            "digit 3, form \"x\": expected coordinates from -20 to 120, found (900.0, 1.0)"
        );
        assert!(parse("share: 1, shapes: [[[(0, 0)]]]").contains("at least two points"));
        assert!(parse("share: 1, shapes: []").contains("at least one shape"));
        assert_eq!(
            Alphabet::parse("[(digit: 0, form: \"x\", share: 1, shapes: [[[(0, 0), (1, 1)]]])]")
                .unwrap_err(),
            "digit 1: expected at least one form, found none"
        );
        assert!(Alphabet::parse("[(digit: 0, colour: 1)]").unwrap_err().contains("colour"));
    }
}
