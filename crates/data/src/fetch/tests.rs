//! Fetching from a server on loopback that breaks off, lies and stalls.
#![allow(clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use tempfile::TempDir;

use super::*;
use crate::idx::{TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};

/// How the server answers one request.
#[derive(Debug, Clone, Copy)]
enum Reply {
    /// As asked, ranges included.
    Good,
    /// The promised length, but the connection ends after so many bytes.
    BreaksOff(usize),
    /// So many bytes, then nothing, and the connection stays open.
    Stalls(usize),
    /// Ends well after so many bytes, as if they were all.
    Short(usize),
    /// Bytes of the right number that are not the file's.
    Wrong,
    /// The whole file, whatever part was asked for.
    NoRanges,
    /// Another part than the one asked for.
    OtherPart,
    /// A promise of more than any archive holds.
    Huge,
    Status(u16),
}

/// A server of one file's content under every name, and what it was asked.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers by `replies` in turn, then well.
    fn start(content: Vec<u8>, replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/set/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, mut replies) = (asked.clone(), VecDeque::from(replies.to_vec()));
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (path, from) = read_request(&stream);
                log.lock().unwrap().push(match from {
                    0 => path,
                    from => format!("{path} from {from}"),
                });
                // A client that has gone is no concern of the server's.
                let _ =
                    answer(&mut stream, &content, from, replies.pop_front().unwrap_or(Reply::Good));
                open.push(stream);
                if !matches!(open.len(), 0..=3) {
                    open.remove(0);
                }
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The path's last part, and the first byte wanted.
fn read_request(stream: &TcpStream) -> (String, usize) {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap().unwrap();
    let path = first.split(' ').nth(1).unwrap().rsplit('/').next().unwrap().to_owned();
    let mut from = 0;
    for line in lines.map(Result::unwrap).take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
    }
    (path, from)
}

fn answer(
    stream: &mut TcpStream,
    content: &[u8],
    from: usize,
    reply: Reply,
) -> std::io::Result<()> {
    let from = if matches!(reply, Reply::NoRanges) { 0 } else { from };
    let rest = &content[from..];
    let wrong: Vec<u8> = rest.iter().map(|byte| byte ^ 1).collect();
    let (body, length) = match reply {
        Reply::Good | Reply::NoRanges | Reply::OtherPart => (rest, rest.len()),
        Reply::BreaksOff(bytes) | Reply::Stalls(bytes) => (&rest[..bytes], rest.len()),
        Reply::Short(bytes) => (&rest[..bytes], bytes),
        Reply::Wrong => (&wrong[..], wrong.len()),
        Reply::Huge => (&rest[..1], 1 << 40),
        Reply::Status(status) => {
            return write!(
                stream,
                "HTTP/1.1 {status} Sorry\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
    };
    let shift = usize::from(matches!(reply, Reply::OtherPart));
    match from {
        0 => write!(stream, "HTTP/1.1 200 OK\r\n")?,
        _ => write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{}\r\n",
            from + shift,
            content.len() - 1,
            content.len()
        )?,
    }
    write!(stream, "Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(body)?;
    if !matches!(reply, Reply::Stalls(_)) {
        stream.shutdown(std::net::Shutdown::Write)?;
    }
    Ok(())
}

/// What an archive of the tests holds: enough for several blocks.
fn content() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder
        .write_all(
            &(0..200_000u32)
                .map(|index| (index.wrapping_mul(index) >> 7) as u8)
                .collect::<Vec<u8>>(),
        )
        .unwrap();
    encoder.finish().unwrap()
}

/// A set of four files of that content, known by MD5 and, where asked for, by the SHA-256 of what
/// they unpack to.
fn set(content: &[u8], sha256: bool) -> KnownDataset {
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let md5 = leak(hex(&Md5::digest(content)));
    let sha256 = sha256.then(|| leak(sha256_of(MultiGzDecoder::new(content)).unwrap()));
    let files = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS].map(|name| KnownFile {
        name,
        md5,
        sha256,
    });
    KnownDataset { name: "tested", about: "for tests", mirrors: &[], files, pixels: &[] }
}

fn fetch<'a>(set: &'a KnownDataset, servers: &[&Server], to: &Path) -> Fetch<'a> {
    Fetch {
        set,
        mirrors: servers.iter().map(|server| server.url.clone()).collect(),
        to: to.into(),
        patience: Duration::from_millis(400),
        pause: Duration::from_millis(1),
        writing: Arc::default(),
    }
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const ALL: [&str; 4] = [
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
];

/// Fetches from one server that begins with these replies: what came of it, and what the server was
/// asked.
fn try_with(replies: &[Reply]) -> (Result<(), String>, Vec<String>, Vec<String>) {
    let (content, folder) = (content(), TempDir::new().unwrap());
    let set = set(&content, true);
    let server = Server::start(content.clone(), replies);
    let result = fetch(&set, &[&server], folder.path()).run(&mut |_| {});
    let files = files_in(folder.path());
    for file in &files {
        assert_eq!(std::fs::read(folder.path().join(file)).unwrap(), content, "{file}");
    }
    (result.map_err(|error| error.to_string().replace(&server.url, "URL/")), server.asked(), files)
}

#[test]
fn everything_is_fetched_once_and_the_training_images_last() {
    let (content, folder) = (content(), TempDir::new().unwrap());
    let set = set(&content, true);
    let server = Server::start(content.clone(), &[]);
    let to = folder.path().join("new/folder");
    let mut steps = Vec::new();
    fetch(&set, &[&server], &to).run(&mut |step| steps.push(step)).unwrap();
    assert_eq!(files_in(&to), ALL);
    assert_eq!(server.asked().last().unwrap(), "train-images-idx3-ubyte.gz");
    assert!(steps.contains(&FetchEvent::Arrived {
        file: ALL[0].into(),
        bytes: content.len() as u64,
        of: content.len() as u64
    }));

    std::fs::write(to.join(ALL[1]), "damaged").unwrap();
    steps.clear();
    fetch(&set, &[&server], &to).run(&mut |step| steps.push(step)).unwrap();
    let kept: Vec<&FetchEvent> =
        steps.iter().filter(|step| matches!(step, FetchEvent::Kept { .. })).collect();
    assert_eq!(
        (kept.len(), server.asked().len()),
        (3, 5),
        "only the damaged file is fetched again"
    );
}

#[test]
fn an_archive_that_a_mirror_packed_again_is_the_same() {
    let (published, folder) = (content(), TempDir::new().unwrap());
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&published[..]).read_to_end(&mut unpacked).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&unpacked).unwrap();
    let server = Server::start(encoder.finish().unwrap(), &[]);
    fetch(&set(&published, true), &[&server], folder.path()).run(&mut |_| {}).unwrap();
    assert_eq!(files_in(folder.path()), ALL);
    let unknown = fetch(&set(&published, false), &[&server], &folder.path().join("new"))
        .run(&mut |_| {})
        .unwrap_err();
    assert!(unknown.to_string().contains("expected MD5"), "{unknown}");
}

#[test]
fn a_transfer_that_breaks_off_or_stalls_goes_on_where_it_stopped() {
    for broken in [Reply::BreaksOff(70_000), Reply::Stalls(70_000)] {
        let (result, asked, files) = try_with(&[broken]);
        assert_eq!((result, files.len()), (Ok(()), 4), "{broken:?}");
        assert_eq!(asked[1], "t10k-labels-idx1-ubyte.gz from 70000", "{broken:?}");
    }
}

#[test]
fn a_server_that_cannot_go_on_is_asked_for_everything_again() {
    let size = content().len();
    for cannot in [Reply::NoRanges, Reply::OtherPart, Reply::Status(416), Reply::Status(503)] {
        let (result, asked, files) = try_with(&[Reply::BreaksOff(1_000), cannot]);
        assert_eq!((result, files.len()), (Ok(()), 4), "{cannot:?}");
        assert_eq!(asked[1], "t10k-labels-idx1-ubyte.gz from 1000");
    }
    let (result, asked, _) = try_with(&[Reply::BreaksOff(1_000), Reply::Wrong]);
    assert_eq!(
        (result, asked[2].as_str()),
        (Ok(()), "t10k-labels-idx1-ubyte.gz"),
        "parts of two files are thrown away; {size} bytes"
    );
}

#[test]
fn a_server_that_lies_or_refuses_is_reported_with_its_reason_and_leaves_nothing() {
    let content = content();
    let md5 = |content: &[u8]| hex(&Md5::digest(content));
    let wrong: Vec<u8> = content.iter().map(|byte| byte ^ 1).collect();
    let good = md5(&content);
    let cases = [
        (vec![Reply::Wrong], format!("expected MD5 {good}, found {}", md5(&wrong))),
        (
            vec![Reply::Short(5_000)],
            format!("expected MD5 {good}, found {}", md5(&content[..5_000])),
        ),
        (vec![Reply::Huge], "expected at most 67108864 bytes, found more".into()),
        (vec![Reply::Status(404)], "it answered 404 Not Found".into()),
        (vec![Reply::Status(500); 3], "it answered 500 Internal Server Error".into()),
        (vec![Reply::Stalls(0); 3], "no data for 0.4 s".into()),
    ];
    for (replies, reason) in cases {
        let (result, _, files) = try_with(&replies);
        let file = "t10k-labels-idx1-ubyte.gz";
        assert_eq!(
            result,
            Err(format!("cannot download {file} from any mirror: URL/{file}: {reason}")),
            "{replies:?}"
        );
        assert_eq!(files, [""; 0], "{replies:?}");
    }
}

#[test]
fn the_next_mirror_takes_over_and_one_that_is_not_there_is_no_end() {
    let (content, folder) = (content(), TempDir::new().unwrap());
    let set = set(&content, false);
    let broken = Server::start(content.clone(), &[Reply::Wrong; 4]);
    let good = Server::start(content, &[]);
    let mut fetch = fetch(&set, &[&broken, &good], folder.path());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fetch.mirrors.insert(0, format!("http://{nobody}"));
    let mut troubles = 0;
    fetch
        .run(&mut |step| troubles += u32::from(matches!(step, FetchEvent::Trouble { .. })))
        .unwrap();
    assert_eq!((files_in(folder.path()).len(), good.asked().len()), (4, 4));
    assert!(troubles >= 8);
}

#[test]
fn a_repacked_archive_with_the_right_content_is_kept_where_the_content_is_known() {
    let (content, folder) = (content(), TempDir::new().unwrap());
    let mut plain = Vec::new();
    MultiGzDecoder::new(&content[..]).read_to_end(&mut plain).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&plain).unwrap();
    std::fs::write(folder.path().join(ALL[2]), encoder.finish().unwrap()).unwrap();
    std::fs::write(folder.path().join(TEST_LABELS), &plain).unwrap();
    let server = Server::start(content.clone(), &[]);
    fetch(&set(&content, true), &[&server], folder.path()).run(&mut |_| {}).unwrap();
    assert_eq!(server.asked().len(), 2, "{:?}", server.asked());

    let unknown = set(&content, false);
    let error =
        fetch(&unknown, &[&server], folder.path()).run(&mut |_| {}).unwrap_err().to_string();
    assert!(error.ends_with(
        "t10k-labels-idx1-ubyte: not a file of tested, but it would be read instead of the \
         downloaded one; move it away"
    ));
}

#[test]
fn a_folder_that_cannot_be_made_or_an_address_that_is_none_is_an_error() {
    let (content, folder) = (content(), TempDir::new().unwrap());
    let set = set(&content, true);
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let server = Server::start(content, &[]);
    assert!(matches!(
        fetch(&set, &[&server], &file.join("x")).run(&mut |_| {}),
        Err(FetchError::Write { .. })
    ));
    let new = folder.path().join("new");
    let mut nowhere = fetch(&set, &[], &new);
    nowhere.mirrors = vec!["not an address".into()];
    let error = nowhere.run(&mut |_| {}).unwrap_err().to_string();
    assert!(
        error.contains("from any mirror: not an address/t10k-labels-idx1-ubyte.gz: "),
        "{error}"
    );
    assert!(!new.exists(), "an empty folder is not left behind");
}
