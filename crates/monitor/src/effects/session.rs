//! One sitting before the monitor: the only place where state, run, terminal, signals and clock
//! meet.

use std::{
    collections::VecDeque,
    future::pending,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    signal::unix::{Signal as Listener, SignalKind, signal},
    sync::mpsc,
    time::{sleep_until, timeout},
};

use crate::{
    config::{Config, ConfigError, Mouse},
    effects::{
        mailbox::{Inbox, Outbox, mailbox},
        shot::Shot,
        summary::{Left, Summary},
    },
    state::{
        app::{App, Next, Seat},
        message::{Effect, Export, Message, Seek, Signal},
        run::Run,
    },
    terminal::{
        capability::Capabilities,
        input::{Input, Keyboard},
        screen::{Limits, Screen},
        tty,
    },
    theme::Palette,
    update::update,
};
use gan_tui_core::{
    event::{Command, Outcome, RunState},
    preset::Plan,
};

/// How often a run is looked at that says nothing.
const LOOK: Duration = Duration::from_secs(1);
/// How often the progress of an export is told.
const PROGRESS: Duration = Duration::from_millis(300);
/// How long a terminal that took nothing for [`PARTING`] may take once more.
const STUCK: Duration = Duration::from_secs(3);
/// How long the terminal may take for what it is still to show or to say, before it is given back.
const PARTING: Duration = Duration::from_millis(500);

/// What tells events and takes commands: a worker in this process, or another one.
pub trait Source: Send {
    /// Tells the run something.
    fn tell(&self, command: Command);

    /// Says that another process will go on with the run, then tells it to save and stop.
    fn hand_over(&self) {
        self.tell(Command::Stop);
    }

    /// Goes elsewhere in a run that is played; any other goes its own way.
    fn seek(&self, _: Seek) {}

    /// Whether nothing more will come.
    fn is_finished(&self) -> bool;

    /// Waits for the end and tells how it was.
    fn join(self: Box<Self>) -> Outcome;
}

/// A run that has begun.
pub struct Opened {
    pub source: Box<dyn Source>,
    /// Where its files go.
    pub directory: PathBuf,
}

/// Begins a run of a plan, recorded in a directory of its own, that tells its events to the outbox.
/// An error is one line.
pub type Open = Box<dyn FnMut(&Plan, Outbox) -> Result<Opened, String>>;

/// What a terminal is told of a run that has ended, and how it has: bytes that no screen shows.
pub type OnEnd = Box<dyn Fn(&Path, &Outcome) -> String>;

/// What is known beside the monitor of runs to come.
pub trait Ahead {
    /// The plan in the preset's file, if that has changed since it was last read; or what is wrong
    /// with it, in one line.
    fn changed(&mut self) -> Option<Result<Plan, String>>;

    /// The next run that is opened begins with the weights that this run had after this iteration.
    fn keep_weights(&mut self, directory: &Path, iteration: u64);
}

/// What the monitor is started with.
pub struct Options {
    /// The first run.
    pub plan: Plan,
    /// The runs to choose from afterwards, with what the command line says about all runs already
    /// in them.
    pub presets: Vec<Plan>,
    pub open: Open,
    /// Where new runs can be begun.
    pub ahead: Option<Box<dyn Ahead>>,
    /// Where somebody who looks elsewhere is to be told of a run's end.
    pub on_end: Option<OnEnd>,
    /// Training ends after so much time, if not before: for the time left.
    pub limit: Option<Duration>,
    /// What the terminal can show; [`Capabilities::detect`], but for what the command line says.
    pub capabilities: Capabilities,
    /// How much is drawn and sent, where the command line says it.
    pub limits: Limits,
    /// Whether keys that would change the run are refused.
    pub read_only: bool,
    /// Where the run is.
    pub seat: Seat,
}

/// Why there is no monitor.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    #[error(
        "the monitor needs a terminal on standard input and output; `gan-tui train` does without"
    )]
    NoTerminal,
    #[error("terminal: {0}")]
    Terminal(#[from] io::Error),
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The first run could not begin.
    #[error("{0}")]
    Run(String),
}

/// Shows a run until a person or the system ends it.
///
/// # Errors
/// Where there is no terminal, where the first run cannot begin, or where the terminal refuses to
/// be written to. A run that fails later is shown, and told by the summary.
pub fn run(options: Options) -> Result<Summary, MonitorError> {
    if !tty::is_there() {
        return Err(MonitorError::NoTerminal);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let summary = runtime.block_on(async { Session::open(options)?.sit().await });
    // A run left behind may still write its checkpoint: it is not waited for.
    runtime.shutdown_background();
    summary
}

/// Everything that is alive during a sitting.
struct Session {
    app: App,
    options: Options,
    source: Option<Box<dyn Source>>,
    inbox: Inbox,
    began: Instant,
    /// What is to be done with the terminal.
    orders: Vec<Order>,
    mouse: bool,
    /// Whether the terminal is gone: nothing more is read from it or written to it.
    gone: bool,
    /// The number of the preset whose file has changed, once it has.
    changed_preset: Option<usize>,
    look_at_preset: Duration,
    /// Answers of work done beside the loop.
    results: (mpsc::UnboundedSender<Message>, mpsc::UnboundedReceiver<Message>),
}

impl Session {
    fn open(mut options: Options) -> Result<Self, MonitorError> {
        // Before a run begins: a mistake in the configuration leaves nothing behind.
        let (config, keys) = Config::load()?;
        let (outbox, inbox) = mailbox();
        let Opened { source, directory } =
            (options.open)(&options.plan, outbox).map_err(MonitorError::Run)?;
        let presets = options.presets.iter().map(|plan| plan.preset().clone()).collect();
        let run = Run::new(options.plan.preset().clone(), directory, options.limit);
        let mut app = App::new(run, presets, options.capabilities);
        app.size = tty::size().into();
        let suiting = || Palette::suiting(std::env::var("COLORFGBG").ok().as_deref());
        app.look.theme.palette = config.theme.unwrap_or_else(suiting);
        config.colors.iter().for_each(|(&role, &colour)| app.look.theme.set(role, colour));
        app.keys = keys;
        app.read_only = options.read_only;
        app.seat = options.seat;
        Ok(Self {
            app,
            options,
            source: Some(source),
            inbox,
            began: Instant::now(),
            orders: Vec::new(),
            mouse: config.mouse == Mouse::On,
            gone: false,
            changed_preset: None,
            look_at_preset: Duration::ZERO,
            results: mpsc::unbounded_channel(),
        })
    }

    /// The loop: hears, changes the state, draws when the clock says so, until it is time to leave.
    async fn sit(mut self) -> Result<Summary, MonitorError> {
        let mut signals = Signals::listen()?;
        let mut guard = tty::Guard::take(self.mouse)?;
        let mut screen = Screen::open(self.app.look.capabilities.remote, self.options.limits)?;
        let mut keyboard = Keyboard::open()?;
        let left = loop {
            let now = self.began.elapsed();
            self.app.now = self.app.now.max(now);
            for order in std::mem::take(&mut self.orders) {
                self.carry_out(order, &mut guard, &mut screen, &mut keyboard).await?;
            }
            let is_lost = !self.gone && screen.update(&mut self.app, now).is_err();
            self.gone |= is_lost;
            let drawn = if self.gone { None } else { screen.next_update(&self.app, now) };
            let wake = drawn.into_iter().chain(self.app.next_change()).chain([now + LOOK]).min();
            let messages = if is_lost {
                [Message::Signal(Signal::Hangup)].into()
            } else {
                tokio::select! {
                    inputs = keyboard.next(), if !self.gone => self.heard(inputs, &mut screen),
                    messages = self.inbox.take() => messages,
                    Some(message) = self.results.1.recv() => [message].into(),
                    message = signals.next() => [message].into(),
                    () = screen.freed() => continue,
                    () = sleep_until((self.began + wake.unwrap_or(now)).into()) => self.look(&screen),
                }
            };
            let answers = messages.iter().any(|message| {
                matches!(message, Message::Key(_) | Message::Mouse(..) | Message::Resized(..))
            });
            if let Some(left) = self.take_in(messages) {
                break left;
            }
            if answers && self.app.changed {
                screen.draw_soon(self.began.elapsed());
            }
        };
        self.part(&screen, &mut keyboard).await;
        if !screen.settle(Duration::ZERO) && matches!(left, Left::Nothing | Left::AtOnce) {
            self.leave_a_stuck_terminal();
        }
        drop(guard);
        Ok(self.summary(left).await)
    }

    /// Does something with the terminal.
    async fn carry_out(
        &mut self,
        order: Order,
        guard: &mut tty::Guard,
        screen: &mut Screen,
        keyboard: &mut Keyboard,
    ) -> io::Result<()> {
        match order {
            Order::Copy(text) => {
                screen.send_control(tty::copy_sequence(&text).as_bytes());
                return Ok(());
            }
            Order::Tell(bytes) => {
                screen.send_control(bytes.as_bytes());
                return Ok(());
            }
            Order::Suspend => {
                self.part(screen, keyboard).await;
                guard.suspend()?;
                self.app.size = tty::size().into();
            }
            Order::Redraw => {}
        }
        screen.invalidate(self.began.elapsed());
        self.app.changed = true;
        Ok(())
    }

    /// Lets the terminal take the last bytes, and takes its last answers: after that they would be
    /// read by the shell.
    async fn part(&self, screen: &Screen, keyboard: &mut Keyboard) {
        if self.gone {
            return;
        }
        screen.settle(PARTING);
        let until = Instant::now() + PARTING;
        while screen.is_expecting(self.began.elapsed()) {
            match tokio::time::timeout_at(until.into(), keyboard.next()).await {
                Ok(inputs)
                    if inputs.iter().any(|input| matches!(input, Input::Report | Input::Gone)) =>
                {
                    break;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
    }

    /// A terminal that takes nothing would never let go: whatever else is to be said to it is not
    /// waited for.
    fn leave_a_stuck_terminal(&self) {
        let status = self.app.signal.map_or(1, Signal::status);
        std::thread::spawn(move || {
            std::thread::sleep(STUCK);
            std::process::exit(status.into());
        });
    }

    /// What came from the terminal.
    fn heard(&mut self, inputs: Vec<Input>, screen: &mut Screen) -> VecDeque<Message> {
        let mut messages = VecDeque::new();
        for input in inputs {
            match input {
                Input::Key(key) => messages.push_back(Message::Key(key)),
                Input::Mouse(mouse, x, y) => messages.push_back(Message::Mouse(mouse, x, y)),
                Input::Report => screen.answered(self.began.elapsed()),
                Input::Gone => {
                    self.gone = true;
                    messages.push_back(Message::Signal(Signal::Hangup));
                }
            }
        }
        messages
    }

    /// Nothing was heard: the time, and whether the run is still there.
    fn look(&mut self, screen: &Screen) -> VecDeque<Message> {
        let now = self.began.elapsed();
        self.app.changed |= screen.shows_old_rate(&self.app, now);
        let mut messages: VecDeque<Message> = [Message::Tick(now)].into();
        messages.extend(self.changed_preset(now));
        if self.source.as_ref().is_some_and(|source| source.is_finished()) {
            messages.extend(self.inbox.take_now());
            if let Some(source) = self.source.take() {
                messages.push_back(Message::Lost(source.join()));
            }
        }
        messages
    }

    /// Looks now and then whether the file of the preset has changed.
    fn changed_preset(&mut self, now: Duration) -> Option<Message> {
        if now < self.look_at_preset {
            return None;
        }
        self.look_at_preset = now + LOOK;
        let changed = self.options.ahead.as_mut()?.changed()?;
        Some(Message::PresetChanged(changed.map(|plan| {
            let preset = Box::new(plan.preset().clone());
            let number = *self.changed_preset.get_or_insert(self.options.presets.len());
            match self.options.presets.get_mut(number) {
                Some(known) => *known = plan,
                None => self.options.presets.push(plan),
            }
            (number, preset)
        })))
    }

    /// What leaving leaves behind.
    fn left(&self) -> Left {
        match (self.app.next, self.app.seat) {
            _ if self.app.run.has_ended() && self.app.next != Some(Next::Detach) => Left::Nothing,
            (Some(Next::Detach), _) => Left::HandedOver,
            (_, Seat::Elsewhere | Seat::Replay { .. }) => Left::Elsewhere,
            _ => Left::Nothing,
        }
    }

    /// Changes the state by every message; `Some` when it is time to leave, with what is left
    /// behind.
    fn take_in(&mut self, messages: VecDeque<Message>) -> Option<Left> {
        let mut messages = messages;
        while let Some(message) = messages.pop_front() {
            let had_ended = self.app.run.has_ended();
            let effect = update(&mut self.app, message);
            if !had_ended {
                self.tell_of_the_end();
            }
            match effect {
                None => {}
                Some(Effect::Leave) => return Some(self.left()),
                Some(Effect::LetGo) => return Some(Left::Running),
                Some(Effect::Abandon) => return Some(Left::AtOnce),
                Some(Effect::HandOver) => {
                    if let Some(source) = &self.source {
                        source.hand_over();
                    }
                }
                Some(Effect::Tell(command)) => {
                    if let Some(source) = &self.source {
                        source.tell(command);
                    }
                }
                Some(Effect::Seek(seek)) => {
                    if let Some(source) = &self.source {
                        source.seek(seek);
                    }
                }
                Some(Effect::Open { number, keep }) => {
                    messages.push_back(self.open_another(number, keep))
                }
                Some(Effect::Export(export)) => self.export(export),
                Some(Effect::ReadFrame(iteration)) => self.read_frame(iteration),
                Some(Effect::Copy(text)) => self.orders.push(Order::Copy(text)),
                Some(Effect::Suspend) => self.orders.push(Order::Suspend),
                Some(Effect::Redraw) => self.orders.push(Order::Redraw),
            }
        }
        None
    }

    /// A run that has ended by itself is told of: who has ended it knows.
    fn tell_of_the_end(&mut self) {
        if let (RunState::Ended(outcome), None, Some(on_end)) =
            (&self.app.run.state, self.app.next, &self.options.on_end)
        {
            self.orders.push(Order::Tell(on_end(&self.app.run.directory, outcome)));
        }
    }

    /// The present run has said that it ended, so its thread is all but gone.
    fn open_another(&mut self, number: usize, keep: bool) -> Message {
        if let Some(source) = self.source.take() {
            source.join();
        }
        if let (true, Some(ahead), Some(iteration)) =
            (keep, &mut self.options.ahead, self.app.run.saved)
        {
            ahead.keep_weights(&self.app.run.directory, iteration);
        }
        let (outbox, inbox) = mailbox();
        self.inbox = inbox;
        let opened = self
            .options
            .presets
            .get(number)
            .ok_or_else(|| "there is no such preset".into())
            .and_then(|plan| (self.options.open)(plan, outbox));
        match opened {
            Ok(opened) => {
                self.source = Some(opened.source);
                Message::Opened(number, opened.directory)
            }
            Err(reason) => Message::NotOpened(reason),
        }
    }

    fn export(&self, export: Export) {
        let shot = Shot::of(&self.app, export);
        let answer = self.results.0.clone();
        let mut told = Instant::now();
        let mut progress = move |share| {
            // What takes no time need not be told of.
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                let _ = answer.send(Message::Exporting(export, share));
            }
        };
        self.beside(move || Message::Exported(shot.and_then(|shot| shot.write(&mut progress))));
    }

    fn read_frame(&self, iteration: u64) {
        let directory = self.app.run.directory.clone();
        self.beside(move || {
            let frame = gan_tui_store::run::frames::load(&directory, iteration).ok().map(Arc::new);
            Message::FrameRead(iteration, frame)
        });
    }

    /// Does work that may take a while beside the loop, which hears of it when it is done.
    fn beside(&self, work: impl FnOnce() -> Message + Send + 'static) {
        let answer = self.results.0.clone();
        // Where the loop has ended there is nobody to tell.
        tokio::task::spawn_blocking(move || drop(answer.send(work())));
    }

    /// What the sitting came to.
    async fn summary(mut self, left: Left) -> Summary {
        let run = &self.app.run;
        let summary = Summary {
            directory: run.directory.clone(),
            preset: run.preset.name.clone(),
            iterations: run.preset.iterations,
            iteration: run.iteration(),
            last: run.history.latest().cloned(),
            outcome: None,
            saved: run.saved,
            signal: self.app.signal,
            left,
        };
        let source = self.source.take();
        match left {
            // Dropping a worker waits for it, and leaving at once does not wait.
            Left::AtOnce => std::mem::forget(source),
            Left::Running | Left::Elsewhere => drop(source),
            Left::Nothing | Left::HandedOver => return self.ended(summary, source).await,
        }
        summary
    }

    /// A run that has ended, or is about to, is waited for.
    async fn ended(self, mut summary: Summary, source: Option<Box<dyn Source>>) -> Summary {
        summary.outcome = match &self.app.run.state {
            RunState::Ended(outcome) => Some(outcome.clone()),
            _ => None,
        };
        if let Some(source) = source {
            let ended = tokio::task::spawn_blocking(move || source.join());
            if let Ok(Ok(outcome)) = timeout(Duration::from_secs(60), ended).await {
                summary.outcome.get_or_insert(outcome);
            }
        }
        summary
    }
}

/// What is to be done with the terminal.
enum Order {
    Copy(String),
    /// What the screen does not show.
    Tell(String),
    Suspend,
    Redraw,
}

/// The signals that mean something to the program.
struct Signals {
    resized: Listener,
    interrupt: Listener,
    terminate: Listener,
    hangup: Listener,
    save: Listener,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            resized: signal(SignalKind::window_change())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            save: signal(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> Message {
        tokio::select! {
            Some(()) = self.resized.recv() => {
                let size = tty::size();
                Message::Resized(size.width, size.height)
            }
            Some(()) = self.interrupt.recv() => Message::Signal(Signal::Interrupt),
            Some(()) = self.terminate.recv() => Message::Signal(Signal::Terminate),
            Some(()) = self.hangup.recv() => Message::Signal(Signal::Hangup),
            Some(()) = self.save.recv() => Message::SaveNow,
            else => pending().await,
        }
    }
}
