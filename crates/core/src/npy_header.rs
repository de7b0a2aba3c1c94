//! The header of `.npy` files: a Python dictionary.

/// Reads the header's Python dictionary, of which only text, True, False and tuples of whole
/// numbers may be values.
pub struct HeaderParser<'a> {
    pub rest: &'a str,
}

impl<'a> HeaderParser<'a> {
    /// Returns the type, whether the order is Fortran's, and the shape; `None` if the text is not
    /// such a dictionary.
    pub fn dictionary(&mut self) -> Option<(String, bool, Vec<usize>)> {
        let (mut kind, mut fortran, mut shape) = (None, None, None);
        self.token("{")?;
        while self.token("}").is_none() {
            let key = self.quoted()?;
            self.token(":")?;
            match key {
                "descr" => kind = Some(self.quoted()?.to_string()),
                "fortran_order" => fortran = Some(self.boolean()?),
                "shape" => shape = Some(self.tuple()?),
                _ => return None,
            }
            if self.token(",").is_none() {
                self.token("}")?;
                break;
            }
        }
        self.rest.trim().is_empty().then_some((kind?, fortran?, shape?))
    }

    fn token(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let quote = ["'", "\""].into_iter().find(|quote| self.token(quote).is_some())?;
        let (text, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        Some(text)
    }

    fn boolean(&mut self) -> Option<bool> {
        if self.token("True").is_some() { Some(true) } else { self.token("False").map(|()| false) }
    }

    fn tuple(&mut self) -> Option<Vec<usize>> {
        let mut numbers = Vec::new();
        self.token("(")?;
        while self.token(")").is_none() {
            self.rest = self.rest.trim_start();
            let end = self.rest.find(|letter: char| !letter.is_ascii_digit())?;
            numbers.push(self.rest[..end].parse().ok()?);
            self.rest = &self.rest[end..];
            if self.token(",").is_none() {
                self.token(")")?;
                break;
            }
        }
        Some(numbers)
    }
}
