//! The formats of `export` and `sample`.

use gan_tui_store::export::{self, ContentKind, ExportOption, Formats};

/// Returns every format. Formats of other crates than the store join the list here.
pub fn formats() -> Formats {
    export::builtin()
}

/// Returns those that drawn images can be written in: side by side, or one after another and
/// enlarged.
pub fn image_formats() -> Formats {
    formats().only(|format| {
        let takes = |content| format.takes().contains(&content);
        let is_enlarged = format.options().contains(&ExportOption::Scale);
        takes(ContentKind::Images) || takes(ContentKind::Sequence) && is_enlarged
    })
}
