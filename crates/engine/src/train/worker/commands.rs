//! What commands do to a run, between two iterations.

use std::time::Instant;

use super::{
    meter::Meter,
    run_loop::{Next, RunLoop},
};
use gan_tui_core::event::{Command, Event, EventListener, LearningRates};

impl RunLoop {
    /// Handles the commands that have arrived; waits for more while the run is paused.
    pub(super) fn handle_commands(
        &mut self,
        listener: &mut dyn EventListener,
    ) -> Result<Next, String> {
        // After a single step the run is still paused.
        if self.paused {
            self.clock.pause();
        }
        loop {
            let command =
                if self.paused { self.commands.recv().ok() } else { self.commands.try_recv().ok() };
            match command {
                // Nobody can resume the run any more.
                None if self.paused => return Ok(Next::Stop),
                None => return Ok(Next::Train),
                Some(Command::Stop) => return Ok(Next::Stop),
                Some(Command::Save) => self.save(listener)?,
                Some(Command::Draw(drawing)) => {
                    let start = Instant::now();
                    self.draw(drawing, listener)?;
                    self.meter.add_drawing(start);
                }
                Some(Command::LearningRates(rates)) => self.change(rates, listener)?,
                Some(Command::Step) if self.paused => {
                    self.clock.resume();
                    return Ok(Next::Train);
                }
                Some(Command::Pause) if !self.paused => self.pause(listener)?,
                Some(Command::Resume) if self.paused => {
                    self.paused = false;
                    self.clock.resume();
                    self.meter = Meter::start();
                    listener.event(Event::Paused(false))?;
                }
                Some(Command::Pause | Command::Resume | Command::Step) => {}
            }
        }
    }

    pub(super) fn pause(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        self.paused = true;
        self.clock.pause();
        listener.event(Event::Paused(true))
    }

    fn change(
        &mut self,
        new: LearningRates,
        listener: &mut dyn EventListener,
    ) -> Result<(), String> {
        let old = self.trainer.learning_rates();
        self.trainer.set_learning_rates(new);
        old.changes(new, self.iteration)
            .into_iter()
            .try_for_each(|change| listener.event(Event::Changed(change)))
    }

    /// Makes the changes again that an earlier part of the run had at this iteration.
    pub(super) fn repeat_changes(
        &mut self,
        listener: &mut dyn EventListener,
    ) -> Result<(), String> {
        while let Some(change) =
            self.changes.pop_front_if(|change| change.iteration <= self.iteration)
        {
            match change.schedule_end() {
                Some(end) => self.trainer.set_schedule_end(end),
                None => {
                    let mut rates = self.trainer.learning_rates();
                    rates.apply(&change);
                    self.trainer.set_learning_rates(rates);
                }
            }
            listener.event(Event::Changed(change))?;
        }
        Ok(())
    }
}
