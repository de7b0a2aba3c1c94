//! One session of the monitor: the only place where state, run, terminal, signals and clock meet.

use std::{
    collections::VecDeque,
    io,
    time::{Duration, Instant},
};

use tokio::time::{sleep_until, timeout};

use super::{
    current_run::CurrentRun,
    interface::{MonitorError, OnEnd, Options, Source},
    jobs::Jobs,
    shot,
    summary::{ExitReason, Summary},
    terminal::Terminal,
};
use crate::{
    config::{Config, Mouse},
    effects::screen::{Limits, Screen},
    state::{
        app::{App, Next, RunSource},
        message::{Effect, Message},
        run::Run,
    },
    terminal::{
        capability::{Capabilities, Dialect},
        input::Input,
        tty,
    },
    theme::Palette,
    update::update,
};
use gan_tui_core::{
    event::{Outcome, RunState},
    foreground::is_foreground,
    signals::Signal,
};

/// The longest wait: so often, a silent run is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long a terminal that took nothing when it was left may take once more.
const STUCK: Duration = Duration::from_secs(3);
/// How long a run may take to end after the monitor.
const JOIN: Duration = Duration::from_secs(60);

/// Shows a run until a person or the system ends it.
///
/// # Errors
/// Returns an error if there is no terminal, if the first run cannot be opened, or if the terminal
/// cannot be written to. A run that fails later is shown, and is an outcome in the summary.
pub fn run(options: Options) -> Result<Summary, MonitorError> {
    if !tty::is_there() {
        return Err(MonitorError::NoTerminal);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let summary = runtime.block_on(async { Session::open(options)?.run().await });
    // A run that was left may still write its checkpoint: it is not waited for.
    runtime.shutdown_background();
    summary
}

/// Everything that a session knows.
struct Session {
    app: App,
    run: CurrentRun,
    jobs: Jobs,
    on_end: Option<OnEnd>,
    limits: Limits,
    uses_mouse: bool,
    start: Instant,
    /// When the clock was last read.
    ticked: Duration,
    /// What is to be done with the terminal before the next drawing.
    requests: Vec<TerminalRequest>,
    /// Whether the terminal is gone: nothing more is read from it or written to it.
    terminal_gone: bool,
    /// Whether the terminal is another program's for a while: this process was stopped and
    /// continued in the background.
    away: bool,
}

/// What is to be done with the terminal.
enum TerminalRequest {
    Copy(String),
    /// Sends bytes that show nothing.
    Send(String),
    Suspend,
    Take,
    Redraw,
}

/// What the loop waits for.
enum Wake {
    Input(Vec<Input>),
    Messages(VecDeque<Message>),
    Tick,
    /// The terminal has taken what was written last.
    Written,
}

impl Session {
    fn open(options: Options) -> Result<Self, MonitorError> {
        // Before a run is opened: a mistake in the configuration leaves no files behind.
        let (config, keys) = Config::load()?;
        let presets = options.presets.iter().map(|plan| plan.preset().clone()).collect();
        let preset = options.plan.preset().clone();
        let (run, directory, limit) =
            CurrentRun::open(&options.plan, options.presets, options.open, options.watcher)
                .map_err(MonitorError::Run)?;
        let shown = Run::new(preset, directory, limit);
        let pictures = options.capabilities.pictures.or(config.pictures);
        let capabilities = Capabilities { pictures, ..options.capabilities };
        let mut app = App::new(shown, presets, capabilities);
        app.size = tty::size().into();
        let known = config.theme.or_else(|| Palette::suiting(|name| std::env::var(name).ok()));
        app.look.follows_background = known.is_none();
        app.look.theme.palette = known.unwrap_or(Palette::Neutral);
        config.colors.iter().for_each(|(&role, &colour)| app.look.theme.set(role, colour));
        app.keys = keys;
        app.read_only = options.read_only;
        app.source = options.source;
        let jobs = Jobs::new();
        if let Some(find) = options.prospects {
            jobs.find_prospects(find);
        }
        Ok(Self {
            app,
            run,
            jobs,
            on_end: options.on_end,
            limits: options.limits,
            uses_mouse: config.mouse == Mouse::On,
            start: Instant::now(),
            ticked: Duration::ZERO,
            requests: Vec::new(),
            terminal_gone: false,
            away: false,
        })
    }

    /// Draws, waits and changes the state until it is time to leave.
    async fn run(mut self) -> Result<Summary, MonitorError> {
        let mut terminal = Terminal::open(&self.app.look, self.uses_mouse, self.limits)?;
        self.app.look.protocol = terminal.screen.chosen_pixels();
        let reason = loop {
            // With a hangup comes SIGCONT, at which a terminal that is gone would be taken again.
            let carried_out = self.carry_out_requests(&mut terminal).await;
            let messages = match carried_out.and_then(|()| self.draw(&mut terminal.screen)) {
                Ok(until) => self.wait(&mut terminal, until).await,
                Err(_) => self.lose_terminal(),
            };
            if let Some(reason) = self.handle_messages(messages, &mut terminal.screen) {
                break reason;
            }
        };
        self.close(terminal, reason).await;
        Ok(self.summary(reason).await)
    }

    /// Draws what has changed, if it is time; returns how long there is nothing to do.
    fn draw(&mut self, screen: &mut Screen) -> io::Result<Duration> {
        let now = self.start.elapsed();
        self.app.now = self.app.now.max(now);
        let mut until = self.ticked + TICK;
        if self.has_terminal() {
            screen.update(&mut self.app, now)?;
            until = screen.next_update(self.app.changed, now).map_or(until, |next| next.min(until));
        }
        Ok(self.app.next_change().map_or(until, |change| change.min(until)))
    }

    /// Waits until something happens, or until `until`.
    async fn wait(&mut self, terminal: &mut Terminal, until: Duration) -> VecDeque<Message> {
        let wake = tokio::select! {
            inputs = terminal.keyboard.next(), if self.has_terminal() => Wake::Input(inputs),
            messages = self.run.messages() => Wake::Messages(messages),
            Some(message) = self.jobs.next() => Wake::Messages([message].into()),
            message = terminal.signals.next() => Wake::Messages([message].into()),
            () = terminal.screen.freed() => Wake::Written,
            () = sleep_until((self.start + until).into()) => Wake::Tick,
        };
        let is_tick = matches!(wake, Wake::Tick);
        let mut messages = match wake {
            Wake::Input(inputs) => self.on_input(inputs, &mut terminal.screen),
            Wake::Messages(messages) => messages,
            Wake::Tick | Wake::Written => VecDeque::new(),
        };
        // Also while messages come too often for the clock to be waited for.
        if is_tick || self.start.elapsed() >= self.ticked + TICK {
            messages.append(&mut self.on_tick(&terminal.screen));
        }
        messages
    }

    /// Turns the terminal's input into messages.
    fn on_input(&mut self, inputs: Vec<Input>, screen: &mut Screen) -> VecDeque<Message> {
        let mut messages = VecDeque::new();
        for input in inputs {
            match input {
                Input::Key(key) => messages.push_back(Message::Key(key)),
                Input::Mouse(mouse, x, y) => messages.push_back(Message::Mouse(mouse, x, y)),
                Input::Paste(text) => messages.push_back(Message::Paste(text)),
                Input::Report { row, column } => {
                    if screen.answered(row, column, self.start.elapsed()) {
                        messages.push_back(Message::WideCharacters);
                    }
                }
                Input::Background { is_light } => {
                    messages.push_back(Message::Background { is_light });
                }
                Input::Pixels(answer) => {
                    messages.extend(screen.told(answer).map(Message::Pixels));
                }
                Input::Gone => messages.append(&mut self.lose_terminal()),
            }
        }
        messages
    }

    /// Reads the clock, and looks at the preset's file and at a run that says nothing.
    fn on_tick(&mut self, screen: &Screen) -> VecDeque<Message> {
        let now = self.start.elapsed();
        self.ticked = now;
        self.app.changed |= screen.shows_old_rate(&self.app, now);
        let mut messages: VecDeque<Message> = [Message::Tick(now)].into();
        messages.extend(self.run.changed_preset(now));
        messages.append(&mut self.run.take_finished());
        if self.away && is_foreground() {
            messages.push_back(Message::Continued);
        }
        messages
    }

    /// Whether the terminal may be read from and written to.
    fn has_terminal(&self) -> bool {
        !self.terminal_gone && !self.away
    }

    fn lose_terminal(&mut self) -> VecDeque<Message> {
        self.terminal_gone = true;
        [Message::Signal(Signal::Hangup)].into()
    }

    /// Changes the state by every message; returns a reason when it is time to leave.
    fn handle_messages(
        &mut self,
        mut messages: VecDeque<Message>,
        screen: &mut Screen,
    ) -> Option<ExitReason> {
        let is_awaited = messages.iter().any(|message| {
            matches!(
                message,
                Message::Key(_) | Message::Paste(_) | Message::Mouse(..) | Message::Resized(..)
            )
        });
        while let Some(message) = messages.pop_front() {
            let had_ended = self.app.run.has_ended();
            let effect = update(&mut self.app, message);
            if !had_ended {
                self.notify_of_end();
            }
            match effect {
                None => {}
                Some(Effect::Leave) => return Some(self.exit_reason()),
                Some(Effect::LetGo) => return Some(ExitReason::TerminalLost),
                Some(Effect::Abandon) => return Some(ExitReason::Abandoned),
                Some(effect) => messages.extend(self.carry_out(effect)),
            }
        }
        if is_awaited && self.app.changed {
            screen.draw_soon(self.start.elapsed());
        }
        None
    }

    /// Carries out an effect that does not end the session.
    fn carry_out(&mut self, effect: Effect) -> Option<Message> {
        match effect {
            Effect::HandOver => {
                if let Some(source) = self.run.source() {
                    source.hand_over();
                }
            }
            Effect::Tell(command) => {
                if let Some(source) = self.run.source() {
                    source.send(command);
                }
            }
            Effect::Seek(seek) => {
                if let Some(source) = self.run.source() {
                    source.seek(seek);
                }
            }
            Effect::Open { number, keep } => {
                return Some(self.run.open_another(number, keep, &self.app.run));
            }
            Effect::Export(export) => self.jobs.export(&self.app, export),
            Effect::ReadFrame(iteration) => {
                self.jobs.read_frame(self.app.run.directory.clone(), iteration);
            }
            Effect::Copy(text) => self.requests.push(TerminalRequest::Copy(text)),
            Effect::Suspend => self.requests.push(TerminalRequest::Suspend),
            Effect::TakeTerminal => self.requests.push(TerminalRequest::Take),
            Effect::Redraw => self.requests.push(TerminalRequest::Redraw),
            Effect::Leave | Effect::LetGo | Effect::Abandon => {}
        }
        None
    }

    /// Sends the notification of a run's end. Whoever ended the run themselves needs none.
    fn notify_of_end(&mut self) {
        if let (RunState::Ended(outcome), None, Some(on_end)) =
            (&self.app.run.state, self.app.next, &self.on_end)
        {
            self.requests.push(TerminalRequest::Send(on_end(&self.app.run.directory, outcome)));
        }
    }

    fn exit_reason(&self) -> ExitReason {
        match (self.app.next, self.app.source) {
            _ if self.app.run.has_ended() && self.app.next != Some(Next::Detach) => {
                ExitReason::RunEnded
            }
            (Some(Next::Detach), _) => ExitReason::HandedOver,
            (_, RunSource::Remote | RunSource::Replay { .. }) => ExitReason::RunElsewhere,
            _ => ExitReason::RunEnded,
        }
    }

    async fn carry_out_requests(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        for request in std::mem::take(&mut self.requests) {
            match request {
                TerminalRequest::Copy(text) => {
                    terminal.screen.send_control(tty::copy_sequence(&text).as_bytes());
                    continue;
                }
                TerminalRequest::Send(bytes) => {
                    terminal.screen.send_control(bytes.as_bytes());
                    continue;
                }
                TerminalRequest::Suspend => {
                    self.drain(terminal).await;
                    // SIGCONT, which ends this, is a request to take the terminal again.
                    terminal.guard.suspend()?;
                    self.away = true;
                    continue;
                }
                TerminalRequest::Take => {
                    self.away = !is_foreground();
                    if self.away || self.terminal_gone {
                        continue;
                    }
                    terminal.guard.retake()?;
                    self.app.size = tty::size().into();
                }
                TerminalRequest::Redraw => {}
            }
            terminal.screen.invalidate(self.start.elapsed());
            self.app.changed = true;
        }
        Ok(())
    }

    async fn drain(&self, terminal: &mut Terminal) {
        if self.has_terminal() {
            terminal.drain(self.start).await;
        }
    }

    /// Gives the terminal back.
    async fn close(&self, mut terminal: Terminal, reason: ExitReason) {
        self.drain(&mut terminal).await;
        let is_stuck = !terminal.screen.settle(Duration::ZERO);
        if is_stuck && matches!(reason, ExitReason::RunEnded | ExitReason::Abandoned) {
            self.exit_if_stuck();
        }
    }

    /// Ends the process soon: writing to a terminal that takes nothing would wait forever.
    fn exit_if_stuck(&self) {
        let status = self.app.signal.map_or(1, Signal::status);
        std::thread::spawn(move || {
            std::thread::sleep(STUCK);
            std::process::exit(status.into());
        });
    }

    async fn summary(self, reason: ExitReason) -> Summary {
        let run = &self.app.run;
        let mut summary = Summary {
            directory: run.directory.clone(),
            preset: run.preset.name.clone(),
            iterations: run.preset.iterations,
            iteration: run.iteration(),
            last: run.history.latest().cloned(),
            elapsed: run.elapsed(),
            best: run.history.scores().best(),
            images: shot::last_row(&self.app),
            outcome: None,
            saved: run.saved,
            signal: self.app.signal,
            reason,
            has_links: self.app.look.capabilities.dialect == Dialect::Xterm,
        };
        let source = self.run.into_source();
        match reason {
            // Dropping a worker waits for it, which an abandoned run must not do.
            ExitReason::Abandoned => std::mem::forget(source),
            ExitReason::TerminalLost | ExitReason::RunElsewhere => drop(source),
            ExitReason::RunEnded | ExitReason::HandedOver => {
                summary.outcome = match self.app.run.state {
                    RunState::Ended(outcome) => Some(outcome),
                    _ => None,
                };
                let joined = join(source).await;
                summary.outcome = summary.outcome.or(joined);
            }
        }
        summary
    }
}

/// Waits for a run that has ended, or is about to.
async fn join(source: Option<Box<dyn Source>>) -> Option<Outcome> {
    let source = source?;
    let joined = tokio::task::spawn_blocking(move || source.join());
    timeout(JOIN, joined).await.ok()?.ok()
}
