//! Downloads one archive from one mirror: resumes interrupted transfers, and gives up on a silent
//! server.

use std::{
    io::Read,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use super::{FetchEvent, network::Network};

/// Archives larger than this are refused.
const LARGEST: u64 = 64 << 20;
/// Attempts in a row without new data.
const FRUITLESS: u32 = 3;
/// Attempts in total.
const ATTEMPTS: u32 = 20;

/// What a server sends, block by block.
enum ResponsePart {
    /// The offset of the first byte in the file, and the file's length if the server says it.
    Head {
        start: u64,
        whole: Option<u64>,
    },
    Block(Vec<u8>),
    End,
    Failed(Failure),
}

enum Failure {
    /// Another attempt may help.
    Broken(String),
    /// Another attempt will not help.
    Final(String),
}

/// One archive to download.
pub struct Transfer<'a> {
    pub network: &'a Network,
    pub url: &'a str,
    pub file: &'a str,
    pub patience: Duration,
    pub pause: Duration,
}

impl Transfer<'_> {
    /// Returns the archive, verified by `verify`.
    ///
    /// # Errors
    /// Returns why this mirror does not provide it.
    pub fn run(
        &self,
        verify: &dyn Fn(&[u8]) -> Result<(), String>,
        on_event: &mut dyn FnMut(FetchEvent),
    ) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let (mut fruitless, mut resumed) = (0, false);
        for attempt in 1.. {
            let before = content.len();
            let reason = match self.attempt(&mut content, on_event) {
                Ok(()) => match verify(&content) {
                    Ok(()) => return Ok(content),
                    // Parts of two different files may have been put together: begin again, once.
                    Err(reason) if resumed => {
                        content.clear();
                        resumed = false;
                        reason
                    }
                    Err(reason) => return Err(reason),
                },
                Err(Failure::Final(reason)) => return Err(reason),
                Err(Failure::Broken(reason)) => {
                    resumed = resumed || !content.is_empty();
                    reason
                }
            };
            fruitless = if content.len() > before { 0 } else { fruitless + 1 };
            if fruitless == FRUITLESS || attempt == ATTEMPTS {
                return Err(reason);
            }
            on_event(FetchEvent::Trouble { url: self.url.into(), reason });
            thread::sleep(self.pause);
        }
        Err("no attempt was made".into())
    }

    /// Resumes from what has arrived, or starts over if the server cannot do that.
    fn attempt(
        &self,
        content: &mut Vec<u8>,
        on_event: &mut dyn FnMut(FetchEvent),
    ) -> Result<(), Failure> {
        let parts = self.ask(content.len() as u64);
        let mut promised = 0;
        loop {
            match parts.recv_timeout(self.patience) {
                Ok(ResponsePart::Head { start, whole }) => {
                    if start != content.len() as u64 {
                        content.clear();
                        if start != 0 {
                            return Err(Failure::Broken(
                                "the server sent a different part of the file".into(),
                            ));
                        }
                    }
                    promised = whole.unwrap_or(0);
                }
                Ok(ResponsePart::Block(block)) => content.extend_from_slice(&block),
                Ok(ResponsePart::End) if (content.len() as u64) < promised => {
                    return Err(Failure::Broken(format!(
                        "the transfer ended after {} of {promised} bytes",
                        content.len()
                    )));
                }
                Ok(ResponsePart::End) => return Ok(()),
                Ok(ResponsePart::Failed(failure)) => return Err(failure),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(Failure::Broken(format!(
                        "no data for {} s",
                        self.patience.as_secs_f32()
                    )));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::Broken("the transfer stopped".into()));
                }
            }
            if promised.max(content.len() as u64) > LARGEST {
                return Err(Failure::Final(format!(
                    "expected at most {LARGEST} bytes, found more"
                )));
            }
            on_event(FetchEvent::Arrived {
                file: self.file.into(),
                bytes: content.len() as u64,
                of: promised,
            });
        }
    }

    /// Sends the request in a thread of its own, which ends when the receiver is dropped: a read
    /// that hangs must not hang the program.
    fn ask(&self, from: u64) -> Receiver<ResponsePart> {
        let (parts, arrived) = sync_channel(8);
        let (network, url) = (self.network.clone(), self.url.to_owned());
        let asked = thread::Builder::new().name("download".into()).spawn(move || {
            if let Err(failure) = receive(&network, &url, from, &parts) {
                // Nobody listens where the attempt was given up.
                let _ = parts.send(ResponsePart::Failed(failure));
            }
        });
        drop(asked);
        arrived
    }
}

/// Forwards the server's response.
fn receive(
    network: &Network,
    url: &str,
    from: u64,
    parts: &SyncSender<ResponsePart>,
) -> Result<(), Failure> {
    let answer = network.get(url, from).map_err(|error| match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Failure::Final(error.to_string()),
        _ => Failure::Broken(error.to_string()),
    })?;
    let (start, whole) = match answer.status {
        200 => (0, answer.length),
        206 => answer
            .range
            .as_deref()
            .and_then(part_of)
            .ok_or_else(|| Failure::Broken("it does not say which part it sends".into()))?,
        // What has arrived is no part of its file: begin again.
        416 => {
            return parts
                .send(ResponsePart::Head { start: u64::MAX, whole: None })
                .map_err(|_| Failure::Broken("given up".into()));
        }
        status if status >= 500 => {
            return Err(Failure::Broken(format!("it answered {}", answer.status_text)));
        }
        _ => return Err(Failure::Final(format!("it answered {}", answer.status_text))),
    };
    let mut part = ResponsePart::Head { start, whole };
    let mut body = answer.body;
    let mut block = vec![0; 1 << 16];
    while parts.send(part).is_ok() {
        part = match body.read(&mut block) {
            Ok(0) => {
                let _ = parts.send(ResponsePart::End);
                return Ok(());
            }
            Ok(read) => ResponsePart::Block(block[..read].to_vec()),
            Err(error) => return Err(Failure::Broken(error.to_string())),
        };
    }
    Ok(())
}

/// Start and whole length of `bytes 500-999/1000`; the length may be `*`.
fn part_of(range: &str) -> Option<(u64, Option<u64>)> {
    let (part, whole) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = part.split_once('-')?;
    Some((start.trim().parse().ok()?, whole.trim().parse().ok()))
}
