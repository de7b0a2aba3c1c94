//! One short file for each subcommand.
