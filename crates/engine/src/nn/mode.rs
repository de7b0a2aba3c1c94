//! What a pass with batch statistics is for.

/// Training of the network itself, or of something in front of it. (Inference is dfdx's `Module`;
/// this goes with `ModuleMut`.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Gradients for the weights but not for the network's input; the running statistics follow the
    /// batch's.
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

impl Mode {
    /// The random bits for the dropout of layer `index`.
    pub fn dropout(self, index: u64) -> u64 {
        let (Self::Training { dropout } | Self::Frozen { dropout }) = self;
        split(dropout, index)
    }

    /// Whether the weights get gradients, and running statistics move.
    pub fn trains_weights(self) -> bool {
        matches!(self, Self::Training { .. })
    }
}

/// Independent bits for each index: the output function of SplitMix64 (Steele, Lea and Flood 2014).
fn split(key: u64, index: u64) -> u64 {
    let value = key.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
