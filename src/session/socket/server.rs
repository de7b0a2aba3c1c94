//! The run's side of the socket: accepts the owner's clients and passes their commands on.

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
    },
    thread,
    time::Duration,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::runtime::{Builder, Runtime};

use super::{
    Address, Broadcaster, SocketError, address,
    outgoing::Outgoing,
    protocol::{self, Greeting, Hello, Line, MOST_COMMAND_BYTES, VERSION},
};
use gan_tui_core::event::{Command, Event};

/// The largest number of clients at a time.
const MOST_CLIENTS: usize = 16;
/// A client that takes nothing for this long is disconnected.
const STUCK: Duration = Duration::from_secs(60);
/// How long a client's greeting may take.
const GREETING: Duration = Duration::from_secs(5);

/// Listens at a run's address until closed or dropped.
#[derive(Debug)]
pub struct Server {
    address: Address,
    broadcaster: Broadcaster,
    closing: Arc<AtomicBool>,
}

/// What every client's threads need.
struct ClientContext {
    hello: Hello,
    broadcaster: Broadcaster,
    send: SendCommand,
}

/// Sends the run a command.
pub type SendCommand = Box<dyn Fn(Command) + Send + Sync>;

impl Server {
    /// Listens at the address of a run directory, whose lock this process holds: a socket that
    /// another process left there is removed.
    ///
    /// # Errors
    /// Returns an error if the socket cannot be made.
    pub fn bind(
        dir: &Path,
        broadcaster: Broadcaster,
        send: SendCommand,
        limit: Option<Duration>,
    ) -> Result<Self, SocketError> {
        let address = Address::of(dir)?;
        address.make_folder()?;
        let path = &address.socket;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(SocketError::io("replace", path)(error));
            }
            _ => {}
        }
        let listener = UnixListener::bind(path).map_err(SocketError::io("listen at", path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .map_err(SocketError::io("close", path))?;
        // tokio can ask for the user at the other end of a stream on every system.
        let runtime = Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(SocketError::io("listen at", path))?;
        let run = fs::canonicalize(dir)
            .map_err(SocketError::io("find", dir))?
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
        let context = Arc::new(ClientContext { hello, broadcaster: broadcaster.clone(), send });
        let closing = Arc::new(AtomicBool::new(false));
        let closed = closing.clone();
        spawn("listen", move || listen(&listener, &runtime, &context, &closed))
            .map_err(SocketError::io("listen at", path))?;
        Ok(Self { address, broadcaster, closing })
    }

    /// Stops listening, sends the clients a last event, if there is one, and removes the socket.
    pub fn close(self, last: Option<Event>) {
        self.shut_down(last);
    }

    fn shut_down(&self, last: Option<Event>) {
        if self.closing.swap(true, Ordering::SeqCst) {
            return;
        }
        // The listener wakes up and finds that it is to end; the thread ends by itself.
        let _ = UnixStream::connect(&self.address.socket);
        let _ = fs::remove_file(&self.address.socket);
        self.broadcaster.close(last);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shut_down(None);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.into()).spawn(work).map(|_| ())
}

fn listen(
    listener: &UnixListener,
    runtime: &Runtime,
    context: &Arc<ClientContext>,
    closing: &AtomicBool,
) {
    for stream in listener.incoming() {
        if closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else {
            // Most likely there are too many open files, and it passes.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        let context = context.clone();
        let _ = match peer(&stream, runtime) {
            Ok(user) if user == address::user() => spawn("client", move || serve(stream, &context)),
            Ok(_) => refuse(stream, "it is another user's"),
            Err(error) => refuse(stream, &format!("it cannot be told who asks: {error}")),
        };
    }
}

/// Returns the user at the other end.
fn peer(stream: &UnixStream, runtime: &Runtime) -> io::Result<u32> {
    let _context = runtime.enter();
    // Both handles are the same stream and share its mode.
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

/// Greets a client, then passes its commands on until it hangs up.
fn serve(stream: UnixStream, context: &ClientContext) {
    // There is nobody to report the error of a broken connection to.
    let _: io::Result<()> = (|| {
        stream.set_write_timeout(Some(STUCK))?;
        stream.set_read_timeout(Some(GREETING))?;
        protocol::write(&mut &stream, &context.hello)?;
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
        let Some((number, outgoing)) = context.broadcaster.join(MOST_CLIENTS) else {
            return refuse(
                stream,
                &format!("{MOST_CLIENTS} monitors are already attached, the maximum"),
            );
        };
        stream.set_read_timeout(None)?;
        let out = outgoing.clone();
        let started = spawn("send", move || send(&stream, &out));
        let served = started.and_then(|()| {
            read_commands(&mut reader, &mut buffer, number, &greeting, &outgoing, context)
        });
        context.broadcaster.leave(number);
        outgoing.close();
        served
    })();
}

/// Sends what is in the queue until it is closed or the client is gone; then hangs up, which ends
/// the thread that reads.
fn send(stream: &UnixStream, outgoing: &Outgoing) {
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

fn read_commands(
    reader: &mut BufReader<UnixStream>,
    buffer: &mut Vec<u8>,
    number: u64,
    greeting: &Greeting,
    outgoing: &Outgoing,
    context: &ClientContext,
) -> io::Result<()> {
    while protocol::read_line(reader, MOST_COMMAND_BYTES, buffer)? {
        match protocol::parse_command(buffer) {
            Ok(command) if greeting.read_only && !matches!(command, Command::Draw(_)) => {
                outgoing.push(Line::Refused("it is only looked at".into()))
            }
            Ok(Command::Draw(drawing)) if !context.broadcaster.ask(number, drawing) => {}
            Ok(command) => (context.send)(command),
            Err(reason) => outgoing.push(Line::Refused(reason)),
        }
    }
    Ok(())
}
