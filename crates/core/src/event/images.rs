//! Images that a run reports: frames of the fixed latents, and what was drawn on request.

use serde::{Deserialize, Serialize};

use super::{Digits, json::numbers};
use crate::image::ImageBatch;

/// The images of the fixed latents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub iteration: u64,
    pub images: ImageBatch,
}

/// Pictures that are drawn on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// The fixed latents.
    Fixed,
    /// Fresh latents for every turn.
    Fresh { turn: u64 },
    /// From one latent to the next, in equal steps along the great circle; the next leg begins
    /// where this one ends.
    Walk { leg: u64 },
    /// Real images, others for every turn, then the same number of generated ones.
    #[serde(rename = "beside")]
    RealVsFake { turn: u64 },
    /// Generated images, others for every turn, then for each the nearest of those that are learned
    /// from.
    Nearest { turn: u64 },
    /// Eight of each digit in turn, where digits can be asked for.
    Digits { turn: u64 },
    /// One picture for each digit of a number, where digits can be asked for.
    Number { digits: Digits, turn: u64 },
}

/// Pictures drawn on request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// The iteration after which they were drawn.
    pub iteration: u64,
    pub drawing: Drawing,
    pub images: ImageBatch,
    /// How probable the discriminator, without dropout, holds it that each is real.
    #[serde(deserialize_with = "numbers")]
    pub verdicts: Vec<f32>,
}
