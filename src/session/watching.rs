//! The work behind runs that are watched or compared: reads what they log, in turn and in bounded
//! pieces, looks for more twice a second, and reads the pictures that are shown. In threads of its
//! own, so that a slow disk holds up no key.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::exec::{AlertHook, ExecWaiter};
use gan_tui_core::event::RunState;
use gan_tui_monitor::{
    NewsSender,
    compare::{Logs, News, Request},
};
use gan_tui_store::logs::{
    self, Feed, Found, Kind, LogRun, Picture, Place,
    alerts::{self, Alert, AlertKind, Pulse},
    discover,
};

/// Bytes of a run that are read before it is another one's turn.
const BUDGET: usize = 2 << 20;
/// How often files that were read to their end are looked at.
const POLL: Duration = Duration::from_millis(500);
/// How often new runs are searched for, and alerts are.
const SEARCH: Duration = Duration::from_secs(2);
/// Runs whose newest picture is examined at once.
const EXAMINED: usize = 4;
/// Tags of all runs together.
const TAGS: usize = 4096;
/// The fewest and the most tags of a run.
const TAGS_OF_RUN: (usize, usize) = (64, 1024);
/// The view hears of news no more often than it can draw them.
const TELL: Duration = Duration::from_millis(60);

/// What is watched.
pub struct Watched {
    /// The runs that there are.
    pub found: Vec<Found>,
    /// Where more may come to be; nothing is searched if it is empty.
    pub named: Vec<PathBuf>,
    /// The user's command at alerts.
    pub exec: Option<Exec>,
}

/// The user's command at alerts, and what is told of those that failed.
pub struct Exec {
    hook: AlertHook,
    failures: Receiver<String>,
}

impl Exec {
    /// Starts to wait for alerts.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start(command: &str) -> io::Result<Self> {
        let (sender, failures) = mpsc::channel();
        // Once nobody reads any more, nobody is told.
        let report = move |failure: &str| drop(sender.send(failure.to_owned()));
        Ok(Self { hook: AlertHook::start(command, Box::new(report))?, failures })
    }

    /// Returns what waits for the commands that still run.
    pub fn waiter(&self) -> ExecWaiter {
        self.hook.waiter()
    }
}

/// Starts to read runs into `logs`. Returns what takes the view's requests.
pub fn start(watched: Watched, logs: Logs, news: NewsSender<News>) -> Box<dyn FnMut(Request)> {
    let Watched { found, named, exec } = watched;
    let (stop, is_stopped) = mpsc::channel();
    let reader = Reader {
        named,
        logs,
        exec,
        feeds: Vec::new(),
        news: news.clone(),
        told: Instant::now(),
        is_loaded: false,
        start: Instant::now(),
    };
    let (wanted, places) = mpsc::channel();
    let pictures = news.clone();
    let started = thread::Builder::new()
        .name("watch".into())
        .spawn(move || reader.run(found, &is_stopped))
        .and_then(|_| {
            let work = move || read_pictures(&places, &pictures);
            thread::Builder::new().name("pictures".into()).spawn(work)
        });
    if let Err(error) = started {
        thread::spawn(move || news.send(News::Failed(error.to_string())));
    }
    let mut threads: (Sender<()>, Sender<Vec<Place>>) = (stop, wanted);
    Box::new(move |request| {
        let Request::Pictures(places) = request;
        // The reader ends once the view is gone: its sender goes with this closure.
        let (_, wanted) = &mut threads;
        drop(wanted.send(places));
    })
}

/// Reads the pictures that were asked for last, one after another.
fn read_pictures(wanted: &Receiver<Vec<Place>>, news: &NewsSender<News>) {
    let mut queue: Vec<Place> = Vec::new();
    loop {
        if queue.is_empty() {
            let Ok(next) = wanted.recv() else { return };
            queue = next;
        }
        // What was asked for before is not on the screen any more.
        while let Ok(newer) = wanted.try_recv() {
            queue = newer;
        }
        if queue.is_empty() {
            continue;
        }
        let place = queue.remove(0);
        let picture = logs::load(&place).map(Arc::<Picture>::new);
        if !news.send(News::Picture(place, picture)) {
            return;
        }
    }
}

/// A run that is read.
struct Reading {
    feed: Feed,
    pulse: Pulse,
    is_behind: bool,
    /// What is wrong with it, the worst first.
    alerts: Vec<AlertKind>,
    /// The step of the newest picture that was examined, and what is to be said of it.
    examined: Option<(i64, Option<Alert>)>,
    /// The reason why it could not be read last.
    failed: Option<String>,
}

struct Reader {
    named: Vec<PathBuf>,
    logs: Logs,
    exec: Option<Exec>,
    feeds: Vec<Reading>,
    news: NewsSender<News>,
    told: Instant,
    is_loaded: bool,
    start: Instant,
}

impl Reader {
    fn run(mut self, found: Vec<Found>, is_stopped: &Receiver<()>) {
        self.add(found);
        let mut search = Instant::now() + SEARCH;
        loop {
            let mut is_behind = false;
            for at in 0..self.feeds.len() {
                is_behind |= self.poll(at);
                if !self.tell(false) {
                    return;
                }
            }
            if is_behind {
                if is_stopped.try_recv() == Err(mpsc::TryRecvError::Disconnected) {
                    return;
                }
                continue;
            }
            if !self.is_loaded {
                self.is_loaded = true;
                if !self.news.send(News::Loaded) {
                    return;
                }
            }
            if Instant::now() >= search {
                search = Instant::now() + SEARCH;
                if !self.named.is_empty() {
                    // What cannot be read any more is told of by its feed.
                    let runs = self.logs.lock();
                    let has_some =
                        |run: &&LogRun| run.kind != Kind::Empty || run.newest().is_some();
                    let known: Vec<PathBuf> =
                        runs.iter().filter(has_some).map(|run| run.path.clone()).collect();
                    drop(runs);
                    let mut new = discover(&self.named).unwrap_or_default();
                    new.retain(|run| run.kind != Kind::Empty && !known.contains(&run.path));
                    self.add(new);
                }
            }
            self.look_for_trouble();
            if !self.tell(true) {
                return;
            }
            if is_stopped.recv_timeout(POLL) == Err(mpsc::RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }

    fn add(&mut self, found: Vec<Found>) {
        let mut runs = self.logs.lock();
        // A folder in which nothing was logged gives way to the runs in it.
        if let ([only], [_, ..]) = (&runs[..], &found[..])
            && only.kind == Kind::Empty
        {
            runs.clear();
            self.feeds.clear();
        }
        let room = logs::MOST_RUNS.saturating_sub(runs.len());
        let most = TAGS / (runs.len() + found.len()).max(1);
        for found in found.into_iter().take(room) {
            let feed = Feed::open(&found);
            let most = most.clamp(TAGS_OF_RUN.0, TAGS_OF_RUN.1);
            let mut run = LogRun::new(found.name, found.path, found.kind, most);
            if found.kind == Kind::Own {
                run.own = feed.own();
            }
            runs.push(run);
            self.feeds.push(Reading {
                feed,
                pulse: Pulse::default(),
                is_behind: true,
                alerts: Vec::new(),
                examined: None,
                failed: None,
            });
        }
    }

    /// Reads a piece of a run. Returns whether there is more.
    fn poll(&mut self, at: usize) -> bool {
        let now = self.start.elapsed().as_secs_f64();
        let reading = &mut self.feeds[at];
        match reading.feed.poll(BUDGET) {
            Ok(progress) => {
                reading.failed = None;
                let has_news = !progress.items.is_empty();
                if has_news && self.is_loaded {
                    reading.pulse.beat(now);
                }
                if !has_news && !reading.is_behind {
                    return progress.is_behind;
                }
                reading.is_behind = progress.is_behind;
                let problems = reading.feed.problems();
                // The state of a run of ours may change when it has logged all that it does.
                let own = (!progress.is_behind).then(|| reading.feed.own()).flatten();
                let mut runs = self.logs.lock();
                if let Some(run) = runs.get_mut(at) {
                    progress.items.into_iter().for_each(|item| run.take(item));
                    run.problems = problems;
                    run.is_behind = progress.is_behind;
                    if own.is_some() {
                        run.own = own;
                    }
                }
                progress.is_behind
            }
            Err(reason) => {
                if reading.failed.as_ref() != Some(&reason) {
                    reading.failed = Some(reason.clone());
                    self.news.send(News::Failed(reason));
                }
                false
            }
        }
    }

    /// Tells the view of news, unless that was a moment ago. Returns whether it is still there.
    fn tell(&mut self, is_idle: bool) -> bool {
        if !is_idle && self.told.elapsed() < TELL {
            return true;
        }
        self.told = Instant::now();
        self.news.send(News::Changed)
    }

    /// Looks at the newest pictures of a few runs that have new ones.
    fn examine_pictures(&mut self) {
        let newest: Vec<Option<(i64, Place)>> = {
            let runs = self.logs.lock();
            let of = |run: &LogRun| {
                let tag = run.picture_tags().next()?;
                run.pictures(tag).last().map(|picture| (picture.step, picture.place.clone()))
            };
            runs.iter().map(of).collect()
        };
        let is_new = |(reading, newest): &(&mut Reading, Option<(i64, Place)>)| {
            let step = newest.as_ref().map(|(step, _)| *step);
            step.is_some() && reading.examined.as_ref().map(|(step, _)| *step) != step
        };
        let new = self.feeds.iter_mut().zip(newest).filter(is_new);
        for (reading, newest) in new.take(EXAMINED) {
            let Some((step, place)) = newest else { continue };
            // What cannot be read is told where it is shown.
            let alert = logs::load(&place).ok().and_then(|found| alerts::of_pictures(&found, step));
            reading.examined = Some((step, alert));
        }
    }

    /// Looks for alerts: the view hears of the worst of a run, the user's command of each once.
    fn look_for_trouble(&mut self) {
        self.examine_pictures();
        let now = self.start.elapsed().as_secs_f64();
        let runs = self.logs.lock();
        let mut told = Vec::new();
        for (at, (reading, run)) in self.feeds.iter_mut().zip(runs.iter()).enumerate() {
            let is_idle = run.own.as_ref().is_some_and(|own| own.state != RunState::Running);
            let stalled = reading.pulse.stalled(now).filter(|_| !is_idle);
            let collapsed = reading.examined.as_ref().and_then(|(_, alert)| alert.clone());
            let all = [alerts::of_losses(run), collapsed, stalled].into_iter().flatten();
            let all: Vec<Alert> = all.collect();
            if let Some(exec) = &self.exec {
                let step = run.newest().map_or(0, |(step, _)| step);
                let new = all.iter().filter(|alert| !reading.alerts.contains(&alert.kind));
                new.for_each(|alert| exec.hook.alert(&run.path, step, alert));
            }
            let kinds: Vec<AlertKind> = all.iter().map(|alert| alert.kind).collect();
            let worst = all.into_iter().next();
            if reading.alerts.first() != kinds.first() {
                told.push(News::Alert(at, worst));
            }
            reading.alerts = kinds;
        }
        drop(runs);
        if let Some(exec) = &self.exec {
            told.extend(exec.failures.try_iter().map(News::Failed));
        }
        for news in told {
            self.news.send(news);
        }
    }
}
