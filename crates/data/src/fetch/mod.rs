//! Downloads a published dataset: each archive from the first mirror that has it, verified, and
//! written atomically.
//!
//! The training images come last. A folder counts as a dataset once they are there, so that an
//! unfinished one does not; the next attempt keeps the valid files.

mod answer;
mod download;
mod network;
mod plain_get;

use std::{
    io::{Read, Seek},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flate2::bufread::MultiGzDecoder;
use md5::{Digest, Md5};

use super::checksum;
use gan_tui_core::{
    dataset::{KnownDataset, KnownFile},
    files::{self, atomic, reason},
    text::{escaped, hex, lowercase_first, shown},
};
use network::Network;

/// What to download, from where, and where to install it.
#[derive(Debug)]
pub struct Fetch<'a> {
    pub set: &'a KnownDataset,
    /// URLs of the folders of archives, http or https.
    pub mirrors: Vec<String>,
    pub to: PathBuf,
    /// How long to wait for a silent server.
    pub patience: Duration,
    /// The delay between two attempts at the same mirror.
    pub pause: Duration,
    /// Locked while a file is written: whoever holds it may end the process without leaving an
    /// incomplete file.
    pub writing: Arc<Mutex<()>>,
}

/// The progress of a download, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchEvent {
    /// The file is there already and valid.
    Kept { file: String },
    /// So many bytes of an archive have arrived, `of` in all; zero if the server does not say.
    Arrived { file: String, bytes: u64, of: u64 },
    /// A transfer was interrupted or a mirror failed; another attempt follows.
    Trouble { url: String, reason: String },
    /// The file is verified and installed.
    Installed { file: String, bytes: u64 },
}

/// Why a dataset could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("cannot download {file} from any mirror: {}", reasons.join("; "))]
    Mirrors { file: String, reasons: Vec<String> },
    #[error(
        "{variable}: expected http://, https://, socks4:// or socks5://HOST:PORT, found {}",
        escaped(value)
    )]
    Proxy { variable: String, value: String },
    #[error("{variable}={}: no certificates: {}", escaped(value), lowercase_first(reason))]
    Certificates { variable: &'static str, value: String, reason: String },
    #[error("cannot write {}: {}", shown(path), reason(source))]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {}: {}", shown(path), reason(source))]
    Read { path: PathBuf, source: std::io::Error },
    #[error(
        "{}: not a file of {set}, but it would be read instead of the downloaded one; move it away",
        shown(path)
    )]
    InTheWay { path: PathBuf, set: &'static str },
}

impl Fetch<'_> {
    /// Downloads every file that is not there or not valid.
    ///
    /// # Errors
    /// Returns an error if no mirror has a file, or the folder cannot be written. Files installed
    /// by then are kept.
    pub fn run(&self, on_event: &mut dyn FnMut(FetchEvent)) -> Result<(), FetchError> {
        let new = !files::exists(&self.to)
            .map_err(|source| FetchError::Write { path: self.to.clone(), source })?;
        files::create_folders(&self.to)
            .map_err(|source| FetchError::Write { path: self.to.clone(), source })?;
        let done = self.get_all(on_event);
        if new && done.is_err() {
            // Succeeds only where nothing arrived; what did stays for the next attempt.
            let _ = std::fs::remove_dir(&self.to);
        }
        done
    }

    fn get_all(&self, on_event: &mut dyn FnMut(FetchEvent)) -> Result<(), FetchError> {
        let network = Network::from_env(self.patience, &|name| std::env::var(name).ok())?;
        // Last in the list of files are those of the test part; last to arrive are the training
        // images.
        for archive in self.set.files.iter().rev() {
            let file = format!("{}.gz", archive.name);
            if self.is_here(archive)? {
                on_event(FetchEvent::Kept { file });
                continue;
            }
            let content = self.try_mirrors(&network, archive, &file, on_event)?;
            let path = self.to.join(&file);
            let held = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            atomic::write(&path, &content).map_err(|source| FetchError::Write { path, source })?;
            drop(held);
            on_event(FetchEvent::Installed { file, bytes: content.len() as u64 });
        }
        Ok(())
    }

    /// Whether the folder has a good file, gzip or plain.
    fn is_here(&self, archive: &KnownFile) -> Result<bool, FetchError> {
        let is_good_at = |path: &Path| {
            is_good(path, archive).map_err(|source| FetchError::Read { path: path.into(), source })
        };
        let plain = self.to.join(archive.name);
        if files::exists(&plain)
            .map_err(|source| FetchError::Read { path: plain.clone(), source })?
        {
            return match is_good_at(&plain)? {
                true => Ok(true),
                false => Err(FetchError::InTheWay { path: plain, set: self.set.name }),
            };
        }
        is_good_at(&self.to.join(format!("{}.gz", archive.name)))
    }

    fn try_mirrors(
        &self,
        network: &Network,
        archive: &KnownFile,
        file: &str,
        on_event: &mut dyn FnMut(FetchEvent),
    ) -> Result<Vec<u8>, FetchError> {
        let mut reasons = Vec::new();
        for (place, mirror) in self.mirrors.iter().enumerate() {
            let url = format!("{}/{file}", mirror.trim_end_matches('/'));
            let transfer = download::Transfer {
                network,
                url: &url,
                file,
                patience: self.patience,
                pause: self.pause,
            };
            match transfer.run(&|content| verify(content, archive), on_event) {
                Ok(content) => return Ok(content),
                Err(reason) => {
                    if place + 1 < self.mirrors.len() {
                        on_event(FetchEvent::Trouble { url: url.clone(), reason: reason.clone() });
                    }
                    reasons.push(format!("{url}: {reason}"));
                }
            }
        }
        Err(FetchError::Mirrors { file: file.into(), reasons })
    }
}

/// Whether a file is the published archive, or, where that is known, unpacks to the same or is the
/// same unpacked. One that is not there is not.
///
/// # Errors
/// Returns an error if there is a file that cannot be read.
pub fn is_good(path: &Path, archive: &KnownFile) -> std::io::Result<bool> {
    let Some(file) = files::open(path)? else { return Ok(false) };
    if checksum::md5(file)? == archive.md5 {
        return Ok(true);
    }
    let Some(expected) = archive.sha256 else { return Ok(false) };
    let Some(mut file) = files::open(path)? else { return Ok(false) };
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start)?;
    let packed = start == [0x1f, 0x8b];
    file.rewind()?;
    let reader = std::io::BufReader::new(file);
    if !packed {
        return Ok(sha256_of(reader)? == expected);
    }
    match sha256_of(MultiGzDecoder::new(reader)) {
        Ok(found) => Ok(found == expected),
        // A stream that breaks off is no good file; what the system says is a failure to read it.
        Err(error) if error.raw_os_error().is_none() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns the SHA-256 of an unpacked archive.
fn sha256_of(reader: impl Read) -> std::io::Result<String> {
    // No dataset here unpacks to more; a stream that never ends is cut off.
    const MOST: u64 = 1 << 30;
    checksum::sha256(reader.take(MOST))
}

/// Whether an archive is the published one, or one that a mirror has packed again, and unpacks to
/// what it should.
fn verify(content: &[u8], archive: &KnownFile) -> Result<(), String> {
    let found = hex(&Md5::digest(content));
    let is_published = found == archive.md5;
    let Some(expected) = archive.sha256 else {
        let message = format!("expected MD5 {}, found {found}", archive.md5);
        return if is_published { Ok(()) } else { Err(message) };
    };
    match sha256_of(MultiGzDecoder::new(content)) {
        Ok(unpacked) if unpacked == expected => Ok(()),
        Ok(unpacked) if is_published => {
            Err(format!("expected SHA-256 {expected} unpacked, found {unpacked}"))
        }
        Err(error) if is_published => Err(format!("damaged gzip stream: {error}")),
        Ok(_) | Err(_) => Err(format!("expected MD5 {}, found {found}", archive.md5)),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod network_tests;
