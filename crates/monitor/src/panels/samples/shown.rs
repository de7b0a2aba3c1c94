//! Which pictures the chosen view shows.

use std::borrow::Cow;

use crate::state::{app::App, gallery::View, number};
use gan_tui_core::{event::Drawing, image::ImageBatch, text};

/// Pictures, and the iteration they are of.
pub struct Shown<'a> {
    pub iteration: u64,
    pub images: Cow<'a, ImageBatch>,
    /// What can be said about them.
    pub note: String,
}

/// What the chosen view shows.
pub fn shown(app: &App) -> Option<Shown<'_>> {
    let gallery = &app.gallery;
    if gallery.view.is_of_timeline() {
        let frame = app.run.frame()?;
        let (iteration, count) = (frame.iteration, frame.images.len());
        if gallery.view == View::Fixed || count == 0 {
            return Some(Shown {
                iteration,
                images: Cow::Borrowed(&frame.images),
                note: String::new(),
            });
        }
        let selected = gallery.selected.min(count - 1);
        let images = Cow::Owned(pick(&frame.images, [selected]));
        return Some(Shown {
            iteration,
            images,
            note: format!("sample {} of {count}{}", selected + 1, class_of(app, selected)),
        });
    }
    let pictures = gallery.pictures()?;
    let (iteration, images, verdicts) = (pictures.iteration, &pictures.images, &pictures.verdicts);
    let mean = |verdicts: &[f32]| {
        number::value(verdicts.iter().sum::<f32>() / verdicts.len().max(1) as f32)
    };
    let (images, note) = match gallery.view {
        View::Walk => {
            let step = gallery.step().min(images.len().saturating_sub(1));
            let verdict = verdicts.get(step).copied().unwrap_or(f32::NAN);
            let class = match pictures.drawing {
                Drawing::Walk { leg } => class_of(app, leg as usize),
                _ => String::new(),
            };
            let place = format!("step {} of {}", step + 1, images.len());
            let note = format!("{place}, D {}{class}", number::value(verdict));
            (Cow::Owned(pick(images, [step])), note)
        }
        View::Sorted => {
            let mut order: Vec<usize> = (0..images.len()).collect();
            order.sort_by(|&a, &b| verdicts[b].total_cmp(&verdicts[a]));
            let ends = order
                .first()
                .zip(order.last())
                .map(|(&best, &worst)| (verdicts[best], verdicts[worst]));
            let note = ends.map_or_else(String::new, |(best, worst)| {
                format!("most real first, D {} to {}", number::value(best), number::value(worst))
            });
            (Cow::Owned(pick(images, order)), note)
        }
        // Each half has a heading of its own.
        View::RealVsFake | View::Nearest => (Cow::Borrowed(images), String::new()),
        View::Fresh | View::Fixed | View::One | View::Digits | View::Number => {
            (Cow::Borrowed(images), format!("D {} (inference)", mean(verdicts)))
        }
    };
    Some(Shown { iteration, images, note })
}

/// Returns the class of image `index` of those that show each class in turn, where classes have
/// names.
fn class_of(app: &App, index: usize) -> String {
    let class = app.run.class_name(index % app.run.classes().len().max(1));
    class.map_or_else(String::new, |name| format!(", {}", text::escaped(&name)))
}

/// Returns the images as they are drawn: of sorted ones that do not all fit, both ends; grey ones as
/// ink on paper if a person likes them so.
pub fn arranged(app: &App, images: &ImageBatch, count: usize) -> Option<ImageBatch> {
    let is_cut = app.gallery.view == View::Sorted && count < images.len();
    let is_ink = app.look.on_paper && images.channels == 1;
    if !is_cut && !is_ink {
        return None;
    }
    let mut images = if is_cut {
        let first = count.div_ceil(2);
        pick(images, (0..first).chain(images.len() - (count - first)..images.len()))
    } else {
        images.clone()
    };
    if is_ink {
        images.pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    }
    Some(images)
}

/// Returns the images at these places, in this order.
pub fn pick(images: &ImageBatch, order: impl IntoIterator<Item = usize>) -> ImageBatch {
    let pixels = order.into_iter().flat_map(|at| images.picture(at)).copied().collect();
    ImageBatch::new(images.shape(), pixels)
}
