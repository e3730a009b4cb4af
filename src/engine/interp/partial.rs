//! Scalar instructions that may trap, and conversions between number types. Named as in the text format.
//! spec: exec/numerics

use crate::engine::abi::TrapCode;

/// What a partial instruction gives.
type Partial<T> = Result<T, TrapCode>;

/// Division of one width. spec: exec/numerics#op-idiv-s
macro_rules! divisions {
    ($signed:ident, $unsigned:ident: $div_s:ident $div_u:ident $rem_s:ident $rem_u:ident) => {
        /// The only quotient that does not fit is that of the least number and -1. spec: exec/numerics#op-idiv-s
        #[inline(always)]
        pub(super) fn $div_s(a: $signed, b: $signed) -> Partial<$signed> {
            if b == 0 {
                return Err(TrapCode::IntegerDivideByZero);
            }
            a.checked_div(b).ok_or(TrapCode::IntegerOverflow)
        }

        /// spec: exec/numerics#op-idiv-u
        #[inline(always)]
        pub(super) fn $div_u(a: $signed, b: $signed) -> Partial<$signed> {
            (a as $unsigned).checked_div(b as $unsigned).map(|q| q as $signed).ok_or(TrapCode::IntegerDivideByZero)
        }

        /// The remainder of the least number and -1 is 0. spec: exec/numerics#op-irem-s
        #[inline(always)]
        pub(super) fn $rem_s(a: $signed, b: $signed) -> Partial<$signed> {
            if b == 0 { Err(TrapCode::IntegerDivideByZero) } else { Ok(a.wrapping_rem(b)) }
        }

        /// spec: exec/numerics#op-irem-u
        #[inline(always)]
        pub(super) fn $rem_u(a: $signed, b: $signed) -> Partial<$signed> {
            (a as $unsigned).checked_rem(b as $unsigned).map(|r| r as $signed).ok_or(TrapCode::IntegerDivideByZero)
        }
    };
}

divisions! { i32, u32: i32_div_s i32_div_u i32_rem_s i32_rem_u }
divisions! { i64, u64: i64_div_s i64_div_u i64_rem_s i64_rem_u }

/// Truncation of floats to integers. A row gives the least float that is too small and the least that is too large, both
/// exclusive; where the former is not representable it is the first one that is. spec: exec/numerics#op-trunc-u
macro_rules! truncations {
    ($($name:ident $sat:ident: $float:ident -> $int:ident as $signed:ident, $below:literal, $above:literal;)*) => {$(
        /// spec: exec/numerics#op-trunc-u
        #[inline(always)]
        pub(super) fn $name(a: $float) -> Partial<$signed> {
            if a.is_nan() {
                Err(TrapCode::InvalidConversionToInteger)
            } else if a > $below && a < $above {
                Ok(a as $int as $signed)
            } else {
                Err(TrapCode::IntegerOverflow)
            }
        }

        /// NaN becomes 0, what does not fit the nearest number that does. Rust's `as` does the same, but not of NaNs that
        /// signal where its code generator errs: on PowerPC. spec: exec/numerics#op-trunc-sat-u
        #[inline(always)]
        pub(super) fn $sat(a: $float) -> $signed {
            if a.is_nan() { 0 } else { a as $int as $signed }
        }
    )*};
}

truncations! {
    i32_trunc_f32_s i32_trunc_sat_f32_s: f32 -> i32 as i32, -2147483904.0, 2147483648.0;
    i32_trunc_f32_u i32_trunc_sat_f32_u: f32 -> u32 as i32, -1.0, 4294967296.0;
    i32_trunc_f64_s i32_trunc_sat_f64_s: f64 -> i32 as i32, -2147483649.0, 2147483648.0;
    i32_trunc_f64_u i32_trunc_sat_f64_u: f64 -> u32 as i32, -1.0, 4294967296.0;
    i64_trunc_f32_s i64_trunc_sat_f32_s: f32 -> i64 as i64, -9223373136366403584.0, 9223372036854775808.0;
    i64_trunc_f32_u i64_trunc_sat_f32_u: f32 -> u64 as i64, -1.0, 18446744073709551616.0;
    i64_trunc_f64_s i64_trunc_sat_f64_s: f64 -> i64 as i64, -9223372036854777856.0, 9223372036854775808.0;
    i64_trunc_f64_u i64_trunc_sat_f64_u: f64 -> u64 as i64, -1.0, 18446744073709551616.0;
}

/// Conversions that always succeed. spec: exec/numerics#conversions
macro_rules! conversions {
    ($($name:ident($a:ident: $from:ident) -> $to:ident = $value:expr;)*) => {$(
        /// spec: exec/numerics#conversions
        #[inline(always)]
        pub(super) fn $name($a: $from) -> $to {
            $value
        }
    )*};
}

conversions! {
    i32_wrap_i64(a: i64) -> i32 = a as i32;
    i64_extend_i32_s(a: i32) -> i64 = i64::from(a);
    i64_extend_i32_u(a: i32) -> i64 = i64::from(a as u32);
    f32_convert_i32_s(a: i32) -> f32 = a as f32;
    f32_convert_i32_u(a: i32) -> f32 = a as u32 as f32;
    f32_convert_i64_s(a: i64) -> f32 = a as f32;
    f32_convert_i64_u(a: i64) -> f32 = a as u64 as f32;
    f64_convert_i32_s(a: i32) -> f64 = f64::from(a);
    f64_convert_i32_u(a: i32) -> f64 = f64::from(a as u32);
    f64_convert_i64_s(a: i64) -> f64 = a as f64;
    f64_convert_i64_u(a: i64) -> f64 = a as u64 as f64;
    f32_demote_f64(a: f64) -> f32 = a as f32;
    f64_promote_f32(a: f32) -> f64 = if a.is_nan() { quiet(f64::from(a)) } else { f64::from(a) };
}

/// The quiet NaN of a NaN. Not every processor makes it when it only widens one.
#[inline(always)]
fn quiet(nan: f64) -> f64 {
    const QUIET: u64 = 1 << 51;
    f64::from_bits(nan.to_bits() | QUIET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_traps() {
        assert_eq!(i32_div_s(i32::MIN, -1), Err(TrapCode::IntegerOverflow));
        assert_eq!(i32_div_s(7, 0), Err(TrapCode::IntegerDivideByZero));
        assert_eq!(i64_rem_s(i64::MIN, -1), Ok(0));
        assert_eq!((i32_div_u(-1, 2), i64_rem_u(-1, 10)), (Ok(i32::MAX), Ok(5)));
    }

    #[test]
    fn truncation_takes_what_fits_after_rounding_towards_zero() {
        assert_eq!(i32_trunc_f64_s(-2147483648.9), Ok(i32::MIN));
        assert_eq!(i32_trunc_f64_s(-2147483649.0), Err(TrapCode::IntegerOverflow));
        assert_eq!(i32_trunc_f32_s(-2147483648.0), Ok(i32::MIN));
        assert_eq!((i32_trunc_f64_u(-0.9), i32_trunc_f64_u(4294967295.9)), (Ok(0), Ok(-1)));
        assert_eq!(i64_trunc_f32_s(-9223372036854775808.0), Ok(i64::MIN));
        assert_eq!(i64_trunc_f64_u(f64::NAN), Err(TrapCode::InvalidConversionToInteger));
        assert_eq!(
            (i32_trunc_sat_f32_s(f32::NAN), i32_trunc_sat_f64_u(-5.0), i64_trunc_sat_f64_s(1e30)),
            (0, 0, i64::MAX)
        );
    }

    #[test]
    fn nans_that_signal_are_nans() {
        let (narrow, wide) = (f32::from_bits(0x7fa0_0000), f64::from_bits(0x7ff4_0000_0000_0000));
        assert_eq!((i32_trunc_sat_f64_u(wide), i32_trunc_sat_f32_u(narrow), i64_trunc_sat_f64_s(wide)), (0, 0, 0));
        assert_eq!(f64_promote_f32(narrow).to_bits() >> 51 & 1, 1);
    }
}
