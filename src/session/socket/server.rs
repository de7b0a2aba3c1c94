//! The end of the run: listens, lets the owner's clients in, and hands their commands on.

use std::{
    fs,
    io::{self, BufReader, BufWriter, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::runtime::{Builder, Runtime};

use super::{
    Address, Hub, LinkError, address,
    outgoing::Outgoing,
    protocol::{self, Greeting, Hello, Line, MOST_COMMAND_BYTES, VERSION},
};
use gan_tui_core::event::Command;

/// Clients at a time.
const MOST_CLIENTS: usize = 16;
/// A client that takes nothing for so long is let go.
const STUCK: Duration = Duration::from_secs(60);
/// Time for a client to say who it is.
const GREETING: Duration = Duration::from_secs(5);

/// Listens at a run's address until dropped.
#[derive(Debug)]
pub struct Server {
    address: Address,
    hub: Hub,
    closing: Arc<AtomicBool>,
}

/// What every client's threads need.
struct Desk {
    hello: Hello,
    hub: Hub,
    commands: mpsc::Sender<Command>,
}

impl Server {
    /// Listens at the address of a run directory, whose lock this process holds: what is left there
    /// of another process is removed.
    ///
    /// # Errors
    /// Where the socket cannot be made.
    pub fn bind(
        dir: &Path,
        hub: Hub,
        commands: mpsc::Sender<Command>,
        limit: Option<Duration>,
    ) -> Result<Self, LinkError> {
        let address = Address::of(dir)?;
        address.make_folder()?;
        let path = &address.socket;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(LinkError::io("replace", path)(error));
            }
            _ => {}
        }
        let listener = UnixListener::bind(path).map_err(LinkError::io("listen at", path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .map_err(LinkError::io("close", path))?;
        // It knows the user at the other end of a stream on every system.
        let runtime = Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(LinkError::io("listen at", path))?;
        let run = fs::canonicalize(dir)
            .map_err(LinkError::io("find", dir))?
            .to_string_lossy()
            .into_owned();
        let hello = Hello {
            protocol: VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            run,
            process: std::process::id(),
            host: address::host(),
            since: OffsetDateTime::now_utc()
                .replace_nanosecond(0)
                .ok()
                .and_then(|now| now.format(&Rfc3339).ok())
                .unwrap_or_default(),
            limit_s: limit.map(|limit| limit.as_secs_f64()),
        };
        let desk = Arc::new(Desk { hello, hub: hub.clone(), commands });
        let closing = Arc::new(AtomicBool::new(false));
        let closed = closing.clone();
        spawn("listen", move || listen(&listener, &runtime, &desk, &closed))
            .map_err(LinkError::io("listen at", path))?;
        Ok(Self { address, hub, closing })
    }
}

impl Drop for Server {
    /// Says the last word to the clients and takes the socket away.
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // The listener wakes up to find that it is over; the thread ends by itself.
        let _ = UnixStream::connect(&self.address.socket);
        let _ = fs::remove_file(&self.address.socket);
        self.hub.close();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.into()).spawn(work).map(|_| ())
}

fn listen(listener: &UnixListener, runtime: &Runtime, desk: &Arc<Desk>, closing: &AtomicBool) {
    for stream in listener.incoming() {
        if closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else {
            // Too many open files, most likely: it may be better in a while.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        let desk = desk.clone();
        let _ = match peer(&stream, runtime) {
            Ok(user) if user == address::user() => spawn("client", move || receive(stream, &desk)),
            Ok(_) => refuse(stream, "it is another user's"),
            Err(error) => refuse(stream, &format!("it cannot be told who asks: {error}")),
        };
    }
}

/// The user at the other end.
fn peer(stream: &UnixStream, runtime: &Runtime) -> io::Result<u32> {
    let _context = runtime.enter();
    // Both handles are one stream, and have its mode in common.
    let copy = stream.try_clone()?;
    copy.set_nonblocking(true)?;
    let user = tokio::net::UnixStream::from_std(copy)?.peer_cred()?.uid();
    stream.set_nonblocking(false)?;
    Ok(user)
}

fn refuse(mut stream: UnixStream, reason: &str) -> io::Result<()> {
    stream.set_write_timeout(Some(GREETING))?;
    protocol::write(&mut stream, &Line::Refused(reason.into()))
}

/// Greets a client, then reads its commands until it hangs up.
fn receive(stream: UnixStream, desk: &Desk) {
    // A client that breaks off has nobody to tell.
    let _: io::Result<()> = (|| {
        stream.set_write_timeout(Some(STUCK))?;
        stream.set_read_timeout(Some(GREETING))?;
        protocol::write(&mut &stream, &desk.hello)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut buffer = Vec::new();
        let Some(greeting) =
            protocol::read::<Greeting>(&mut reader, MOST_COMMAND_BYTES, &mut buffer)?
        else {
            return Ok(());
        };
        if greeting.protocol != VERSION {
            return refuse(
                stream,
                &format!("expected protocol {VERSION}, found {}", greeting.protocol),
            );
        }
        let Some((number, outgoing)) = desk.hub.join(MOST_CLIENTS) else {
            return refuse(stream, &format!("{MOST_CLIENTS} look on already"));
        };
        stream.set_read_timeout(None)?;
        let out = outgoing.clone();
        let started = spawn("tell", move || tell(&stream, &out));
        let heard = started
            .and_then(|()| hear(&mut reader, &mut buffer, number, &greeting, &outgoing, desk));
        desk.hub.leave(number);
        outgoing.close();
        heard
    })();
}

/// Sends what waits until nothing more will come or the client is gone; then hangs up, which ends
/// the thread that reads.
fn tell(stream: &UnixStream, outgoing: &Outgoing) {
    let mut writer = BufWriter::with_capacity(1 << 16, stream);
    while let Some(line) = outgoing.next() {
        let flush = |writer: &mut BufWriter<&UnixStream>| {
            if outgoing.is_empty() { writer.flush() } else { Ok(()) }
        };
        if protocol::write(&mut writer, &line).and_then(|()| flush(&mut writer)).is_err() {
            break;
        }
    }
    let _ = writer.flush();
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

fn hear(
    reader: &mut BufReader<UnixStream>,
    buffer: &mut Vec<u8>,
    number: u64,
    greeting: &Greeting,
    outgoing: &Outgoing,
    desk: &Desk,
) -> io::Result<()> {
    while protocol::read_line(reader, MOST_COMMAND_BYTES, buffer)? {
        match protocol::parse_command(buffer) {
            Ok(command) if greeting.read_only && !matches!(command, Command::Draw(_)) => {
                outgoing.push(Line::Refused("it is only looked at".into()))
            }
            Ok(Command::Draw(drawing)) if !desk.hub.ask(number, drawing) => {}
            // A run that has ended hears nothing.
            Ok(command) => drop(desk.commands.send(command)),
            Err(reason) => outgoing.push(Line::Refused(reason)),
        }
    }
    Ok(())
}
