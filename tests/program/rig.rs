//! Every file operation of the program, made to fail once: a library that is preloaded first records
//! the calls of a command and then, in one run of the command for each call and error, makes that
//! call fail. Whatever happens, the command ends or waits as it promises, says which file and why,
//! leaves nothing half done, and goes on afterwards as if nothing had happened.
//!
//! There are thousands of trials. `GAN_TUI_RIG` says which are made: `all`, each so many-th (a
//! number), or those whose label contains a text, as a failure names it:
//!
//!     GAN_TUI_RIG=all cargo test --test program rig -- --nocapture
//!     GAN_TUI_RIG='resume: rename run/run.json' cargo test --test program rig -- --nocapture

mod scene;
mod trial;
mod walk;

use std::{
    env,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use gan_tui_testing::{Faults, need};

use scene::{SCENES, Scene, Stage};
use trial::{Trial, Verdict};

/// One trial of so many is made unless `GAN_TUI_RIG` says otherwise.
const EACH: usize = 200;
/// Processes at a time.
const AT_ONCE: usize = 2;

#[test]
#[allow(clippy::print_stderr)]
fn no_call_that_fails_does_harm() {
    let library = need!(Faults::build());
    let scenes: Vec<&Scene> = SCENES.iter().filter(|scene| (scene.is_possible)()).collect();
    let stages: Vec<Stage> = scenes.iter().map(|scene| Stage::of(scene, library)).collect();
    let all = walk::trials(&stages);
    let asked = env::var("GAN_TUI_RIG").unwrap_or_default();
    let chosen = choose(&all, &asked);
    let (next, missed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(trial) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match trial::make(library, trial) {
                        Ok(Verdict::Struck) => {}
                        Ok(Verdict::Missed) => {
                            missed.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(what) => {
                            let failure = format!("{}\n    {what}", trial.label());
                            eprintln!("{failure}");
                            failures.lock().unwrap().push(failure);
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    for stage in &stages {
        let is_here = |trial: &&Trial| std::ptr::eq(trial.stage, stage);
        eprintln!("{}: {} trials", stage.scene.name, all.iter().filter(is_here).count());
    }
    eprintln!(
        "{} of {} trials made, {} of them without a call to strike, {} failed",
        chosen.len(),
        all.len(),
        missed.into_inner(),
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(!chosen.is_empty(), "no trial is labelled {asked}");
}

fn choose<'a>(all: &'a [Trial<'a>], asked: &str) -> Vec<&'a Trial<'a>> {
    let each = match asked {
        "all" => 1,
        "" => EACH,
        text => match text.parse() {
            Ok(each) => each,
            Err(_) => return all.iter().filter(|trial| trial.label().contains(text)).collect(),
        },
    };
    all.iter().skip(each / 2).step_by(each).collect()
}
