//! The command line: every option, and the help that goes with it.
