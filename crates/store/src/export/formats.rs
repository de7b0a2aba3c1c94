//! A list of formats, of which the extension of a file's name picks one.

use std::{fmt::Write, path::Path};

use gan_tui_core::names::alternatives;

use super::{ContentKind, ExportError, ExportLayout, ExportOption, ExportSettings, Exporter};

/// Formats in the order in which they are listed to a person.
#[derive(Debug, Clone)]
pub struct Formats(Vec<&'static dyn Exporter>);

impl FromIterator<&'static dyn Exporter> for Formats {
    fn from_iter<T: IntoIterator<Item = &'static dyn Exporter>>(formats: T) -> Self {
        Self(formats.into_iter().collect())
    }
}

impl Formats {
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Exporter> {
        self.0.iter().copied()
    }

    /// Returns those that `keep` accepts.
    pub fn only(&self, keep: impl Fn(&dyn Exporter) -> bool) -> Self {
        self.iter().filter(|format| keep(*format)).collect()
    }

    /// Returns those that take content of a kind.
    pub fn taking(&self, content: ContentKind) -> Self {
        self.only(|format| format.takes().contains(&content))
    }

    /// Returns those that understand an option.
    pub fn understanding(&self, option: ExportOption) -> Self {
        self.only(|format| format.options().contains(&option))
    }

    /// Returns the format that a file's name asks for.
    ///
    /// # Errors
    /// Returns an error that lists the extensions if the name has none of them.
    pub fn from_path(&self, path: &Path) -> Result<&'static dyn Exporter, ExportError> {
        let extension =
            path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        let found = extension.and_then(|extension| {
            self.iter().find(|format| format.extensions().contains(&extension.as_str()))
        });
        found.ok_or_else(|| ExportError::Extension {
            path: path.to_path_buf(),
            expected: self.extensions(),
        })
    }

    /// Returns the format that a file's name asks for, if it can hold what is wanted of a run.
    ///
    /// # Errors
    /// Returns an error if the extension is unknown or of a format that cannot, or if the range of
    /// iterations is empty.
    pub fn for_run(
        &self,
        settings: &ExportSettings,
        out: &Path,
    ) -> Result<&'static dyn Exporter, ExportError> {
        if let (Some(from), Some(to)) = (settings.from, settings.to)
            && from > to
        {
            return Err(ExportError::Range { from, to });
        }
        match settings.layout {
            ExportLayout::Plain => self.from_path(out),
            ExportLayout::Sheet => self.taking(ContentKind::Sheet).from_path(out),
            ExportLayout::Chart => self.taking(ContentKind::Chart).from_path(out),
        }
    }

    /// Returns the extensions in words: `.gif, .png or .txt`.
    pub fn extensions(&self) -> String {
        let extensions: Vec<String> =
            self.iter().flat_map(Exporter::extensions).map(|name| format!(".{name}")).collect();
        alternatives(&extensions)
    }

    /// Returns a line for each format: its extensions, and what a run becomes in it.
    pub fn table(&self) -> String {
        let mut out = String::new();
        for format in self.iter() {
            // Writing to a string cannot fail.
            let _ =
                writeln!(out, "  {:<6} {}", Self::from_iter([format]).extensions(), format.about());
        }
        out
    }

    /// Checks that an option makes a difference to a file of a format with some content.
    ///
    /// # Errors
    /// Returns an error that names the formats that understand it if it would do nothing.
    pub fn check_option(
        &self,
        option: ExportOption,
        format: &dyn Exporter,
        content: ContentKind,
    ) -> Result<(), ExportError> {
        if format.options().contains(&option) && option.concerns(content) {
            return Ok(());
        }
        let (format, others) = (format.name(), self.understanding(option).extensions());
        Err(match option {
            ExportOption::Fps => ExportError::NoAnimation { format, others },
            ExportOption::Scale => ExportError::NoPixels { format, others },
            ExportOption::Latent => ExportError::NoLatents,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::export::{Content, builtin};

    #[test]
    fn the_extension_picks_the_format() {
        let formats = builtin();
        for format in formats.iter() {
            for extension in format.extensions() {
                let path = format!("a.b/x.{extension}");
                assert_eq!(formats.from_path(Path::new(&path)).unwrap().name(), format.name());
            }
        }
        assert_eq!(formats.from_path(Path::new("X.GIF")).unwrap().name(), "GIF");
        let error = |formats: &Formats, name: &str| {
            formats.from_path(Path::new(name)).unwrap_err().to_string()
        };
        assert_eq!(
            error(&formats, "x.jpeg"),
            "x.jpeg: expected the file extension .gif, .apng, .png, .svg, .npy, .txt, .ans, .cast, .csv, .onnx or .safetensors"
        );
        assert!(formats.from_path(Path::new("gif")).is_err());
        for drawn in [ContentKind::Sheet, ContentKind::Chart] {
            assert_eq!(
                error(&formats.taking(drawn), "x.gif"),
                "x.gif: expected the file extension .png or .svg"
            );
        }
    }

    /// A format of another crate.
    struct Count;

    impl Exporter for Count {
        fn name(&self) -> &'static str {
            "count"
        }

        fn extensions(&self) -> &'static [&'static str] {
            &["count"]
        }

        fn about(&self) -> &'static str {
            "how many rows there are"
        }

        fn takes(&self) -> &'static [ContentKind] {
            &[ContentKind::Metrics]
        }

        fn options(&self) -> &'static [ExportOption] {
            &[]
        }

        fn export(&self, content: Content<'_>, _: &ExportSettings) -> Result<Vec<u8>, ExportError> {
            match content {
                Content::Metrics(rows) => Ok(rows.len().to_string().into_bytes()),
                other => Err(self.does_not_take(other.kind())),
            }
        }
    }

    #[test]
    fn further_formats_join_the_list() {
        let formats: Formats = builtin().iter().chain([&Count as &dyn Exporter]).collect();
        let count = formats.from_path(Path::new("a.count")).unwrap();
        assert_eq!(formats.taking(ContentKind::Metrics).extensions(), ".csv or .count");
        assert!(formats.table().ends_with("  .count how many rows there are\n"));
        let settings = ExportSettings::default();
        assert_eq!(count.export(Content::Metrics(&[]), &settings).unwrap(), b"0");
        let latents = Content::Latents { dimension: 1, values: &[] };
        let error = count.export(latents, &settings).unwrap_err().to_string();
        assert_eq!(error, "count cannot contain latents");
        let refused = |option| {
            formats.check_option(option, count, ContentKind::Metrics).unwrap_err().to_string()
        };
        assert_eq!(
            refused(ExportOption::Scale),
            "--scale has no effect: count has no pixels; use .gif, .apng, .png or .svg"
        );
        assert_eq!(
            refused(ExportOption::Fps),
            "--fps has no effect: count is not animated; use .gif, .apng or .cast"
        );
        assert_eq!(
            refused(ExportOption::Latent),
            "--latent has no effect: metrics describe the whole run"
        );
    }

    #[test]
    fn what_a_format_cannot_hold_is_refused() {
        let refused = |settings: ExportSettings, name: &str| {
            builtin().for_run(&settings, Path::new(name)).unwrap_err().to_string()
        };
        assert_eq!(
            refused(
                ExportSettings { layout: ExportLayout::Sheet, ..ExportSettings::default() },
                "a.gif"
            ),
            "a.gif: expected the file extension .png or .svg"
        );
        let backwards = ExportSettings { from: Some(9), to: Some(3), ..ExportSettings::default() };
        assert_eq!(
            refused(backwards, "a.gif"),
            "the first iteration (9) is after the last one (3)"
        );
    }

    #[test]
    fn no_two_formats_share_an_extension() {
        let formats = builtin();
        let mut extensions: Vec<&str> =
            formats.iter().flat_map(Exporter::extensions).copied().collect();
        let count = extensions.len();
        extensions.sort_unstable();
        extensions.dedup();
        assert_eq!(extensions.len(), count);
        assert!(formats.iter().all(|format| !format.takes().is_empty()));
    }
}
