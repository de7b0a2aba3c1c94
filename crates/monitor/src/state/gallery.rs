//! What the pictures' panel shows, and which pictures the networks have to be asked for.

use std::{sync::Arc, time::Duration};

use gan_tui_core::event::{Digits, Drawing, Pictures};

/// Time between two steps of a walk.
const STEP: Duration = Duration::from_millis(150);

/// A way to look at samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The fixed latents, over the whole run.
    Fixed,
    /// One of the fixed latents, large.
    One,
    /// The fixed latents, those the discriminator takes for real first.
    Sorted,
    Fresh,
    Walk,
    /// Real pictures beside generated ones.
    RealVsFake,
    /// Generated pictures, each beside the nearest of those that are learned from.
    Nearest,
    /// A row for each class, such as a digit, where classes can be asked for.
    Digits,
    /// The number that was typed.
    Number,
}

impl View {
    /// Those that follow one another.
    pub const ALL: [Self; 8] = [
        Self::Fixed,
        Self::One,
        Self::Sorted,
        Self::Fresh,
        Self::Walk,
        Self::RealVsFake,
        Self::Nearest,
        Self::Digits,
    ];

    /// Its title.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "Fixed latents",
            Self::One => "One sample",
            Self::Sorted => "Sorted by output",
            Self::Fresh => "Fresh samples",
            Self::Walk => "Latent walk",
            Self::RealVsFake => "Real | generated",
            Self::Nearest => "Generated | nearest",
            Self::Digits => "Digit by digit",
            Self::Number => "Number",
        }
    }

    /// The next one, round and round; that of classes only where classes can be asked for.
    pub fn next(self, is_conditional: bool) -> Self {
        let next = Self::ALL
            .iter()
            .position(|&view| view == self)
            .map_or(0, |at| (at + 1) % Self::ALL.len());
        let next = Self::ALL[next];
        if next.asks_for_digits() && !is_conditional { next.next(false) } else { next }
    }

    /// Returns whether it needs a class-conditional model.
    pub fn asks_for_digits(self) -> bool {
        matches!(self, Self::Digits | Self::Number)
    }

    /// Whether it is drawn from the run's frames.
    pub fn is_of_timeline(self) -> bool {
        matches!(self, Self::Fixed | Self::One)
    }
}

/// What the pictures' panel shows.
#[derive(Debug, Clone)]
pub struct Gallery {
    pub view: View,
    /// Which of the fixed latents is shown large.
    pub selected: usize,
    /// The number to be drawn, as far as it is typed.
    number: Digits,
    /// What was shown before it.
    before: View,
    /// The number of the draw of fresh samples.
    turn: u64,
    /// Which part of the latent walk, and which picture of it.
    leg: u64,
    step: usize,
    step_due: Duration,
    /// What was asked for and has not come yet.
    asked: Option<Drawing>,
    /// What could not be drawn, and is not asked for again until something else was.
    failed: Option<Drawing>,
    /// The newest pictures, and the part of the walk after the one shown.
    pictures: Option<Arc<Pictures>>,
    ahead: Option<Arc<Pictures>>,
    /// Whether training has gone on since `pictures` were drawn.
    stale: bool,
}

impl Default for Gallery {
    fn default() -> Self {
        Self {
            view: View::Fixed,
            selected: 0,
            number: Digits::default(),
            before: View::Fixed,
            turn: 0,
            leg: 0,
            step: 0,
            step_due: Duration::ZERO,
            asked: None,
            failed: None,
            pictures: None,
            ahead: None,
            stale: false,
        }
    }
}

impl Gallery {
    /// The same for a new run: its view stays where there is such a one, pictures of another
    /// network do not.
    pub fn renewed(&self, is_conditional: bool) -> Self {
        let view =
            if self.view.asks_for_digits() && !is_conditional { View::Fixed } else { self.view };
        Self { view, selected: self.selected, number: self.number, ..Self::default() }
    }

    /// The number to be drawn.
    pub fn number(&self) -> Digits {
        self.number
    }

    /// A number is to be typed: where one is shown, that is typed on, else it begins with nothing.
    pub fn begin_number(&mut self) {
        if self.view != View::Number {
            (self.before, self.view, self.number) = (self.view, View::Number, Digits::default());
        }
    }

    /// Draws this number from now on.
    pub fn write(&mut self, number: Digits) {
        self.number = number;
    }

    /// The number stays, or what was shown before comes back.
    pub fn end_number(&mut self, stays: bool) {
        if !stays || self.number.is_empty() {
            self.view = self.before;
        }
    }

    /// Shows another view.
    pub fn show(&mut self, view: View) {
        self.view = view;
    }

    /// Draws other samples: fresh ones, or another part of the walk.
    pub fn shuffle(&mut self) {
        self.turn = self.turn.wrapping_add(1);
        if self.view == View::Walk {
            (self.leg, self.step, self.ahead) = (self.leg.wrapping_add(1), 0, None);
        }
    }

    /// Training has gone on.
    pub fn grow_stale(&mut self) {
        self.stale = true;
    }

    /// Nothing that was asked for will come.
    pub fn give_up(&mut self) {
        self.asked = None;
    }

    /// What was asked for cannot be drawn. Returns whether it was.
    pub fn fail(&mut self, drawing: Drawing) -> bool {
        let was_asked = self.asked == Some(drawing);
        if was_asked {
            (self.asked, self.failed) = (None, Some(drawing));
        }
        was_asked
    }

    fn drawing(&self) -> Option<Drawing> {
        match self.view {
            View::Fixed | View::One => None,
            View::Sorted => Some(Drawing::Fixed),
            View::Fresh => Some(Drawing::Fresh { turn: self.turn }),
            View::Walk => Some(Drawing::Walk { leg: self.leg }),
            View::RealVsFake => Some(Drawing::RealVsFake { turn: self.turn }),
            View::Nearest => Some(Drawing::Nearest { turn: self.turn }),
            View::Digits => Some(Drawing::Digits { turn: self.turn }),
            View::Number if self.number.is_empty() => None,
            View::Number => Some(Drawing::Number { digits: self.number, turn: self.turn }),
        }
    }

    /// The pictures of the view, as far as there are any. While a number is typed, those of the
    /// last one stay until the next ones come.
    pub fn pictures(&self) -> Option<&Arc<Pictures>> {
        let wanted = self.drawing()?;
        let serves = |drawing| {
            drawing == wanted
                || matches!((drawing, wanted), (Drawing::Number { .. }, Drawing::Number { .. }))
        };
        self.pictures.as_ref().filter(|pictures| serves(pictures.drawing))
    }

    /// Which picture of a walk is shown.
    pub fn step(&self) -> usize {
        self.step
    }

    /// What to ask for now; one request at a time.
    pub fn request(&mut self) -> Option<Drawing> {
        if self.asked.is_some() {
            return None;
        }
        let drawing = self.drawing()?;
        let next = Drawing::Walk { leg: self.leg.wrapping_add(1) };
        self.asked = match self.pictures().filter(|pictures| pictures.drawing == drawing) {
            None => Some(drawing),
            // A leg is walked to its end by the network that drew it; the next one is drawn in
            // time.
            Some(pictures) if self.view == View::Walk => {
                let early = self.step * 2 < pictures.images.len();
                (!early && self.ahead.is_none()).then_some(next)
            }
            Some(_) => self.stale.then_some(drawing),
        };
        self.asked = self.asked.filter(|_| self.asked != self.failed);
        if self.asked.is_some() {
            self.failed = None;
        }
        self.asked
    }

    /// Takes pictures that were asked for.
    pub fn take(&mut self, pictures: Arc<Pictures>) {
        // What others who look on have asked for is not for here.
        if self.asked != Some(pictures.drawing) {
            return;
        }
        self.asked = None;
        if pictures.drawing == (Drawing::Walk { leg: self.leg.wrapping_add(1) }) {
            self.ahead = Some(pictures);
        } else {
            self.stale = false;
            self.pictures = Some(pictures);
        }
    }

    /// When the walk takes its next step.
    pub fn due(&self) -> Option<Duration> {
        (self.view == View::Walk && self.pictures().is_some()).then_some(self.step_due)
    }

    /// Takes the next step of the walk if it is due. Returns whether it did.
    pub fn tick(&mut self, now: Duration) -> bool {
        let Some(count) = self.pictures().map(|pictures| pictures.images.len()) else {
            return false;
        };
        if self.view != View::Walk || now < self.step_due {
            return false;
        }
        self.step_due = now + STEP;
        if self.step + 1 < count {
            self.step += 1;
            return true;
        }
        let Some(ahead) = self.ahead.take() else { return false };
        (self.leg, self.step, self.pictures) = (self.leg.wrapping_add(1), 0, Some(ahead));
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_core::image::ImageBatch;

    fn answer(drawing: Drawing) -> Arc<Pictures> {
        Arc::new(Pictures {
            iteration: 1,
            drawing,
            images: ImageBatch::grey(1, 1, vec![0; 16]),
            verdicts: vec![0.5; 16],
        })
    }

    #[test]
    fn one_request_at_a_time_and_again_when_training_has_gone_on() {
        let mut gallery = Gallery::default();
        assert_eq!(gallery.request(), None);
        gallery.show(View::Fresh);
        let asked = gallery.request().unwrap();
        assert_eq!((asked, gallery.request()), (Drawing::Fresh { turn: 0 }, None));
        gallery.take(answer(asked));
        assert!(gallery.pictures().is_some());
        assert_eq!(gallery.request(), None);
        gallery.grow_stale();
        assert_eq!(gallery.request(), Some(asked));
        gallery.take(answer(asked));
        gallery.shuffle();
        assert!(gallery.pictures().is_none());
        assert_eq!(gallery.request(), Some(Drawing::Fresh { turn: 1 }));
        gallery.show(View::RealVsFake);
        assert_eq!(gallery.request(), None, "one is still to come");
        gallery.take(answer(Drawing::Fresh { turn: 1 }));
        assert_eq!(gallery.request(), Some(Drawing::RealVsFake { turn: 1 }));
    }

    #[test]
    fn what_cannot_be_drawn_is_not_asked_for_again_and_again() {
        let mut gallery = Gallery::default();
        gallery.show(View::RealVsFake);
        let asked = gallery.request().unwrap();
        assert!(!gallery.fail(Drawing::Fixed), "that was asked for by somebody else");
        assert!(gallery.fail(asked));
        assert_eq!(gallery.request(), None);
        gallery.grow_stale();
        assert_eq!(gallery.request(), None);
        gallery.show(View::Fresh);
        let fresh = gallery.request().unwrap();
        gallery.take(answer(fresh));
        assert!(gallery.pictures().is_some(), "other views are drawn");
        gallery.show(View::RealVsFake);
        assert_eq!(gallery.request(), Some(asked));
    }

    #[test]
    fn a_number_is_asked_for_as_it_is_typed() {
        let mut gallery = Gallery::default();
        gallery.show(View::Fresh);
        gallery.begin_number();
        assert_eq!(gallery.request(), None, "there is nothing to draw yet");
        let one: Digits = "1".parse().unwrap();
        gallery.write(one);
        let asked = gallery.request().unwrap();
        assert_eq!(asked, Drawing::Number { digits: one, turn: 0 });
        gallery.write(one.with(2));
        assert_eq!(gallery.request(), None, "one is still to come");
        gallery.take(answer(asked));
        assert!(gallery.pictures().is_some(), "it stays until the next one comes");
        assert_eq!(gallery.request(), Some(Drawing::Number { digits: one.with(2), turn: 0 }));
        gallery.end_number(true);
        assert_eq!(
            (gallery.view, gallery.renewed(true).view, gallery.renewed(false).view),
            (View::Number, View::Number, View::Fixed)
        );
        gallery.begin_number();
        gallery.write(Digits::default());
        assert!(gallery.pictures().is_none());
        gallery.end_number(true);
        assert_eq!(gallery.view, View::Fresh, "nothing was typed");
        gallery.begin_number();
        gallery.write(one);
        gallery.end_number(false);
        gallery.begin_number();
        assert!(gallery.number().is_empty(), "what was taken back is not typed on");
    }

    #[test]
    fn digits_are_passed_over_where_they_cannot_be_asked_for() {
        let all = View::ALL.len();
        for (is_conditional, count) in [(true, all), (false, all - 1)] {
            let round =
                std::iter::successors(Some(View::Fixed), |view| Some(view.next(is_conditional)));
            assert_eq!(round.skip(1).position(|view| view == View::Fixed), Some(count - 1));
        }
        assert_eq!(View::Number.next(true), View::Fixed);
    }

    #[test]
    fn a_walk_goes_on_from_leg_to_leg() {
        let mut gallery = Gallery::default();
        gallery.show(View::Walk);
        let mut seen = Vec::new();
        for beat in 0..40 {
            if let Some(asked) = gallery.request() {
                gallery.take(answer(asked));
            }
            if gallery.tick(STEP * beat) {
                seen.push((gallery.leg, gallery.step));
            }
        }
        assert_eq!(seen.len(), 40);
        assert_eq!((seen[0], seen[14], seen[15], seen[39]), ((0, 1), (0, 15), (1, 0), (2, 8)));
    }
}
