//! The one-dimensional algorithms: two neighbouring outputs of a filter of three taps, from a few
//! inputs, by fewer products than taps.

use crate::vector::Vector;

/// `output(kernel(g) * input(x))` is the filter `g` over `x`, for tiles of two outputs: `READ`
/// inputs, `POINTS` products. The transposes are what their gradients go through.
///
/// # Safety
/// Every function may only be called where the processor has the instructions of `V`.
pub trait Line<const READ: usize, const POINTS: usize> {
    /// Inputs from a tile to the next. A tile's first input lies one before its place: the padding.
    const STEP: usize;

    unsafe fn input<V: Vector>(x: [V; READ]) -> [V; POINTS];
    unsafe fn input_transposed<V: Vector>(s: [V; POINTS]) -> [V; READ];
    unsafe fn kernel<V: Vector>(g: [V; 3]) -> [V; POINTS];
    unsafe fn kernel_transposed<V: Vector>(m: [V; POINTS]) -> [V; 3];
    unsafe fn output<V: Vector>(m: [V; POINTS]) -> [V; 2];
    unsafe fn output_transposed<V: Vector>(e: [V; 2]) -> [V; POINTS];
}

/// `x * factor`.
#[inline(always)]
unsafe fn scaled<V: Vector>(x: V, factor: f32) -> V {
    // SAFETY: the caller's promise, passed on.
    unsafe { V::splat(factor).multiply_add(x, V::splat(0.0)) }
}

/// Nearest-neighbour upsampling by two, then the filter. Output 2i is `g0 x[i-1] + (g1 + g2) x[i]`
/// and output 2i+1 is `(g0 + g1) x[i] + g2 x[i+1]`. Both hold `s x[i]` with `s = g0 + g1 + g2`, and
/// what is left of each is one product with a difference: `g0 (x[i-1] - x[i])` and `g2 (x[i+1] -
/// x[i])`. So three products instead of four (six before folding the taps).
pub struct Upsampled;

impl Line<3, 3> for Upsampled {
    const STEP: usize = 1;

    #[inline(always)]
    unsafe fn input<V: Vector>([a, b, c]: [V; 3]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a.subtract(b), b, c.subtract(b)] }
    }

    #[inline(always)]
    unsafe fn input_transposed<V: Vector>([a, b, c]: [V; 3]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a, b.subtract(a).subtract(c), c] }
    }

    #[inline(always)]
    unsafe fn kernel<V: Vector>([a, b, c]: [V; 3]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a, a.add(b).add(c), c] }
    }

    #[inline(always)]
    unsafe fn kernel_transposed<V: Vector>([a, b, c]: [V; 3]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a.add(b), b, b.add(c)] }
    }

    #[inline(always)]
    unsafe fn output<V: Vector>([a, b, c]: [V; 3]) -> [V; 2] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a.add(b), b.add(c)] }
    }

    #[inline(always)]
    unsafe fn output_transposed<V: Vector>([a, b]: [V; 2]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a, a.add(b), b] }
    }
}

/// The filter alone: Winograd's F(2, 3), four products instead of six.
pub struct Winograd;

impl Line<4, 4> for Winograd {
    const STEP: usize = 2;

    #[inline(always)]
    unsafe fn input<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a.subtract(c), b.add(c), c.subtract(b), b.subtract(d)] }
    }

    #[inline(always)]
    unsafe fn input_transposed<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let zero = V::splat(0.0);
            [a, b.subtract(c).add(d), b.add(c).subtract(a), zero.subtract(d)]
        }
    }

    #[inline(always)]
    unsafe fn kernel<V: Vector>([a, b, c]: [V; 3]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let (ends, middle) = (scaled(a.add(c), 0.5), scaled(b, 0.5));
            [a, ends.add(middle), ends.subtract(middle), c]
        }
    }

    #[inline(always)]
    unsafe fn kernel_transposed<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let ends = scaled(b.add(c), 0.5);
            [a.add(ends), scaled(b.subtract(c), 0.5), ends.add(d)]
        }
    }

    #[inline(always)]
    unsafe fn output<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 2] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a.add(b).add(c), b.subtract(c).subtract(d)] }
    }

    #[inline(always)]
    unsafe fn output_transposed<V: Vector>([a, b]: [V; 2]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe { [a, a.add(b), a.subtract(b), V::splat(0.0).subtract(b)] }
    }
}
