//! Options of `gan-tui presets`.

use clap::Subcommand;

use super::examples::PRESETS_DIFF_EXAMPLES;

#[derive(Debug, Subcommand)]
pub enum PresetsCommand {
    /// List the presets there are: those built in, and those in ~/.config/gan-tui/presets
    #[command(after_help = "Examples:\n  gan-tui presets list\n  gan-tui presets list --json")]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a preset as a commented file, with the layers of its networks in comments below
    #[command(after_help = "Example:\n  gan-tui presets show dcgan > mine.ron")]
    Show {
        /// Name or file
        preset: String,
    },
    /// Tell whether files are good presets
    #[command(after_help = "Example:\n  gan-tui presets check mine.ron yours.ron")]
    Check {
        /// Files, or names
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
    },
    /// Tell the fields in which two presets differ
    #[command(after_help = PRESETS_DIFF_EXAMPLES)]
    Diff {
        /// Name or file
        a: String,
        /// Name or file
        b: String,
    },
    /// Print a reference of every field: type, unit, range, default
    #[command(after_help = "Example:\n  gan-tui presets fields | less")]
    Fields,
}
