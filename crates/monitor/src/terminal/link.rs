//! Paths as links, which terminals open on a click (OSC 8).

use std::{os::unix::ffi::OsStrExt as _, path::Path};

use gan_tui_core::text::shown;

/// Returns a path as it is shown, with what makes it a link to the file on this machine.
pub fn link(path: &Path) -> String {
    let text = shown(path);
    let Ok(absolute) = std::path::absolute(path) else { return text };
    // A terminal on another machine knows by the name that the file is not there.
    let host = rustix::system::uname();
    let url = [encoded(host.nodename().to_bytes()), encoded(absolute.as_os_str().as_bytes())];
    format!("\x1b]8;;file://{}\x1b\\{text}\x1b]8;;\x1b\\", url.concat())
}

/// Bytes as they stand in a URL.
fn encoded(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_the_whole_path_and_nothing_that_ends_it() {
        let text = link(Path::new("/tmp/a b/\u{e9}\x1b"));
        let (url, rest) = text.split_once("\x1b\\").unwrap_or_default();
        assert!(url.starts_with("\x1b]8;;file://") && url.ends_with("/tmp/a%20b/%C3%A9%1B"));
        assert_eq!(rest, "/tmp/a b/\u{e9}\\x1b\x1b]8;;\x1b\\");
        assert!(link(Path::new("runs/x")).contains("/runs/x\x1b\\runs/x\x1b]8"));
    }
}
