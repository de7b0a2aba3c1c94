//! The inner loops, and the only crate of the workspace with `unsafe`.
//!
//! Nearly all the time goes into two products on NHWC data: [`product`] (pixels x channels times a
//! packed matrix, summed over the taps of a convolution) and [`outer`] (the weight gradient: a sum
//! of outer products over pixels). Both are generic over [`vector::Vector`] and compiled for
//! AVX-512, AVX2 with FMA, and portable code, and so is [`tiles`] (small sums of neighbouring
//! pixels, around the products of convolutions by tiles); [`pointwise`] is safe Rust compiled three
//! times. Loops over threads are those of [`parallel`]. The instruction set is chosen when the
//! program starts; the environment variable `GAN_TUI_KERNELS` overrides the choice.
// `deny` in the workspace's lints, so that no other crate can have it unnoticed.
#![allow(unsafe_code)]
#![deny(clippy::undocumented_unsafe_blocks)]

#[macro_use]
mod compiled;

pub mod buffer;
pub mod memory;
pub mod outer;
pub mod parallel;
pub mod pointwise;
pub mod product;
pub mod profile;
pub mod tiles;
mod vector;

use std::sync::OnceLock;

/// An instruction set the kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// AVX-512F, 16 floats a vector.
    Avx512,
    /// AVX2 and FMA, 8 floats a vector.
    Avx2,
    /// The instructions that every processor of the target has.
    Portable,
}

/// The revision of the kernels' arithmetic: another one adds in another order, so that the last
/// bits of results differ on the same path.
pub const REVISION: u32 = 5;

/// The environment variable that names the path.
pub const VARIABLE: &str = "GAN_TUI_KERNELS";

impl Path {
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Portable];

    /// The name in `run.json` and in [`VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Portable => "portable",
        }
    }

    /// Whether this processor has the instructions.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f") && Self::Avx2.is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::Avx2 => false,
            Self::Portable => true,
        }
    }

    /// Returns the path named by `GAN_TUI_KERNELS`, else the fastest that this processor has.
    ///
    /// # Errors
    /// Returns an error if the variable names no path, or one that this processor lacks.
    pub fn chosen() -> Result<Self, String> {
        let Some(name) = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) else {
            return Ok(Self::ALL
                .into_iter()
                .find(|path| path.is_available())
                .unwrap_or(Self::Portable));
        };
        let path = Self::ALL.into_iter().find(|path| name == path.name());
        match path {
            Some(path) if path.is_available() => Ok(path),
            Some(path) => Err(format!(
                "{VARIABLE}={}: this processor does not have these instructions",
                path.name()
            )),
            None => Err(format!(
                "{VARIABLE}={}: expected avx512, avx2 or portable",
                name.to_string_lossy()
            )),
        }
    }
}

/// The path that this process computes on: [`Path::chosen`], or the portable one if the variable is
/// wrong (the command line has refused to start then).
pub fn active() -> Path {
    static ACTIVE: OnceLock<Path> = OnceLock::new();
    *ACTIVE.get_or_init(|| Path::chosen().unwrap_or(Path::Portable))
}
