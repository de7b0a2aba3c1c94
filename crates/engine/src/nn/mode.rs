//! The purpose of a pass with batch statistics.

use super::Activations;

/// Training of the network itself, or of something in front of it. (Inference is dfdx's `Module`;
/// this goes with `ModuleMut`.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Gradients for the weights but not for the network's input; the running statistics are
    /// updated from the batch's.
    Training {
        /// 64 random bits, new for every pass.
        dropout: u64,
    },
    /// Gradients for the network's input but not for the weights; the running statistics are left
    /// alone.
    Frozen {
        /// 64 random bits, new for every pass.
        dropout: u64,
    },
}

/// Activations and the mode of the pass: what the `ModuleMut` of every block takes and returns, so
/// that a tuple of blocks is a module too.
pub type WithMode<S, T> = (Activations<S, T>, Mode);

/// Which gradients a backward pass computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub weights: bool,
    pub input: bool,
}

impl Wanted {
    /// No gradients: inference.
    pub const NONE: Self = Self { weights: false, input: false };
}

impl Mode {
    /// The random bits for the dropout of block `index`.
    pub fn dropout(self, index: u64) -> u64 {
        let (Self::Training { dropout } | Self::Frozen { dropout }) = self;
        split(dropout, index)
    }

    /// Whether the weights get gradients and the running statistics are updated.
    pub fn trains_weights(self) -> bool {
        matches!(self, Self::Training { .. })
    }

    /// The gradients that block `index` computes. Block 0 reads the network's input, whose gradient
    /// is not needed when the network itself is trained.
    pub(super) fn wanted(self, index: u64) -> Wanted {
        let weights = self.trains_weights();
        Wanted { weights, input: index > 0 || !weights }
    }
}

/// Independent bits for each index: the output function of SplitMix64 (Steele, Lea and Flood 2014).
fn split(key: u64, index: u64) -> u64 {
    let value = key.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
