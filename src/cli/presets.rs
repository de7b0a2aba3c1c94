//! Options of `gan-tui presets`.

use clap::Subcommand;

use super::{examples::PRESETS_DIFF_EXAMPLES, shared::SettingOptions};

#[derive(Debug, Subcommand)]
pub enum PresetsCommand {
    /// List the built-in presets and those in ~/.config/gan-tui/presets
    #[command(after_help = "Examples:\n  gan-tui presets list\n  gan-tui presets list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a preset as a commented file, followed by the layers of its networks
    #[command(after_help = "Example:\n  gan-tui presets show dcgan > mine.ron")]
    Show {
        /// Preset name or file
        preset: String,
        #[command(flatten)]
        settings: SettingOptions,
    },
    /// Check that presets are valid
    #[command(after_help = "Example:\n  gan-tui presets check mine.ron yours.ron")]
    Check {
        /// Preset files or names
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
    },
    /// Show the fields that differ between two presets
    #[command(after_help = PRESETS_DIFF_EXAMPLES)]
    Diff {
        /// Preset name or file
        a: String,
        /// Preset name or file
        b: String,
    },
    /// Print a reference of all fields: type, unit, range, default
    #[command(after_help = "Example:\n  gan-tui presets fields | less")]
    Fields,
}
