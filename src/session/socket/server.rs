//! The run's side of the socket: accepts the owner's clients and passes their commands on.

use std::{
    io::{self, BufReader, BufWriter, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::runtime::{Builder, Runtime};

use super::{
    Address, Broadcaster, SocketError, address,
    listening::Listening,
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
/// How often it is looked whether the socket is still where it was made.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// The wait after an error that may pass.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens at a run's address until closed or dropped.
#[derive(Debug)]
pub struct Server {
    broadcaster: Broadcaster,
    shared: Arc<ServerState>,
    /// Wakes the thread that listens.
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

/// What the server and the thread that listens share.
#[derive(Debug, Default)]
struct ServerState {
    closing: AtomicBool,
    /// Whether the socket is to be looked after now.
    renewing: AtomicBool,
}

/// What every client's threads need.
struct ClientContext {
    hello: Hello,
    broadcaster: Broadcaster,
    commands: mpsc::Sender<Command>,
}

impl Server {
    /// Listens at the address of a run directory, whose lock this process holds: a socket that
    /// another process left there is removed. A socket that is removed meanwhile is made again, and
    /// clients stay connected.
    ///
    /// # Errors
    /// Returns an error if the socket cannot be made.
    pub fn bind(
        dir: &Path,
        broadcaster: Broadcaster,
        commands: mpsc::Sender<Command>,
        limit: Option<Duration>,
    ) -> Result<Self, SocketError> {
        let address = Address::of(dir)?;
        let listening = Listening::at(&address)?;
        let failed = |error: io::Error| SocketError::io("listen for", dir)(error);
        // tokio can ask for the user at the other end of a stream on every system.
        let runtime = Builder::new_current_thread().enable_io().build().map_err(failed)?;
        let hello = Hello {
            protocol: VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            run: address.run().to_string_lossy().into_owned(),
            process: std::process::id(),
            host: address::host(),
            since: OffsetDateTime::now_utc()
                .replace_nanosecond(0)
                .ok()
                .and_then(|now| now.format(&Rfc3339).ok())
                .unwrap_or_default(),
            limit_s: limit.map(|limit| limit.as_secs_f64()),
        };
        let context = Arc::new(ClientContext { hello, broadcaster: broadcaster.clone(), commands });
        let shared = Arc::<ServerState>::default();
        let (wake, woken) = UnixStream::pair().map_err(failed)?;
        wake.set_nonblocking(true).map_err(failed)?;
        woken.set_nonblocking(true).map_err(failed)?;
        let door = Door { address, listening, runtime, context, shared: shared.clone(), woken };
        let thread = thread::Builder::new().name("listen".into()).spawn(move || door.keep());
        Ok(Self { broadcaster, shared, wake, thread: Some(thread.map_err(failed)?) })
    }

    /// Makes the socket again soon, if it was removed.
    pub fn renew(&self) {
        self.shared.renewing.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Stops listening, removes the socket, and sends the clients a last event, if there is one.
    pub fn close(mut self, last: Option<Event>) {
        self.shut_down(last);
    }

    fn shut_down(&mut self, last: Option<Event>) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.closing.store(true, Ordering::SeqCst);
        self.wake();
        // Only then the address is free for a successor.
        let _ = thread.join();
        self.broadcaster.close(last);
    }

    fn wake(&self) {
        // If there is no room for another byte, those that wait wake the thread.
        let _ = (&self.wake).write(&[0]);
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

/// The thread that lets clients in, and looks after the socket.
struct Door {
    address: Address,
    listening: Listening,
    runtime: Runtime,
    context: Arc<ClientContext>,
    shared: Arc<ServerState>,
    woken: UnixStream,
}

impl Door {
    /// Listens until the server is closed.
    fn keep(mut self) {
        let mut checked = Instant::now();
        loop {
            self.wait();
            if self.shared.closing.load(Ordering::SeqCst) {
                return;
            }
            let is_asked = self.shared.renewing.swap(false, Ordering::SeqCst);
            if is_asked || checked.elapsed() >= CHECK_EVERY {
                checked = Instant::now();
                self.renew();
            }
            self.accept();
        }
    }

    /// Waits until a client comes, the server wants something, or the socket is to be looked after.
    fn wait(&mut self) {
        let timeout = Timespec { tv_sec: CHECK_EVERY.as_secs() as _, tv_nsec: 0 };
        let mut ready = [
            PollFd::new(&self.listening.listener, PollFlags::IN),
            PollFd::new(&self.woken, PollFlags::IN),
        ];
        if poll(&mut ready, Some(&timeout)).is_err_and(|error| error != Errno::INTR) {
            thread::sleep(PAUSE);
        }
        let mut bytes = [0; 64];
        while matches!(self.woken.read(&mut bytes), Ok(1..)) {}
    }

    /// Makes the socket again if it is not where it was made. If that cannot be done, it is tried
    /// again later.
    fn renew(&mut self) {
        if !self.listening.is_intact()
            && let Ok(listening) = Listening::at(&self.address)
        {
            self.listening = listening;
        }
    }

    /// Lets in the clients that wait.
    fn accept(&self) {
        loop {
            let stream = match self.listening.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Most likely there are too many open files, and it passes.
                Err(_) => return thread::sleep(PAUSE),
            };
            let context = self.context.clone();
            let _ = match peer(&stream, &self.runtime) {
                Ok(user) if user == address::user() => {
                    spawn("client", move || serve(stream, &context))
                }
                Ok(_) => refuse(stream, "it is another user's"),
                Err(error) => refuse(stream, &format!("it cannot be told who asks: {error}")),
            };
        }
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
            // A run that has ended ignores commands.
            Ok(command) => drop(context.commands.send(command)),
            Err(reason) => outgoing.push(Line::Refused(reason)),
        }
    }
    Ok(())
}
