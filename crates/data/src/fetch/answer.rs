//! What a server answers, whichever way it was asked.

/// How the program calls itself.
pub const USER_AGENT: &str = concat!("gan-tui/", env!("CARGO_PKG_VERSION"));

/// A server's answer, the body unread.
pub struct Answer {
    pub status: u16,
    /// The status with its name, such as `404 Not Found`.
    pub status_text: String,
    pub length: Option<u64>,
    /// The header `Content-Range`.
    pub range: Option<String>,
    pub body: Box<dyn std::io::Read>,
}
