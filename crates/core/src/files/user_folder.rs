//! The program's folders in a user's home, by the rules of the XDG base directory specification.

use std::{env, ffi::OsString, path::PathBuf};

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserFolder {
    Config,
    Data,
    State,
    Cache,
}

impl UserFolder {
    /// Returns where the folder is, such as `$XDG_CONFIG_HOME/gan-tui`, else `~/.config/gan-tui`;
    /// `None` if neither names an absolute path.
    pub fn path(self) -> Option<PathBuf> {
        let (variable, _) = self.places();
        self.path_in(env::var_os(variable), super::home())
    }

    /// The environment variable, and the folder in the home where that is not set.
    fn places(self) -> (&'static str, &'static str) {
        match self {
            Self::Config => ("XDG_CONFIG_HOME", ".config"),
            Self::Data => ("XDG_DATA_HOME", ".local/share"),
            Self::State => ("XDG_STATE_HOME", ".local/state"),
            Self::Cache => ("XDG_CACHE_HOME", ".cache"),
        }
    }

    /// A relative path counts as unset.
    fn path_in(self, variable: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
        let (_, in_home) = self.places();
        let named = variable.map(PathBuf::from).filter(|path| path.is_absolute());
        let home = home.filter(|path| path.is_absolute()).map(|home| home.join(in_home));
        named.or(home).map(|folder| folder.join("gan-tui"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_follow_the_xdg_rules() {
        for (kind, in_home) in [
            (UserFolder::Config, "/h/.config/gan-tui"),
            (UserFolder::Data, "/h/.local/share/gan-tui"),
            (UserFolder::State, "/h/.local/state/gan-tui"),
            (UserFolder::Cache, "/h/.cache/gan-tui"),
        ] {
            let folder = |variable: Option<&str>, home: Option<&str>| {
                kind.path_in(variable.map(OsString::from), home.map(PathBuf::from))
            };
            assert_eq!(folder(Some("/x"), Some("/h")), Some("/x/gan-tui".into()));
            assert_eq!(folder(None, Some("/h")), Some(in_home.into()));
            assert_eq!(folder(Some("relative"), Some("/h")), Some(in_home.into()));
            assert_eq!(folder(Some(""), None), None);
        }
    }
}
