//! A session with a view: the only place where its state meets the program, the terminal, signals
//! and the clock.

use std::{
    io,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use ratatui::{Frame, layout::Position};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::sleep_until,
};

use super::{
    interface::MonitorError,
    screen::{Limits, Scene, Screen},
    terminal::Terminal,
};
use crate::{
    config::{Config, Mouse},
    state::message::Message,
    terminal::{
        capability::{Capabilities, Dialect},
        input::Input,
        painter::Graphics,
        pixels::Protocol,
        tty,
    },
    theme::Palette,
    views::{self, Step, View},
};
use gan_tui_core::{foreground::is_foreground, signals::Signal};

/// The longest wait: so often, ages are drawn again.
const TICK: Duration = Duration::from_secs(1);
/// News that may wait; whoever has more waits too.
const NEWS: usize = 64;

/// What a view is shown with.
#[derive(Debug, Clone, Copy)]
pub struct ViewOptions {
    pub capabilities: Capabilities,
    pub limits: Limits,
    /// Whether keys that change runs are disabled.
    pub read_only: bool,
}

/// Takes the program's news for a view. Sending waits while the view has too many already.
pub struct NewsSender<N>(Sender<N>);

impl<N> Clone for NewsSender<N> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<N> NewsSender<N> {
    /// Sends the view news. Returns whether the view is still there.
    pub fn send(&self, news: N) -> bool {
        self.0.blocking_send(news).is_ok()
    }
}

/// A view that was left.
pub struct Left<V: View> {
    /// As it was, to be shown again.
    pub view: V,
    /// What it was left for, if for anything.
    pub exit: Option<V::Exit>,
    /// The signal that ended it.
    pub signal: Option<Signal>,
}

/// Shows a view until a person or the system ends it. `open` starts the program's work for it and
/// returns what takes the view's requests; it must not wait.
///
/// # Errors
/// Returns an error if there is no terminal, or if it cannot be written to.
pub fn view<V: View>(
    view: V,
    options: ViewOptions,
    open: impl FnOnce(NewsSender<V::News>) -> Box<dyn FnMut(V::Request)>,
) -> Result<Left<V>, MonitorError> {
    if !tty::is_there() {
        return Err(MonitorError::NoTerminal);
    }
    let (config, _) = Config::load()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let left = runtime.block_on(async {
        let (sender, news) = channel(NEWS);
        let tell = open(NewsSender(sender));
        Viewing::new(view, options, &config, tell, news).run(options.limits, &config).await
    });
    runtime.shutdown_background();
    left
}

struct Viewing<V: View> {
    scene: Shown<V>,
    tell: Box<dyn FnMut(V::Request)>,
    news: Receiver<V::News>,
    start: Instant,
    ticked: Duration,
    requests: Vec<Request>,
    /// Whether the terminal is another program's for a while.
    away: bool,
    terminal_gone: bool,
    is_leaving: bool,
    exit: Option<V::Exit>,
    signal: Option<Signal>,
}

/// What is to be done with the terminal.
enum Request {
    Copy(String),
    Suspend,
    Take,
    Redraw,
}

/// What the loop waits for.
enum Wake<N> {
    Input(Vec<Input>),
    News(Option<N>),
    System(Message),
    Tick,
    /// The terminal has taken what was written last.
    Written,
}

/// A view as a scene of the screen.
struct Shown<V>(V);

impl<V: View> Scene for Shown<V> {
    fn changed(&mut self) -> &mut bool {
        &mut self.0.stage_mut().changed
    }

    fn sending(&mut self) -> &mut f64 {
        &mut self.0.stage_mut().sending
    }

    fn dialect(&self) -> Dialect {
        self.0.stage().look.capabilities.dialect
    }

    fn is_leaving(&self) -> bool {
        false
    }

    fn tab(&self) -> String {
        self.0.tab()
    }

    fn progress(&self) -> Option<String> {
        None
    }

    fn pixels(&self) -> Option<Protocol> {
        self.0.stage().look.pixels()
    }

    fn draw(&self, frame: &mut Frame) -> Graphics {
        views::draw(&self.0, frame)
    }
}

impl<V: View> Viewing<V> {
    fn new(
        mut view: V,
        options: ViewOptions,
        config: &Config,
        tell: Box<dyn FnMut(V::Request)>,
        news: Receiver<V::News>,
    ) -> Self {
        let stage = view.stage_mut();
        stage.size = tty::size().into();
        stage.read_only = options.read_only;
        stage.changed = true;
        let known = config.theme.or_else(|| Palette::suiting(|name| std::env::var(name).ok()));
        stage.look.follows_background = known.is_none();
        stage.look.theme.palette = known.unwrap_or(Palette::Neutral);
        config.colors.iter().for_each(|(&role, &colour)| stage.look.theme.set(role, colour));
        Self {
            scene: Shown(view),
            tell,
            news,
            start: Instant::now(),
            ticked: Duration::ZERO,
            requests: Vec::new(),
            away: false,
            terminal_gone: false,
            is_leaving: false,
            exit: None,
            signal: None,
        }
    }

    /// Draws, waits and changes the state until it is time to leave.
    async fn run(mut self, limits: Limits, config: &Config) -> Result<Left<V>, MonitorError> {
        let look = self.scene.0.stage().look.clone();
        let mut terminal = Terminal::open(&look, config.mouse == Mouse::On, limits)?;
        self.scene.0.stage_mut().look.protocol = terminal.screen.chosen_pixels();
        self.tick();
        while !self.is_leaving {
            let carried_out = self.carry_out(&mut terminal).await;
            match carried_out.and_then(|()| self.draw(&mut terminal.screen)) {
                Ok(until) => self.wait(&mut terminal, until).await,
                Err(_) => self.lose_terminal(),
            }
        }
        if self.has_terminal() {
            terminal.drain(self.start).await;
        }
        drop(terminal);
        Ok(Left { view: self.scene.0, exit: self.exit, signal: self.signal })
    }

    fn has_terminal(&self) -> bool {
        !self.away && !self.terminal_gone
    }

    /// Reads the clocks.
    fn tick(&mut self) {
        self.ticked = self.start.elapsed();
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        self.scene.0.stage_mut().tick(self.ticked, clock as i64);
        if self.away && is_foreground() {
            self.requests.push(Request::Take);
        }
    }

    /// Draws what has changed, if it is time; returns how long there is nothing to do.
    fn draw(&mut self, screen: &mut Screen) -> io::Result<Duration> {
        if let Some(wish) = self.scene.0.wish() {
            (self.tell)(wish);
        }
        let now = self.start.elapsed();
        let mut until = self.ticked + TICK;
        if self.has_terminal() {
            screen.update(&mut self.scene, now)?;
            let changed = *self.scene.changed();
            until = screen.next_update(changed, now).map_or(until, |next| next.min(until));
        }
        Ok(until)
    }

    async fn wait(&mut self, terminal: &mut Terminal, until: Duration) {
        let wake = tokio::select! {
            inputs = terminal.keyboard.next(), if self.has_terminal() => Wake::Input(inputs),
            news = self.news.recv(), if !self.news.is_closed() || !self.news.is_empty() => {
                Wake::News(news)
            }
            message = terminal.signals.next() => Wake::System(message),
            () = terminal.screen.freed() => Wake::Written,
            () = sleep_until((self.start + until).into()) => Wake::Tick,
        };
        match wake {
            Wake::Input(inputs) => {
                for input in inputs {
                    self.take_input(input, &mut terminal.screen);
                }
                terminal.screen.draw_soon(self.start.elapsed());
            }
            Wake::News(news) => {
                // All that there is before the next drawing.
                let mut next = news;
                for _ in 0..NEWS {
                    let Some(news) = next else { break };
                    self.scene.0.hear(news);
                    next = self.news.try_recv().ok();
                }
            }
            Wake::System(message) => self.take_system(message),
            Wake::Tick | Wake::Written => {}
        }
        if self.start.elapsed() >= self.ticked + TICK {
            self.tick();
        }
    }

    fn take_input(&mut self, input: Input, screen: &mut Screen) {
        let view = &mut self.scene.0;
        let step = match input {
            Input::Key(key) => views::press(view, key),
            Input::Mouse(mouse, x, y) => views::mouse(view, Position::new(x, y), mouse),
            Input::Paste(text) => views::paste(view, &text),
            Input::Report { row, column } => {
                if screen.answered(row, column, self.start.elapsed()) {
                    let stage = view.stage_mut();
                    stage.look.capabilities = stage.look.capabilities.in_ascii();
                    stage.look.glyphs = stage.look.capabilities.glyphs;
                    stage.changed = true;
                }
                None
            }
            Input::Background { is_light } => {
                let stage = view.stage_mut();
                if std::mem::take(&mut stage.look.follows_background) {
                    stage.look.theme.palette = Palette::on(is_light);
                    stage.changed = true;
                }
                None
            }
            Input::Pixels(answer) => {
                if let Some(protocol) = screen.told(answer) {
                    let stage = view.stage_mut();
                    (stage.look.protocol, stage.changed) = (Some(protocol), true);
                }
                None
            }
            Input::Gone => {
                self.lose_terminal();
                None
            }
        };
        match step {
            None => {}
            Some(Step::Leave(exit)) => (self.exit, self.is_leaving) = (exit, true),
            Some(Step::Ask(request)) => (self.tell)(request),
            Some(Step::Copy(text)) => self.requests.push(Request::Copy(text)),
            Some(Step::Suspend) => self.requests.push(Request::Suspend),
            Some(Step::Redraw) => self.requests.push(Request::Redraw),
        }
    }

    fn lose_terminal(&mut self) {
        (self.terminal_gone, self.is_leaving) = (true, true);
        self.signal = Some(Signal::Hangup);
    }

    fn take_system(&mut self, message: Message) {
        match message {
            Message::Signal(signal) => {
                self.signal = Some(signal);
                self.terminal_gone |= signal == Signal::Hangup;
                self.is_leaving = true;
            }
            Message::StopNow => self.requests.push(Request::Suspend),
            Message::Continued => self.requests.push(Request::Take),
            Message::Resized(width, height) => {
                let stage = self.scene.0.stage_mut();
                (stage.size, stage.changed) = ((width, height), true);
            }
            _ => {}
        }
    }

    async fn carry_out(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        for request in std::mem::take(&mut self.requests) {
            match request {
                Request::Copy(text) => {
                    terminal.screen.send_control(tty::copy_sequence(&text).as_bytes());
                    continue;
                }
                Request::Suspend => {
                    if self.has_terminal() {
                        terminal.drain(self.start).await;
                    }
                    // SIGCONT, which ends this, is a request to take the terminal again.
                    terminal.guard.suspend()?;
                    self.away = true;
                    continue;
                }
                Request::Take => {
                    self.away = !is_foreground();
                    if self.away || self.terminal_gone {
                        continue;
                    }
                    terminal.guard.retake()?;
                    self.scene.0.stage_mut().size = tty::size().into();
                }
                Request::Redraw => {}
            }
            terminal.screen.invalidate(self.start.elapsed());
            self.scene.0.stage_mut().changed = true;
        }
        Ok(())
    }
}
