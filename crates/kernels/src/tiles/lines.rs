//! The one-dimensional algorithms: a few neighbouring outputs of a filter of three taps, from a few
//! inputs, by fewer products than taps.

use crate::vector::Vector;

/// `output(kernel(g) * input(x))` is the filter `g` over `x`, for tiles of `MADE` outputs: sums of
/// `READ` inputs make `SUMS` factors, and `POINTS` products take one of these each, by
/// [`Algorithm::sum_of`](super::Algorithm::sum_of). The transposes are what their gradients go
/// through.
///
/// # Safety
/// Every function may only be called where the processor has the instructions of `V`.
pub trait Line<const READ: usize, const SUMS: usize, const POINTS: usize, const MADE: usize> {
    /// Inputs from a tile to the next. A tile's first input lies one before its place: the padding.
    const STEP: usize;

    unsafe fn input<V: Vector>(x: [V; READ]) -> [V; SUMS];
    unsafe fn input_transposed<V: Vector>(s: [V; SUMS]) -> [V; READ];
    unsafe fn kernel<V: Vector>(g: [V; 3]) -> [V; POINTS];
    unsafe fn kernel_transposed<V: Vector>(m: [V; POINTS]) -> [V; 3];
    unsafe fn output<V: Vector>(m: [V; POINTS]) -> [V; MADE];
    unsafe fn output_transposed<V: Vector>(e: [V; MADE]) -> [V; POINTS];
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

impl Line<3, 3, 3, 2> for Upsampled {
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

/// Nearest-neighbour upsampling by two, then the filter: four outputs of two inputs' place by five
/// products instead of six.
///
/// It is F(4, 3) at the points 0, 1, -1, the roots of two and infinity. An input that comes twice
/// makes the factor at -1 zero, and those at the two roots the same difference. With inputs a, b,
/// c, d and `s = g0 + g1 + g2`, in a basis of small numbers:
///
/// ```text
/// m0 = g0 (a - 3/2 b + 1/2 c)      y0 = m0 + m1 + 1/2 m3
/// m1 = s (2 b - c)                 y1 = m1 + m2
/// m2 = (s + g2) (c - b)            y2 = m1 + m3
/// m3 = (s + g1 + g2) (c - b)       y3 = m1 + 2 m2 + m4
/// m4 = g2 (d - 3 c + 2 b)
/// ```
///
/// Its rounding errors are some seven times those of [`Upsampled`], within 2e-6 of the largest
/// output.
pub struct UpsampledPairs;

impl Line<4, 4, 5, 4> for UpsampledPairs {
    const STEP: usize = 2;

    #[inline(always)]
    unsafe fn input<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let difference = c.subtract(b);
            [
                V::splat(0.5).multiply_add(difference, a.subtract(b)),
                b.subtract(difference),
                difference,
                V::splat(-2.0).multiply_add(difference, d.subtract(c)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn input_transposed<V: Vector>([p, q, r, s]: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            // Of the difference c - b: r + p / 2 - q - 2 s.
            let difference = V::splat(0.5).multiply_add(p, r.subtract(q));
            let difference = V::splat(-2.0).multiply_add(s, difference);
            [p, q.subtract(p).subtract(difference), difference.subtract(s), s]
        }
    }

    #[inline(always)]
    unsafe fn kernel<V: Vector>([a, b, c]: [V; 3]) -> [V; 5] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let sum = a.add(b).add(c);
            let more = sum.add(c);
            [a, sum, more, more.add(b), c]
        }
    }

    #[inline(always)]
    unsafe fn kernel_transposed<V: Vector>([m, n, o, p, q]: [V; 5]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let two = o.add(p);
            let sum = n.add(two);
            [m.add(sum), sum.add(p), sum.add(two).add(q)]
        }
    }

    #[inline(always)]
    unsafe fn output<V: Vector>([m, n, o, p, q]: [V; 5]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            [
                V::splat(0.5).multiply_add(p, m.add(n)),
                n.add(o),
                n.add(p),
                V::splat(2.0).multiply_add(o, n.add(q)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn output_transposed<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 5] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            [
                a,
                a.add(b).add(c.add(d)),
                V::splat(2.0).multiply_add(d, b),
                V::splat(0.5).multiply_add(a, c),
                d,
            ]
        }
    }
}

/// The filter alone: Winograd's F(2, 3), four products instead of six.
pub struct Winograd;

impl Line<4, 4, 4, 2> for Winograd {
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

/// The filter alone: Winograd's F(4, 3) at the points 0, 1, -1, 2, -2 and infinity, six products
/// instead of twelve, with the matrices of Lavin and Gray 2016.
pub struct WinogradFour;

impl Line<6, 6, 6, 4> for WinogradFour {
    const STEP: usize = 4;

    #[inline(always)]
    unsafe fn input<V: Vector>([a, b, c, d, e, f]: [V; 6]) -> [V; 6] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let (two, four) = (V::splat(2.0), V::splat(4.0));
            let (minus_four, minus_five) = (V::splat(-4.0), V::splat(-5.0));
            // Even and odd parts at 1 and -1, and at 2 and -2.
            let (even, odd) = (minus_four.multiply_add(c, e), minus_four.multiply_add(b, d));
            let (even_two, odd_two) = (e.subtract(c), d.subtract(b));
            [
                four.multiply_add(a, minus_five.multiply_add(c, e)),
                even.add(odd),
                even.subtract(odd),
                two.multiply_add(odd_two, even_two),
                V::splat(-2.0).multiply_add(odd_two, even_two),
                four.multiply_add(b, minus_five.multiply_add(d, f)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn input_transposed<V: Vector>([m, n, o, p, q, r]: [V; 6]) -> [V; 6] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let four = V::splat(4.0);
            let (minus_four, minus_five) = (V::splat(-4.0), V::splat(-5.0));
            let (even, odd) = (n.add(o), n.subtract(o));
            let (even_two, odd_two) = (p.add(q), scaled(p.subtract(q), 2.0));
            [
                scaled(m, 4.0),
                four.multiply_add(r, minus_four.multiply_add(odd, scaled(odd_two, -1.0))),
                minus_five.multiply_add(m, minus_four.multiply_add(even, scaled(even_two, -1.0))),
                minus_five.multiply_add(r, odd.add(odd_two)),
                m.add(even).add(even_two),
                r,
            ]
        }
    }

    #[inline(always)]
    unsafe fn kernel<V: Vector>([a, b, c]: [V; 3]) -> [V; 6] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let ends = scaled(a.add(c), -1.0 / 6.0);
            let middle = scaled(b, 1.0 / 6.0);
            let far = V::splat(4.0).multiply_add(c, a);
            let (far, near) = (scaled(far, 1.0 / 24.0), scaled(b, 1.0 / 12.0));
            [
                scaled(a, 0.25),
                ends.subtract(middle),
                ends.add(middle),
                far.add(near),
                far.subtract(near),
                c,
            ]
        }
    }

    #[inline(always)]
    unsafe fn kernel_transposed<V: Vector>([m, n, o, p, q, r]: [V; 6]) -> [V; 3] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let near = scaled(n.add(o), -1.0 / 6.0);
            let far = p.add(q);
            let middle = scaled(o.subtract(n), 1.0 / 6.0);
            [
                V::splat(0.25).multiply_add(m, V::splat(1.0 / 24.0).multiply_add(far, near)),
                V::splat(1.0 / 12.0).multiply_add(p.subtract(q), middle),
                V::splat(1.0 / 6.0).multiply_add(far, near).add(r),
            ]
        }
    }

    #[inline(always)]
    unsafe fn output<V: Vector>([m, n, o, p, q, r]: [V; 6]) -> [V; 4] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let (even, odd) = (n.add(o), n.subtract(o));
            let (even_two, odd_two) = (p.add(q), p.subtract(q));
            [
                m.add(even).add(even_two),
                V::splat(2.0).multiply_add(odd_two, odd),
                V::splat(4.0).multiply_add(even_two, even),
                V::splat(8.0).multiply_add(odd_two, odd).add(r),
            ]
        }
    }

    #[inline(always)]
    unsafe fn output_transposed<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 6] {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            let (even, odd) = (a.add(c), b.add(d));
            let even_two = V::splat(4.0).multiply_add(c, a);
            let odd_two = V::splat(8.0).multiply_add(d, scaled(b, 2.0));
            [
                a,
                even.add(odd),
                even.subtract(odd),
                even_two.add(odd_two),
                even_two.subtract(odd_two),
                d,
            ]
        }
    }
}
