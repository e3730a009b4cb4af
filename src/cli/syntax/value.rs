//! Wasm values as words: what `-invoke` takes as parameters and prints as results. What is printed reads back as the same
//! bits, except for references, which mean nothing outside their instance.
//!
//! | type | words |
//! | --- | --- |
//! | `i32`, `i64` | `7`, `-7`, `+7`, `0xff`; up to the unsigned maximum |
//! | `f32`, `f64` | `1.5`, `-2e10`, `0x1.8p3`, `inf`, `nan`, `nan:0x400001` |
//! | `v128` | `0x` and up to 32 digits, or lanes from the lowest on, as in `i32x4:1,2,3,-4` |
//! | references | `null` |
//!
//! spec: text/values

use crate::api::{Val, ValType};
use std::fmt::Write;

/// Reads a value of a type. The error is why the word is none.
pub(crate) fn parse(text: &str, ty: ValType) -> Result<Val, String> {
    match ty {
        ValType::I32 => integer(text, 32).map(|bits| Val::I32((bits as u32).cast_signed())),
        ValType::I64 => integer(text, 64).map(|bits| Val::I64(bits.cast_signed())),
        ValType::F32 => float(text, &SINGLE).map(|bits| Val::F32(bits as u32)),
        ValType::F64 => float(text, &DOUBLE).map(Val::F64),
        ValType::V128 => vector(text).map(Val::V128),
        ValType::Ref(_) if text == "null" => Ok(Val::zero(ty)),
        ValType::Ref(_) => Err("only `null` can be written for a reference".to_owned()),
    }
}

/// A value as the word that [`parse`] reads.
pub(crate) fn print(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => special(u64::from(*bits), &SINGLE).unwrap_or_else(|| shortest(&f32::from_bits(*bits))),
        Val::F64(bits) => special(*bits, &DOUBLE).unwrap_or_else(|| shortest(&f64::from_bits(*bits))),
        Val::V128(bits) => format!("{bits:#034x}"),
        Val::FuncRef(None) | Val::ExternRef(None) => "null".to_owned(),
        Val::FuncRef(Some(_)) => "funcref".to_owned(),
        Val::ExternRef(Some(_)) => "externref".to_owned(),
    }
}

/// How floats of one size are laid out.
struct FloatFormat {
    /// Bits of the fraction.
    fraction_bits: u32,
    /// All bits but the sign.
    magnitude: u64,
    /// Reads a decimal number.
    decimal: fn(&str) -> Option<u64>,
    /// The bits of a number that fits, rounded once.
    round: fn(f64) -> u64,
}

const SINGLE: FloatFormat = FloatFormat {
    fraction_bits: 23,
    magnitude: 0x7fff_ffff,
    decimal: |text| text.parse::<f32>().ok().map(|value| value.to_bits().into()),
    round: |value| (value as f32).to_bits().into(),
};

const DOUBLE: FloatFormat = FloatFormat {
    fraction_bits: 52,
    magnitude: 0x7fff_ffff_ffff_ffff,
    decimal: |text| text.parse::<f64>().ok().map(f64::to_bits),
    round: f64::to_bits,
};

impl FloatFormat {
    fn infinity(&self) -> u64 {
        self.magnitude & !((1 << self.fraction_bits) - 1)
    }

    fn canonical_nan(&self) -> u64 {
        self.infinity() | 1 << (self.fraction_bits - 1)
    }
}

/// Sign and digits.
fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn hexadecimal(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

/// An integer of `bits` bits, signed or unsigned, as its bits.
fn integer(text: &str, bits: u32) -> Result<u64, String> {
    let (negative, digits) = split_sign(text);
    let (digits, radix) = hexadecimal(digits).map_or((digits, 10), |digits| (digits, 16));
    let all_digits = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    if !all_digits {
        return Err("it is no integer".to_owned());
    }
    let most = if negative { 1u128 << (bits - 1) } else { (1 << bits) - 1 };
    let magnitude = u128::from_str_radix(digits, radix).ok().filter(|magnitude| *magnitude <= most);
    let magnitude = magnitude.ok_or_else(|| format!("it does not fit into {bits} bits"))? as u64;
    Ok(if negative { magnitude.wrapping_neg() } else { magnitude })
}

/// The bits of a float.
fn float(text: &str, format: &FloatFormat) -> Result<u64, String> {
    const NO_FLOAT: &str = "it is no number";
    let (negative, rest) = split_sign(text);
    let sign = if negative { format.magnitude + 1 } else { 0 };
    let magnitude = match rest.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => format.infinity(),
        "nan" => format.canonical_nan(),
        lower => {
            if let Some(payload) = lower.strip_prefix("nan:0x") {
                let payload = u64::from_str_radix(payload, 16).ok().filter(|payload| *payload != 0);
                let payload = payload.filter(|payload| *payload >> format.fraction_bits == 0);
                format.infinity() | payload.ok_or("it is no NaN of this size")?
            } else if let Some(digits) = hexadecimal(lower) {
                hex_float(digits, format)?
            } else if lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
                (format.decimal)(lower).ok_or(NO_FLOAT)?
            } else {
                return Err(NO_FLOAT.to_owned());
            }
        }
    };
    Ok(sign | magnitude)
}

/// A float in hexadecimal, behind `0x`: up to 53 bits of digits, then perhaps `p` and a power of two.
fn hex_float(text: &str, format: &FloatFormat) -> Result<u64, String> {
    const NO_FLOAT: &str = "it is no hexadecimal number";
    let (mantissa, exponent) = text.split_once('p').unwrap_or((text, "0"));
    let mut exponent: i64 = exponent.parse::<i32>().map_err(|_| NO_FLOAT)?.into();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(NO_FLOAT.to_owned());
    }
    exponent -= 4 * fraction.len() as i64;
    let kept = digits.trim_end_matches('0');
    exponent += 4 * (digits.len() - kept.len()) as i64;
    let kept = kept.trim_start_matches('0');
    let bits = if kept.is_empty() { 0 } else { u64::from_str_radix(kept, 16).unwrap_or(u64::MAX) };
    if bits >> 53 != 0 {
        return Err("it has more than 53 bits of digits".to_owned());
    }
    Ok((format.round)(scale(bits as f64, exponent)))
}

/// `value * 2^exponent`, rounded at most once: a whole number that takes no more than 53 bits stays exact on the way down
/// until the last step.
fn scale(mut value: f64, exponent: i64) -> f64 {
    const STEP: i64 = 900;
    let mut left = exponent.clamp(-4 * STEP, 4 * STEP);
    while left > STEP {
        value *= 2f64.powi(STEP as i32);
        left -= STEP;
    }
    while left < -STEP {
        value *= 2f64.powi(-(STEP as i32));
        left += STEP;
    }
    value * 2f64.powi(left as i32)
}

/// NaN and infinity; nothing for numbers.
fn special(bits: u64, format: &FloatFormat) -> Option<String> {
    let magnitude = bits & format.magnitude;
    if magnitude < format.infinity() {
        return None;
    }
    let mut text = if bits > format.magnitude { String::from("-") } else { String::new() };
    if magnitude == format.infinity() {
        text.push_str("inf");
    } else if magnitude == format.canonical_nan() {
        text.push_str("nan");
    } else {
        // Writing to a string cannot fail.
        let _ = write!(text, "nan:{:#x}", magnitude - format.infinity());
    }
    Some(text)
}

/// The shortest decimal that reads back, with an exponent where digits would only be zeros.
fn shortest(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A vector as one hexadecimal number, or as lanes.
fn vector(text: &str) -> Result<u128, String> {
    if let Some(digits) = hexadecimal(text) {
        let all_digits = digits.chars().all(|c| c.is_ascii_hexdigit());
        let bits = u128::from_str_radix(digits, 16).ok().filter(|_| all_digits);
        return bits.ok_or_else(|| "a vector is up to 32 hexadecimal digits".to_owned());
    }
    let (shape, lanes) =
        text.split_once(':').ok_or("a vector is written as `0x...` or as lanes, such as `i32x4:1,2,3,4`")?;
    let (count, bits, format) = match shape {
        "i8x16" => (16, 8, None),
        "i16x8" => (8, 16, None),
        "i32x4" => (4, 32, None),
        "i64x2" => (2, 64, None),
        "f32x4" => (4, 32, Some(&SINGLE)),
        "f64x2" => (2, 64, Some(&DOUBLE)),
        _ => return Err(format!("`{shape}` is no shape of a vector")),
    };
    let lanes: Vec<&str> = lanes.split(',').collect();
    if lanes.len() != count {
        return Err(format!("`{shape}` has {count} lanes"));
    }
    let mut vector = 0;
    for lane in lanes.iter().rev() {
        let value = format.map_or_else(|| integer(lane, bits), |format| float(lane, format));
        let value = value.map_err(|error| format!("lane `{lane}`: {error}"))?;
        let mask = u128::MAX >> (128 - bits);
        vector = vector << bits | u128::from(value) & mask;
    }
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a word and compares what is printed of it, which reads back as the same.
    #[track_caller]
    fn check(ty: ValType, text: &str, printed: Result<&str, &str>) {
        let result = parse(text, ty).map(|value| print(&value));
        assert_eq!(result.as_deref().map_err(String::as_str), printed, "{ty} {text}");
        if let Ok(printed) = printed {
            let again = parse(printed, ty).map(|value| print(&value));
            assert_eq!(again.as_deref(), Ok(printed), "{ty} {text}");
        }
    }

    #[test]
    fn integers() {
        check(ValType::I32, "7", Ok("7"));
        check(ValType::I32, "-7", Ok("-7"));
        check(ValType::I32, "+7", Ok("7"));
        check(ValType::I32, "0xffffffff", Ok("-1"));
        check(ValType::I32, "-0x80000000", Ok("-2147483648"));
        check(ValType::I32, "4294967295", Ok("-1"));
        check(ValType::I32, "4294967296", Err("it does not fit into 32 bits"));
        check(ValType::I32, "-2147483649", Err("it does not fit into 32 bits"));
        check(ValType::I64, "18446744073709551615", Ok("-1"));
        check(ValType::I64, "-9223372036854775808", Ok("-9223372036854775808"));
        check(ValType::I64, "340282366920938463463374607431768211456", Err("it does not fit into 64 bits"));
        for bad in ["", "-", "0x", "1.5", "abc", "--1", "0x-1", "1_000", " 1"] {
            check(ValType::I32, bad, Err("it is no integer"));
        }
    }

    #[test]
    fn floats() {
        check(ValType::F64, "1.5", Ok("1.5"));
        check(ValType::F64, "-0", Ok("-0"));
        check(ValType::F64, "1e300", Ok("1e300"));
        check(ValType::F32, "0.1", Ok("0.1"));
        check(ValType::F32, "3e40", Ok("inf"));
        check(ValType::F64, "-INF", Ok("-inf"));
        check(ValType::F64, "nan", Ok("nan"));
        check(ValType::F32, "-nan:0x1", Ok("-nan:0x1"));
        check(ValType::F32, "nan:0x400000", Ok("nan"));
        check(ValType::F32, "nan:0x800000", Err("it is no NaN of this size"));
        check(ValType::F64, "0x1.8p3", Ok("12"));
        check(ValType::F64, "-0xffp-4", Ok("-15.9375"));
        check(ValType::F64, "0x1p-1074", Ok("5e-324"));
        check(ValType::F64, "0x1p5000", Ok("inf"));
        check(ValType::F32, "0x1.000001p0", Ok("1"));
        check(ValType::F32, "0x1p-149", Ok("1e-45"));
        check(ValType::F64, "0x20000000000001", Err("it has more than 53 bits of digits"));
        check(ValType::F64, "0x1p", Err("it is no hexadecimal number"));
        for bad in ["", "-", "abc", "1,5", "infinit", "e5", "--1", " 1"] {
            check(ValType::F64, bad, Err("it is no number"));
        }
    }

    #[test]
    fn vectors() {
        check(ValType::V128, "0x1", Ok("0x00000000000000000000000000000001"));
        check(ValType::V128, "i32x4:1,2,3,-4", Ok("0xfffffffc000000030000000200000001"));
        check(ValType::V128, "i8x16:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,255", Ok("0xff0e0d0c0b0a09080706050403020100"));
        check(ValType::V128, "f32x4:1,0,0,-1", Ok("0xbf80000000000000000000003f800000"));
        check(ValType::V128, "f64x2:1,nan", Ok("0x7ff80000000000003ff0000000000000"));
        check(ValType::V128, "i64x2:1", Err("`i64x2` has 2 lanes"));
        check(ValType::V128, "i7x2:1,2", Err("`i7x2` is no shape of a vector"));
        check(ValType::V128, "i16x8:1,2,3,4,5,6,7,65536", Err("lane `65536`: it does not fit into 16 bits"));
        check(ValType::V128, "0x+1", Err("a vector is up to 32 hexadecimal digits"));
    }

    #[test]
    fn references() {
        check(ValType::FUNCREF, "null", Ok("null"));
        check(ValType::EXTERNREF, "null", Ok("null"));
        check(ValType::EXTERNREF, "1", Err("only `null` can be written for a reference"));
    }
}
