//! How fast the monitor draws: from its state to the bytes for the terminal, at 200x60 with all
//! panels.
//!
//! `cargo bench --bench screen`

use divan::Bencher;
use gan_tui_monitor::Rehearsal;

const SIZE: (u16, u16) = (200, 60);
/// The history of a run costs the same, however long it is.
const ITERATIONS: [u64; 2] = [1_000, 1_000_000];

fn main() {
    divan::main();
}

/// One more iteration, the pictures as they were.
#[divan::bench(args = ITERATIONS)]
fn next_iteration(bencher: Bencher, iterations: u64) {
    let mut rehearsal = Rehearsal::new(iterations, SIZE);
    rehearsal.draw();
    bencher.bench_local(|| {
        rehearsal.iterate();
        rehearsal.draw()
    });
}

/// One more iteration and 64 other pictures.
#[divan::bench(args = ITERATIONS)]
fn next_pictures(bencher: Bencher, iterations: u64) {
    let mut rehearsal = Rehearsal::new(iterations, SIZE);
    rehearsal.draw();
    bencher.bench_local(|| {
        rehearsal.iterate();
        rehearsal.show();
        rehearsal.draw()
    });
}

/// Everything, on a terminal that shows nothing yet.
#[divan::bench(args = ITERATIONS)]
fn whole_screen(bencher: Bencher, iterations: u64) {
    let mut rehearsal = Rehearsal::new(iterations, SIZE);
    bencher.bench_local(|| {
        rehearsal.forget();
        rehearsal.draw()
    });
}

/// The same with colour images.
#[divan::bench(args = ITERATIONS)]
fn whole_screen_in_colour(bencher: Bencher, iterations: u64) {
    let mut rehearsal = Rehearsal::in_colour(iterations, SIZE);
    bencher.bench_local(|| {
        rehearsal.forget();
        rehearsal.draw()
    });
}
