//! How many bytes may be sent at the moment: by a budget of bytes a second, and by what the
//! terminal reports as shown.
//!
//! A slow line hides behind large buffers, so a completed write does not mean that the bytes were
//! shown. Now and then the terminal is asked where its cursor is; an answer means that everything
//! before the question was shown. Nothing waits for an answer: a remote terminal that gives none
//! gets a small budget, and an answer that is long overdue counts as lost.

use std::{collections::VecDeque, time::Duration};

/// Asks the terminal where its cursor is (ECMA-48's device status report).
pub const QUESTION: &[u8] = b"\x1b[6n";

/// Bytes a second to a remote terminal, unless the command line says otherwise.
const REMOTE: f64 = 24_000.0;
/// The share of a budget that is planned with: what a second without output may be made up for by,
/// and the last piece, come on top.
const PLANNED: f64 = 0.96;
/// Bytes a second to a remote terminal that answers no questions.
const SILENT: f64 = 6_000.0;
/// A terminal, remote or local, that has not answered after this time never will.
const ANSWER_TIMEOUT: (Duration, Duration) = (Duration::from_secs(2), Duration::from_millis(500));
/// An answer that takes longer counts as lost.
const LOST: Duration = Duration::from_secs(8);
/// How long answers are waited for before the terminal is left to another program: since the first
/// question, if none has come.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// The time that unseen bytes may take at most, because keys are answered behind them.
const MAX_QUEUE: Duration = Duration::from_millis(300);
/// The smallest and the largest number of unseen bytes that are allowed.
const WINDOW: (f64, f64) = (2_000.0, 1e6);
/// The number before the first answer, for a remote and for a local terminal.
const NEW: (f64, f64) = (4_000.0, 32_000.0);
/// The least number of bytes between two questions.
const SPACING: u64 = 1_000;
/// Text is sent until this many windows are unseen, pictures until one is.
const TEXT: f64 = 3.0;
/// The time over which the rate is averaged.
const METER: Duration = Duration::from_secs(5);

/// Counts the bytes that were sent and shown, and decides how many may follow.
#[derive(Debug)]
pub struct Pace {
    remote: bool,
    /// Bytes a second on average.
    budget: Option<f64>,
    /// Bytes that may be sent now; negative after more was sent than the budget allows.
    credit: f64,
    refilled: Duration,
    sent: u64,
    /// Of these, bytes that were shown, or count as shown.
    shown: u64,
    /// Questions without an answer: bytes sent before, and when.
    asked: VecDeque<(u64, Duration)>,
    last_asked: u64,
    answers: bool,
    first_asked: Option<Duration>,
    last_answer: Option<(u64, Duration)>,
    /// The fastest answer so far: the round trip without a queue.
    quickest: Duration,
    window: f64,
    /// When the window last changed.
    adjusted: Duration,
    meter: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// For a remote or local terminal and at most `budget` bytes a second, over a minute.
    pub fn new(remote: bool, budget: Option<f64>) -> Self {
        let budget = budget.or(remote.then_some(REMOTE)).map(|budget| PLANNED * budget);
        Self {
            remote,
            budget,
            credit: budget.unwrap_or(0.0),
            refilled: Duration::ZERO,
            sent: 0,
            shown: 0,
            asked: VecDeque::new(),
            last_asked: 0,
            answers: false,
            first_asked: None,
            last_answer: None,
            quickest: Duration::MAX,
            window: if remote { NEW.0 } else { NEW.1 },
            adjusted: Duration::ZERO,
            meter: VecDeque::new(),
        }
    }

    /// Updates the budget and gives up late answers.
    pub fn tick(&mut self, now: Duration) {
        if let Some(budget) = self.budget(now) {
            let seconds = now.saturating_sub(self.refilled).as_secs_f64();
            // A second without output may be made up for, no more; less if nothing is known of the
            // line.
            let most = if self.never_answers(now) { budget / 4.0 } else { budget };
            self.credit = (self.credit + budget * seconds).min(most);
        }
        self.refilled = now;
        while let Some(&(bytes, at)) =
            self.asked.front().filter(|(_, at)| now.saturating_sub(*at) >= LOST)
        {
            self.shown = self.shown.max(bytes);
            self.asked.pop_front();
            self.last_answer = Some((bytes, at));
        }
        while self.meter.front().is_some_and(|(at, _)| now.saturating_sub(*at) > METER) {
            self.meter.pop_front();
        }
    }

    /// Whether the terminal is known to give no answers.
    fn never_answers(&self, now: Duration) -> bool {
        !self.answers
            && self.first_asked.is_some_and(|at| now.saturating_sub(at) >= self.patience())
    }

    /// How long the first answer may take.
    fn patience(&self) -> Duration {
        if self.remote { ANSWER_TIMEOUT.0 } else { ANSWER_TIMEOUT.1 }
    }

    fn budget(&self, now: Duration) -> Option<f64> {
        let silent = (self.remote && self.never_answers(now)).then_some(SILENT);
        self.budget.map(|budget| silent.map_or(budget, |silent| budget.min(silent)))
    }

    /// Returns the fraction of the window that is unseen, 1 when it is full.
    fn fill(&self, now: Duration) -> f64 {
        if self.never_answers(now) {
            return 0.0;
        }
        // An overdue answer means a queue, long before it comes: some clients read no keys while
        // they wait to write.
        let patience = self.quickest.saturating_add(2 * MAX_QUEUE);
        let overdue = self.asked.front().is_some_and(|(_, at)| now.saturating_sub(*at) > patience);
        (self.sent - self.shown) as f64 / if overdue { WINDOW.0 } else { self.window }
    }

    /// Whether pictures may be sent.
    pub fn takes_pictures(&self, now: Duration) -> bool {
        self.fill(now) < 1.0 && (self.budget.is_none() || self.credit > 0.0)
    }

    /// Whether text may be sent, which it may long after pictures have to wait.
    pub fn takes_text(&self, now: Duration) -> bool {
        self.fill(now) < TEXT && self.budget(now).is_none_or(|budget| self.credit > -budget)
    }

    /// Returns when pictures, or text, may be sent if no answer comes before.
    pub fn opens(&self, now: Duration, pictures: bool) -> Duration {
        let lost = self.asked.front().map_or(Duration::ZERO, |(_, at)| {
            *at + if self.answers { LOST } else { self.patience() }
        });
        let full = self.fill(now) >= if pictures { 1.0 } else { TEXT };
        let line = if full { lost } else { Duration::ZERO };
        let lacking = self.budget(now).map_or(0.0, |budget| {
            ((if pictures { 1.0 } else { 1.0 - budget } - self.credit) / budget).max(0.0)
        });
        (now + Duration::from_secs_f64(lacking)).max(line)
    }

    /// Records that bytes were sent.
    pub fn sent(&mut self, bytes: usize, now: Duration) {
        self.sent += bytes as u64;
        if self.budget.is_some() {
            self.credit -= bytes as f64;
        }
        self.meter.push_back((now, bytes as u64));
    }

    /// Whether a question should follow the next bytes, `next` of them.
    pub fn should_ask(&self, next: usize, now: Duration) -> bool {
        self.sent + next as u64 - self.last_asked >= SPACING
            && !self.never_answers(now)
            && self.asked.len() < 64
    }

    /// Records that a question was sent behind everything so far.
    pub fn asked(&mut self, now: Duration) {
        self.first_asked.get_or_insert(now);
        self.last_asked = self.sent;
        self.asked.push_back((self.sent, now));
    }

    /// Records an answer. Answers come in the order of their questions.
    pub fn answered(&mut self, now: Duration) {
        self.answers = true;
        let Some((bytes, at)) = self.asked.pop_front() else { return };
        self.shown = self.shown.max(bytes);
        let took = now.saturating_sub(at);
        self.quickest = self.quickest.min(took);
        let since =
            self.last_answer.map_or((0, at), |(before, answered)| (before, answered.max(at)));
        let rate = (bytes - since.0) as f64 / now.saturating_sub(since.1).as_secs_f64().max(1e-3);
        self.last_answer = Some((bytes, now));
        if at >= self.adjusted {
            self.adjust(took.saturating_sub(self.quickest), rate, now);
        }
    }

    /// Adjusts the window, once a round trip, so that bytes wait neither too long nor not at all.
    fn adjust(&mut self, queued: Duration, rate: f64, now: Duration) {
        let window = match queued {
            long if long > MAX_QUEUE => {
                (rate * (MAX_QUEUE + self.quickest).as_secs_f64()).min(self.window)
            }
            short if short < MAX_QUEUE / 2 => self.window * 1.5,
            _ => return,
        };
        // More than the budget gives in that time is never needed on the way.
        let most = self
            .budget
            .map_or(WINDOW.1, |budget| budget * (MAX_QUEUE + self.quickest).as_secs_f64())
            .max(NEW.0);
        (self.window, self.adjusted) = (window.clamp(WINDOW.0, most), now);
    }

    /// Returns until when answers may still come that the next program at the terminal would read;
    /// `None` if none will.
    pub fn answers_until(&self, now: Duration) -> Option<Duration> {
        let start = if self.answers { Some(now) } else { self.first_asked };
        let until = start.map(|start| start + LAST_ANSWERS);
        until.filter(|until| !self.asked.is_empty() && *until > now)
    }

    /// Returns the bytes of pictures to send at once, a few kilobytes.
    pub fn piece(&self) -> usize {
        (self.window / 2.0).clamp(1_500.0, 4_000.0) as usize
    }

    /// Returns the bytes a second over the last few seconds.
    pub fn rate(&self, now: Duration) -> f64 {
        let over = METER.min(now.max(Duration::from_secs(1)));
        let recent = self.meter.iter().filter(|(at, _)| now.saturating_sub(*at) <= METER);
        // Summed as whole numbers: no floats at all sum up to -0.0.
        recent.map(|(_, bytes)| *bytes).sum::<u64>() as f64 / over.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(10);

    /// A line that shows so many bytes a second and answers `delay` later. Tells the most bytes
    /// that were on their way after ten seconds, and the bytes shown in all, where pictures are
    /// sent whenever they may.
    fn simulate(
        mut pace: Pace,
        speed: f64,
        delay: Duration,
        answers: bool,
        seconds: u64,
    ) -> (f64, f64) {
        let (mut sent, mut shown, mut most) = (0.0f64, 0.0f64, 0.0f64);
        let mut questions: VecDeque<f64> = [0.0].into();
        pace.asked(Duration::ZERO);
        let mut replies: VecDeque<Duration> = VecDeque::new();
        for step in 0..seconds * 100 {
            let now = STEP * step as u32;
            pace.tick(now);
            shown = (shown + speed * STEP.as_secs_f64()).min(sent);
            while questions.front().is_some_and(|at| *at <= shown) {
                questions.pop_front();
                replies.push_back(now + delay);
            }
            while answers && replies.front().is_some_and(|at| *at <= now) {
                replies.pop_front();
                pace.answered(now);
            }
            if pace.takes_pictures(now) {
                let bytes = pace.piece();
                let ask = pace.should_ask(bytes, now);
                pace.sent(bytes, now);
                sent += bytes as f64;
                if ask {
                    pace.asked(now);
                    questions.push_back(sent);
                }
            }
            if step > 1000 {
                most = most.max(sent - shown);
            }
        }
        (most, shown)
    }

    #[test]
    fn a_budget_is_kept_on_average() {
        let (_, shown) = simulate(Pace::new(true, None), 1e6, STEP, true, 60);
        assert!((0.9..1.0).contains(&(shown / 60.0 / REMOTE)), "{}", shown / 60.0);
        let (_, shown) = simulate(Pace::new(false, Some(5_000.0)), 1e6, STEP, true, 60);
        assert!((0.9..1.0).contains(&(shown / 60.0 / 5_000.0)), "{}", shown / 60.0);
    }

    #[test]
    fn a_slow_line_has_little_on_its_way_and_is_used() {
        for (remote, delay) in [(true, 1), (true, 20), (false, 1)] {
            let (most, shown) = simulate(Pace::new(remote, None), 8_000.0, STEP * delay, true, 60);
            assert!(most < 5_000.0, "{most} bytes are before a key's answer");
            assert!(shown / 60.0 > 6_000.0, "{} of 8,000 bytes a second", shown / 60.0);
        }
    }

    #[test]
    fn a_line_that_becomes_slow_and_gives_no_answers_meanwhile_is_not_filled() {
        let mut pace = Pace::new(true, None);
        for step in 0..1000u32 {
            let now = STEP * step;
            pace.tick(now);
            if pace.takes_pictures(now) {
                pace.sent(pace.piece(), now);
                pace.asked(now);
                pace.answered(now);
            }
        }
        let before = pace.sent;
        for step in 1000..1600u32 {
            let now = STEP * step;
            pace.tick(now);
            if pace.takes_pictures(now) {
                pace.sent(pace.piece(), now);
                pace.asked(now);
            }
        }
        assert!(pace.sent - before < 12_000, "{} bytes were sent on trust", pace.sent - before);
    }

    #[test]
    fn a_terminal_without_answers_is_not_waited_for() {
        let (_, shown) = simulate(Pace::new(true, None), 1e6, STEP, false, 60);
        assert!((0.8..1.3).contains(&(shown / 60.0 / SILENT)), "{}", shown / 60.0);
        let (_, near) = simulate(Pace::new(false, None), 1e7, STEP, false, 20);
        assert!(near / 20.0 > 100_000.0);
    }

    #[test]
    fn a_terminal_that_falls_silent_holds_up_for_a_while_only() {
        let mut pace = Pace::new(true, None);
        pace.sent(100, Duration::ZERO);
        pace.asked(Duration::ZERO);
        pace.answered(STEP);
        pace.sent(20_000, STEP);
        pace.asked(STEP);
        pace.tick(Duration::from_secs(2));
        assert!(!pace.takes_pictures(Duration::from_secs(2)));
        assert!(pace.opens(Duration::from_secs(2), true) <= STEP + LOST);
        pace.tick(STEP + LOST);
        assert!(pace.takes_pictures(STEP + LOST));
    }

    #[test]
    fn every_answer_is_waited_for_at_the_end_unless_there_was_never_one() {
        let mut pace = Pace::new(false, None);
        assert_eq!(pace.answers_until(STEP), None, "nothing was asked");
        pace.asked(STEP);
        pace.asked(2 * STEP);
        // Late answers are waited for though the terminal seemed to give none.
        let late = Duration::from_secs(1);
        assert!(pace.never_answers(late));
        assert_eq!(pace.answers_until(late), Some(STEP + LAST_ANSWERS));
        assert_eq!(pace.answers_until(STEP + LAST_ANSWERS), None);
        pace.answered(late);
        assert_eq!(pace.answers_until(3 * late), Some(3 * late + LAST_ANSWERS));
        pace.answered(3 * late);
        assert_eq!(pace.answers_until(3 * late), None);
    }

    #[test]
    fn text_goes_on_where_pictures_wait() {
        let mut pace = Pace::new(true, None);
        pace.sent(30_000, Duration::ZERO);
        pace.asked(Duration::ZERO);
        pace.answered(STEP);
        assert!(!pace.takes_pictures(STEP) && pace.takes_text(STEP));
        pace.sent(60_000, STEP);
        assert!(!pace.takes_text(STEP));
        assert!(pace.opens(STEP, false) < pace.opens(STEP, true));
        assert!((pace.rate(Duration::from_secs(3)) - 30_000.0).abs() < 1.0);
        assert_eq!(pace.rate(Duration::from_secs(9)), 0.0);
    }
}
