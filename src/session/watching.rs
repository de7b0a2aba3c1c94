//! The work behind runs that are watched or compared: reads what they log, in turn and in bounded
//! pieces, looks for more twice a second, and reads the pictures that are shown. In threads of its
//! own, so that a slow disk holds up no key.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

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

/// Starts to read runs into `logs`. `named` is where more runs may come to be; nothing is searched
/// if it is empty. Returns what takes the view's requests.
pub fn start(
    found: Vec<Found>,
    named: Vec<PathBuf>,
    logs: Logs,
    news: NewsSender<News>,
) -> Box<dyn FnMut(Request)> {
    let (stop, is_stopped) = mpsc::channel();
    let reader = Reader {
        named,
        logs,
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
    alert: Option<AlertKind>,
    /// The step of the newest picture that was examined, and what is to be said of it.
    examined: Option<(i64, Option<Alert>)>,
    /// The reason why it could not be read last.
    failed: Option<String>,
}

struct Reader {
    named: Vec<PathBuf>,
    logs: Logs,
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
                alert: None,
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

    fn look_for_trouble(&mut self) {
        self.examine_pictures();
        let now = self.start.elapsed().as_secs_f64();
        let runs = self.logs.lock();
        let mut told = Vec::new();
        for (at, (reading, run)) in self.feeds.iter_mut().zip(runs.iter()).enumerate() {
            let is_idle = run.own.as_ref().is_some_and(|own| own.state != RunState::Running);
            let stalled = || reading.pulse.stalled(now).filter(|_| !is_idle);
            let collapsed = || reading.examined.as_ref().and_then(|(_, alert)| alert.clone());
            let alert = alerts::of_losses(run).or_else(collapsed).or_else(stalled);
            let kind = alert.as_ref().map(|alert| alert.kind);
            if kind != reading.alert {
                reading.alert = kind;
                told.push(News::Alert(at, alert));
            }
        }
        drop(runs);
        for news in told {
            self.news.send(news);
        }
    }
}
