//! A request for an `http:` address through an HTTP proxy, as RFC 9112 (3.2.2) has it: the whole
//! address in the request, and no tunnel.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ureq::{Proxy, http::Uri};

use super::answer::{Answer, USER_AGENT};

/// Longer heads are no answers of a proxy.
const LONGEST_HEAD: u64 = 64 << 10;
/// Redirections that are followed.
const MOST_REDIRECTIONS: usize = 5;

/// What a request led to.
pub enum Outcome {
    Answer(Answer),
    /// To another address, which is not `http:`.
    Elsewhere(String),
}

/// The head of an answer.
struct Head {
    status: u16,
    status_text: String,
    headers: Vec<(String, String)>,
}

/// Asks a proxy for what is at an address, from byte `from` on.
///
/// # Errors
/// Returns an error if the proxy cannot be reached or does not answer in HTTP.
pub fn get(
    proxy: &Proxy,
    uri: &Uri,
    from: u64,
    patience: Duration,
) -> Result<Outcome, ureq::Error> {
    let mut uri = uri.clone();
    for _ in 0..MOST_REDIRECTIONS {
        let (head, body) = ask(proxy, &uri, from, patience)?;
        let location = matches!(head.status, 301 | 302 | 303 | 307 | 308)
            .then(|| head.header("location").map(str::to_owned))
            .flatten();
        let Some(location) = location else { return Ok(Outcome::Answer(head.answer(body))) };
        if !location.starts_with("http://") && location.contains("://") {
            return Ok(Outcome::Elsewhere(location));
        }
        let location = match location.strip_prefix('/') {
            Some(path) => format!("http://{}/{path}", authority(&uri)),
            None => location,
        };
        uri = location.parse().map_err(|_| ureq::Error::BadUri(location))?;
    }
    Err(ureq::Error::TooManyRedirects)
}

fn ask(
    proxy: &Proxy,
    uri: &Uri,
    from: u64,
    patience: Duration,
) -> io::Result<(Head, BufReader<TcpStream>)> {
    let mut stream = connect(proxy, patience)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = authority(uri);
    // Of version 1.0, so that the answer is not sent in chunks.
    let mut request = format!(
        "GET http://{authority}{path} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\n\
         Accept: */*\r\n"
    );
    if from > 0 {
        request += &format!("Range: bytes={from}-\r\n");
    }
    if let Some(name) = proxy.username() {
        let text = format!("{name}:{}", proxy.password().unwrap_or_default());
        request += &format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(text));
    }
    stream.write_all(format!("{request}\r\n").as_bytes())?;
    let mut reader = BufReader::new(stream);
    Ok((Head::read(&mut reader)?, reader))
}

fn authority(uri: &Uri) -> &str {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    // A password in the address is not for the proxy's log.
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn connect(proxy: &Proxy, patience: Duration) -> io::Result<TcpStream> {
    let mut failed = io::Error::other("the proxy's name has no address");
    for address in (proxy.host(), proxy.port()).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

impl Head {
    fn read(reader: &mut impl io::BufRead) -> io::Result<Self> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "the proxy's answer is not HTTP");
        let mut reader = reader.take(LONGEST_HEAD);
        let mut line = || {
            let mut line = String::new();
            match reader.read_line(&mut line)? {
                0 => Err(wrong()),
                _ => Ok(line.trim_end().to_owned()),
            }
        };
        let first = line()?;
        let status_text = first
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split_once(' '))
            .map(|(_, status)| status.to_owned())
            .ok_or_else(wrong)?;
        let status =
            status_text.get(..3).and_then(|status| status.parse().ok()).ok_or_else(wrong)?;
        let mut headers = Vec::new();
        loop {
            let line = line()?;
            if line.is_empty() {
                return Ok(Self { status, status_text, headers });
            }
            let (name, value) = line.split_once(':').ok_or_else(wrong)?;
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn answer(self, body: BufReader<TcpStream>) -> Answer {
        let length = self.header("content-length").and_then(|length| length.parse().ok());
        Answer {
            status: self.status,
            length,
            range: self.header("content-range").map(str::to_owned),
            status_text: self.status_text,
            body: Box::new(body.take(length.unwrap_or(u64::MAX))),
        }
    }
}
