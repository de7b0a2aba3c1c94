//! A register of floats: the operations that the products need, for each instruction set.

/// As many floats as fit a register.
///
/// # Safety
/// Every method may only be called where the processor has the instructions of the implementing
/// type, and with pointers to [`Vector::LANES`] readable (or writable) floats.
pub(super) trait Vector: Copy {
    const LANES: usize;
    /// Rows of a register tile two vectors wide; the other registers hold the operands.
    const ROWS: usize;
    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self * factor + term`.
    unsafe fn multiply_add(self, factor: Self, term: Self) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn subtract(self, other: Self) -> Self;
}

/// An array of floats: the portable path, and in tests a substitute for wider registers.
#[derive(Clone, Copy)]
pub(super) struct Plain<const LANES: usize>([f32; LANES]);

impl<const LANES: usize> Vector for Plain<LANES> {
    const LANES: usize = LANES;
    const ROWS: usize = if LANES == 16 { 12 } else { 6 };

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller gives LANES readable floats; no alignment is required.
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller gives LANES writable floats; no alignment is required.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
        let mut out = term;
        for lane in 0..LANES {
            out.0[lane] += self.0[lane] * factor.0[lane];
        }
        out
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        let mut out = self;
        for lane in 0..LANES {
            out.0[lane] += other.0[lane];
        }
        out
    }

    #[inline(always)]
    unsafe fn subtract(self, other: Self) -> Self {
        let mut out = self;
        for lane in 0..LANES {
            out.0[lane] -= other.0[lane];
        }
        out
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Vector;

    /// A [`Vector`] on one register of an instruction set.
    macro_rules! register {
        (
            $(#[$doc:meta])*
            $name:ident($register:ident), lanes $lanes:literal, rows $rows:literal,
            $splat:ident, $load:ident, $store:ident, $multiply_add:ident, $add:ident,
            $subtract:ident
        ) => {
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub(in super::super) struct $name($register);

            impl Vector for $name {
                const LANES: usize = $lanes;
                const ROWS: usize = $rows;

                #[inline(always)]
                unsafe fn splat(value: f32) -> Self {
                    // SAFETY: the trait's contract: the processor has the instruction.
                    Self(unsafe { $splat(value) })
                }

                #[inline(always)]
                unsafe fn load(from: *const f32) -> Self {
                    // SAFETY: the trait's contract: the processor has the instruction, and the
                    // caller gives LANES readable floats; no alignment is required.
                    Self(unsafe { $load(from) })
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut f32) {
                    // SAFETY: the trait's contract: the processor has the instruction, and the
                    // caller gives LANES writable floats; no alignment is required.
                    unsafe { $store(to, self.0) }
                }

                #[inline(always)]
                unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
                    // SAFETY: the trait's contract: the processor has the instruction.
                    Self(unsafe { $multiply_add(self.0, factor.0, term.0) })
                }

                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: the trait's contract: the processor has the instruction.
                    Self(unsafe { $add(self.0, other.0) })
                }

                #[inline(always)]
                unsafe fn subtract(self, other: Self) -> Self {
                    // SAFETY: the trait's contract: the processor has the instruction.
                    Self(unsafe { $subtract(self.0, other.0) })
                }
            }
        };
    }

    register! {
        /// Eight floats; needs AVX2 and FMA.
        Avx2(__m256), lanes 8, rows 6,
        _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_add_ps,
        _mm256_sub_ps
    }

    register! {
        /// Sixteen floats; needs AVX-512F.
        Avx512(__m512), lanes 16, rows 12,
        _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_add_ps,
        _mm512_sub_ps
    }
}
