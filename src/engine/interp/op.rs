//! The one table of the interpreter's instructions, and how they stand in cells.
//!
//! A function is folded into *cells*, words of 64 bits. An instruction takes one or more; the first has its number and
//! up to three operands, each the number of a slot in the frame or a small constant:
//!
//! ```text
//!   63            48 47            32 31            16 15             0
//!  |       c        |       b        |       a        |   instruction  |
//!  |          imm, both together     |
//! ```
//!
//! `a` is where the result goes, where there is one. Values of 64 bits and less take one slot, a `v128` takes two. The result
//! of a scalar instruction is also handed to the next one, in a register; an operand that is this *last result* need not
//! be read from its slot, and where nothing else reads it, it is not written there either.
//!
//! Rows belong to families, each of which has one shape of operands and one way to be executed; what an instruction
//! computes is the function of the same name in `numeric`, `partial` or `simd`.

/// Hands the families to a macro.
///
/// | family | row |
/// | --- | --- |
/// | `binary`, `partial`, `compare`, `float`, `float_compare` | name: type of the operands |
/// | `unary`, `truncate` | name: from -> to |
/// | `load`, `simd_load` | name: bytes of memory -> result = what the bytes become |
/// | `store`, `simd_store` | name: value -> bytes of memory = what the value becomes |
/// | `simd_splat`, `simd_extract`, `simd_replace` | name: type of the lane |
/// | others | name |
macro_rules! for_each_op {
    ($mac:ident) => {
        $mac! {
            binary {
                i32_add: i32;
                i32_sub: i32;
                i32_mul: i32;
                i32_and: i32;
                i32_or: i32;
                i32_xor: i32;
                i32_shl: i32;
                i32_shr_s: i32;
                i32_shr_u: i32;
                i32_rotl: i32;
                i32_rotr: i32;
                i64_add: i64;
                i64_sub: i64;
                i64_mul: i64;
                i64_and: i64;
                i64_or: i64;
                i64_xor: i64;
                i64_shl: i64;
                i64_shr_s: i64;
                i64_shr_u: i64;
                i64_rotl: i64;
                i64_rotr: i64;
            }
            partial {
                i32_div_s: i32;
                i32_div_u: i32;
                i32_rem_s: i32;
                i32_rem_u: i32;
                i64_div_s: i64;
                i64_div_u: i64;
                i64_rem_s: i64;
                i64_rem_u: i64;
            }
            compare {
                i32_eq: i32;
                i32_ne: i32;
                i32_lt_s: i32;
                i32_lt_u: i32;
                i32_gt_s: i32;
                i32_gt_u: i32;
                i32_le_s: i32;
                i32_le_u: i32;
                i32_ge_s: i32;
                i32_ge_u: i32;
                i64_eq: i64;
                i64_ne: i64;
                i64_lt_s: i64;
                i64_lt_u: i64;
                i64_gt_s: i64;
                i64_gt_u: i64;
                i64_le_s: i64;
                i64_le_u: i64;
                i64_ge_s: i64;
                i64_ge_u: i64;
            }
            float {
                f32_add: f32; f32_sub: f32; f32_mul: f32; f32_div: f32; f32_min: f32; f32_max: f32; f32_copysign: f32;
                f64_add: f64; f64_sub: f64; f64_mul: f64; f64_div: f64; f64_min: f64; f64_max: f64; f64_copysign: f64;
            }
            float_compare {
                f32_eq: f32;
                f32_ne: f32;
                f32_lt: f32;
                f32_gt: f32;
                f32_le: f32;
                f32_ge: f32;
                f64_eq: f64;
                f64_ne: f64;
                f64_lt: f64;
                f64_gt: f64;
                f64_le: f64;
                f64_ge: f64;
            }
            unary {
                i32_clz: i32 -> i32; i32_ctz: i32 -> i32; i32_popcnt: i32 -> i32;
                i32_extend8_s: i32 -> i32; i32_extend16_s: i32 -> i32;
                i64_clz: i64 -> i64; i64_ctz: i64 -> i64; i64_popcnt: i64 -> i64;
                i64_extend8_s: i64 -> i64; i64_extend16_s: i64 -> i64; i64_extend32_s: i64 -> i64;
                f32_abs: f32 -> f32; f32_neg: f32 -> f32; f32_ceil: f32 -> f32; f32_floor: f32 -> f32;
                f32_trunc: f32 -> f32; f32_nearest: f32 -> f32; f32_sqrt: f32 -> f32;
                f64_abs: f64 -> f64; f64_neg: f64 -> f64; f64_ceil: f64 -> f64; f64_floor: f64 -> f64;
                f64_trunc: f64 -> f64; f64_nearest: f64 -> f64; f64_sqrt: f64 -> f64;
                i32_wrap_i64: i64 -> i32; i64_extend_i32_s: i32 -> i64; i64_extend_i32_u: i32 -> i64;
                f32_convert_i32_s: i32 -> f32; f32_convert_i32_u: i32 -> f32;
                f32_convert_i64_s: i64 -> f32; f32_convert_i64_u: i64 -> f32;
                f64_convert_i32_s: i32 -> f64; f64_convert_i32_u: i32 -> f64;
                f64_convert_i64_s: i64 -> f64; f64_convert_i64_u: i64 -> f64;
                f32_demote_f64: f64 -> f32; f64_promote_f32: f32 -> f64;
                i32_trunc_sat_f32_s: f32 -> i32; i32_trunc_sat_f32_u: f32 -> i32;
                i32_trunc_sat_f64_s: f64 -> i32; i32_trunc_sat_f64_u: f64 -> i32;
                i64_trunc_sat_f32_s: f32 -> i64; i64_trunc_sat_f32_u: f32 -> i64;
                i64_trunc_sat_f64_s: f64 -> i64; i64_trunc_sat_f64_u: f64 -> i64;
            }
            truncate {
                i32_trunc_f32_s: f32 -> i32; i32_trunc_f32_u: f32 -> i32;
                i32_trunc_f64_s: f64 -> i32; i32_trunc_f64_u: f64 -> i32;
                i64_trunc_f32_s: f32 -> i64; i64_trunc_f32_u: f32 -> i64;
                i64_trunc_f64_s: f64 -> i64; i64_trunc_f64_u: f64 -> i64;
            }
            load {
                load32: 4 -> u32 = u32::from_le_bytes;
                load64: 8 -> u64 = u64::from_le_bytes;
                i32_load8_s: 1 -> i32 = |b| i32::from(i8::from_le_bytes(b));
                i32_load8_u: 1 -> u32 = |b| u32::from(u8::from_le_bytes(b));
                i32_load16_s: 2 -> i32 = |b| i32::from(i16::from_le_bytes(b));
                i32_load16_u: 2 -> u32 = |b| u32::from(u16::from_le_bytes(b));
                i64_load8_s: 1 -> i64 = |b| i64::from(i8::from_le_bytes(b));
                i64_load8_u: 1 -> u64 = |b| u64::from(u8::from_le_bytes(b));
                i64_load16_s: 2 -> i64 = |b| i64::from(i16::from_le_bytes(b));
                i64_load16_u: 2 -> u64 = |b| u64::from(u16::from_le_bytes(b));
                i64_load32_s: 4 -> i64 = |b| i64::from(i32::from_le_bytes(b));
                i64_load32_u: 4 -> u64 = |b| u64::from(u32::from_le_bytes(b));
                f32_load: 4 -> f32 = f32::from_le_bytes;
                f64_load: 8 -> f64 = f64::from_le_bytes;
            }
            simd_load {
                v128_load: 16 -> V128 = |b| V128(u128::from_le_bytes(b));
                v128_load8x8_s: 8 -> V128 = simd::v128_load8x8_s;
                v128_load8x8_u: 8 -> V128 = simd::v128_load8x8_u;
                v128_load16x4_s: 8 -> V128 = simd::v128_load16x4_s;
                v128_load16x4_u: 8 -> V128 = simd::v128_load16x4_u;
                v128_load32x2_s: 8 -> V128 = simd::v128_load32x2_s;
                v128_load32x2_u: 8 -> V128 = simd::v128_load32x2_u;
                v128_load8_splat: 1 -> V128 = simd::v128_load8_splat;
                v128_load16_splat: 2 -> V128 = simd::v128_load16_splat;
                v128_load32_splat: 4 -> V128 = simd::v128_load32_splat;
                v128_load64_splat: 8 -> V128 = simd::v128_load64_splat;
                v128_load32_zero: 4 -> V128 = simd::v128_load32_zero;
                v128_load64_zero: 8 -> V128 = simd::v128_load64_zero;
            }
            store {
                store8: u32 -> 1 = |v| (v as u8).to_le_bytes();
                store16: u32 -> 2 = |v| (v as u16).to_le_bytes();
                store32: u32 -> 4 = u32::to_le_bytes;
                store64: u64 -> 8 = u64::to_le_bytes;
                f32_store: f32 -> 4 = f32::to_le_bytes;
                f64_store: f64 -> 8 = f64::to_le_bytes;
            }
            simd_store {
                v128_store: V128 -> 16 = |v| v.0.to_le_bytes();
            }
            simd_unary {
                v128_not i8x16_abs i8x16_neg i8x16_popcnt i16x8_extadd_pairwise_i8x16_s i16x8_extadd_pairwise_i8x16_u
                i16x8_abs i16x8_neg i16x8_extend_low_i8x16_s i16x8_extend_high_i8x16_s i16x8_extend_low_i8x16_u
                i16x8_extend_high_i8x16_u i32x4_extadd_pairwise_i16x8_s i32x4_extadd_pairwise_i16x8_u i32x4_abs i32x4_neg
                i32x4_extend_low_i16x8_s i32x4_extend_high_i16x8_s i32x4_extend_low_i16x8_u i32x4_extend_high_i16x8_u
                i64x2_abs i64x2_neg i64x2_extend_low_i32x4_s i64x2_extend_high_i32x4_s i64x2_extend_low_i32x4_u
                i64x2_extend_high_i32x4_u f32x4_ceil f32x4_floor f32x4_trunc f32x4_nearest f32x4_abs f32x4_neg f32x4_sqrt
                f64x2_ceil f64x2_floor f64x2_trunc f64x2_nearest f64x2_abs f64x2_neg f64x2_sqrt
                i32x4_trunc_sat_f32x4_s i32x4_trunc_sat_f32x4_u f32x4_convert_i32x4_s f32x4_convert_i32x4_u
                i32x4_trunc_sat_f64x2_s_zero i32x4_trunc_sat_f64x2_u_zero f64x2_convert_low_i32x4_s
                f64x2_convert_low_i32x4_u f32x4_demote_f64x2_zero f64x2_promote_low_f32x4
                i32x4_relaxed_trunc_f32x4_s i32x4_relaxed_trunc_f32x4_u i32x4_relaxed_trunc_f64x2_s_zero
                i32x4_relaxed_trunc_f64x2_u_zero
            }
            simd_binary {
                i8x16_swizzle
                i8x16_eq i8x16_ne i8x16_lt_s i8x16_lt_u i8x16_gt_s i8x16_gt_u i8x16_le_s i8x16_le_u i8x16_ge_s i8x16_ge_u
                i16x8_eq i16x8_ne i16x8_lt_s i16x8_lt_u i16x8_gt_s i16x8_gt_u i16x8_le_s i16x8_le_u i16x8_ge_s i16x8_ge_u
                i32x4_eq i32x4_ne i32x4_lt_s i32x4_lt_u i32x4_gt_s i32x4_gt_u i32x4_le_s i32x4_le_u i32x4_ge_s i32x4_ge_u
                i64x2_eq i64x2_ne i64x2_lt_s i64x2_gt_s i64x2_le_s i64x2_ge_s
                f32x4_eq f32x4_ne f32x4_lt f32x4_gt f32x4_le f32x4_ge
                f64x2_eq f64x2_ne f64x2_lt f64x2_gt f64x2_le f64x2_ge
                v128_and v128_andnot v128_or v128_xor
                i8x16_narrow_i16x8_s i8x16_narrow_i16x8_u i8x16_add i8x16_add_sat_s i8x16_add_sat_u i8x16_sub
                i8x16_sub_sat_s i8x16_sub_sat_u i8x16_min_s i8x16_min_u i8x16_max_s i8x16_max_u i8x16_avgr_u
                i16x8_q15mulr_sat_s i16x8_narrow_i32x4_s i16x8_narrow_i32x4_u i16x8_add i16x8_add_sat_s i16x8_add_sat_u
                i16x8_sub i16x8_sub_sat_s i16x8_sub_sat_u i16x8_mul i16x8_min_s i16x8_min_u i16x8_max_s i16x8_max_u
                i16x8_avgr_u i16x8_extmul_low_i8x16_s i16x8_extmul_high_i8x16_s i16x8_extmul_low_i8x16_u
                i16x8_extmul_high_i8x16_u
                i32x4_add i32x4_sub i32x4_mul i32x4_min_s i32x4_min_u i32x4_max_s i32x4_max_u i32x4_dot_i16x8_s
                i32x4_extmul_low_i16x8_s i32x4_extmul_high_i16x8_s i32x4_extmul_low_i16x8_u i32x4_extmul_high_i16x8_u
                i64x2_add i64x2_sub i64x2_mul i64x2_extmul_low_i32x4_s i64x2_extmul_high_i32x4_s i64x2_extmul_low_i32x4_u
                i64x2_extmul_high_i32x4_u
                f32x4_add f32x4_sub f32x4_mul f32x4_div f32x4_min f32x4_max f32x4_pmin f32x4_pmax
                f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_min f64x2_max f64x2_pmin f64x2_pmax
                i8x16_relaxed_swizzle f32x4_relaxed_min f32x4_relaxed_max f64x2_relaxed_min f64x2_relaxed_max
                i16x8_relaxed_q15mulr_s i16x8_relaxed_dot_i8x16_i7x16_s
            }
            simd_ternary {
                v128_bitselect f32x4_relaxed_madd f32x4_relaxed_nmadd f64x2_relaxed_madd f64x2_relaxed_nmadd
                i8x16_relaxed_laneselect i16x8_relaxed_laneselect i32x4_relaxed_laneselect i64x2_relaxed_laneselect
                i32x4_relaxed_dot_i8x16_i7x16_add_s
            }
            simd_shift {
                i8x16_shl i8x16_shr_s i8x16_shr_u i16x8_shl i16x8_shr_s i16x8_shr_u i32x4_shl i32x4_shr_s i32x4_shr_u
                i64x2_shl i64x2_shr_s i64x2_shr_u
            }
            simd_test {
                v128_any_true i8x16_all_true i16x8_all_true i32x4_all_true i64x2_all_true
            }
            simd_bitmask {
                i8x16_bitmask i16x8_bitmask i32x4_bitmask i64x2_bitmask
            }
            simd_splat {
                i8x16_splat: i32; i16x8_splat: i32; i32x4_splat: i32; i64x2_splat: i64; f32x4_splat: f32; f64x2_splat: f64;
            }
            simd_extract {
                i8x16_extract_lane_s: i32; i8x16_extract_lane_u: i32; i16x8_extract_lane_s: i32; i16x8_extract_lane_u: i32;
                i32x4_extract_lane: i32; i64x2_extract_lane: i64; f32x4_extract_lane: f32; f64x2_extract_lane: f64;
            }
            simd_replace {
                i8x16_replace_lane: i32; i16x8_replace_lane: i32; i32x4_replace_lane: i32; i64x2_replace_lane: i64;
                f32x4_replace_lane: f32; f64x2_replace_lane: f64;
            }
            simd_load_lane {
                v128_load8_lane: 1; v128_load16_lane: 2; v128_load32_lane: 4; v128_load64_lane: 8;
            }
            simd_store_lane {
                v128_store8_lane: 1; v128_store16_lane: 2; v128_store32_lane: 4; v128_store64_lane: 8;
            }
            other {
                exit enter unreachable enter_compiled count_call count_loop
                br br_if br_unless br_table
                return_none return_one return_wide return_many
                call call_import call_indirect return_call return_call_import return_call_indirect
                copy copy_wide copy_many fetch fetch_wide put_away put_away_wide move_far shift const32 const64 const_wide
                select select_wide
                global_get32 global_get64 global_get_wide global_set32 global_set64 global_set_wide
                imported_get32 imported_get64 imported_get_wide imported_set32 imported_set64 imported_set_wide
                ref_is_null ref_func
                table_get table_set table_size table_grow table_fill table_copy table_init elem_drop
                memory_size memory_grow memory_fill memory_copy memory_init data_drop
                i8x16_shuffle
            }
        }
    };
}
pub(super) use for_each_op;

macro_rules! op_enum {
    (
        binary { $($binary:ident: $binary_ty:ident;)* }
        partial { $($partial:ident: $partial_ty:ident;)* }
        compare { $($compare:ident: $compare_ty:ident;)* }
        float { $($float:ident: $float_ty:ident;)* }
        float_compare { $($float_compare:ident: $float_compare_ty:ident;)* }
        unary { $($unary:ident: $unary_from:ident -> $unary_to:ident;)* }
        truncate { $($truncate:ident: $truncate_from:ident -> $truncate_to:ident;)* }
        load { $($load:ident: $load_bytes:literal -> $load_to:ident = $load_with:expr;)* }
        simd_load { $($simd_load:ident: $simd_load_bytes:literal -> $simd_load_to:ident = $simd_load_with:expr;)* }
        store { $($store:ident: $store_from:ident -> $store_bytes:literal = $store_with:expr;)* }
        simd_store { $($simd_store:ident: $simd_store_from:ident -> $simd_store_bytes:literal = $simd_store_with:expr;)* }
        simd_unary { $($simd_unary:ident)* }
        simd_binary { $($simd_binary:ident)* }
        simd_ternary { $($simd_ternary:ident)* }
        simd_shift { $($simd_shift:ident)* }
        simd_test { $($simd_test:ident)* }
        simd_bitmask { $($simd_bitmask:ident)* }
        simd_splat { $($simd_splat:ident: $simd_splat_ty:ident;)* }
        simd_extract { $($simd_extract:ident: $simd_extract_ty:ident;)* }
        simd_replace { $($simd_replace:ident: $simd_replace_ty:ident;)* }
        simd_load_lane { $($simd_load_lane:ident: $simd_load_lane_bytes:literal;)* }
        simd_store_lane { $($simd_store_lane:ident: $simd_store_lane_bytes:literal;)* }
        other { $($other:ident)* }
    ) => {
        /// An instruction. What it does with its operands is its [`Form`].
        #[allow(non_camel_case_types, reason = "named as in the text format")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(super) enum Op {
            $($binary,)* $($partial,)* $($compare,)* $($float,)* $($float_compare,)* $($unary,)* $($truncate,)* $($load,)*
            $($simd_load,)* $($store,)* $($simd_store,)* $($simd_unary,)* $($simd_binary,)* $($simd_ternary,)*
            $($simd_shift,)* $($simd_test,)* $($simd_bitmask,)* $($simd_splat,)* $($simd_extract,)* $($simd_replace,)*
            $($simd_load_lane,)* $($simd_store_lane,)* $($other,)*
        }

        /// Every instruction with its family.
        const ROWS: &[(Op, Family)] = &[
            $((Op::$binary, Family::Binary),)*
            $((Op::$partial, Family::Binary),)*
            $((Op::$compare, Family::Compare),)*
            $((Op::$float, Family::Binary),)*
            $((Op::$float_compare, Family::Compare),)*
            $((Op::$unary, Family::Unary),)*
            $((Op::$truncate, Family::Unary),)*
            $((Op::$load, Family::Access),)*
            $((Op::$simd_load, Family::Access),)*
            $((Op::$store, Family::Access),)*
            $((Op::$simd_store, Family::Access),)*
            $((Op::$simd_unary, Family::Single),)*
            $((Op::$simd_binary, Family::Single),)*
            $((Op::$simd_ternary, Family::Single),)*
            $((Op::$simd_shift, Family::Single),)*
            $((Op::$simd_test, Family::Single),)*
            $((Op::$simd_bitmask, Family::Single),)*
            $((Op::$simd_splat, Family::Single),)*
            $((Op::$simd_extract, Family::Single),)*
            $((Op::$simd_replace, Family::Single),)*
            $((Op::$simd_load_lane, Family::Single),)*
            $((Op::$simd_store_lane, Family::Single),)*
            $((Op::$other, Family::Single),)*
        ];
    };
}

for_each_op!(op_enum);

/// Which forms an instruction has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// Two operands: a [`Form`] of [`Operands`], with the result in a slot or not.
    Binary,
    /// As `Binary`, and branches.
    Compare,
    /// One operand.
    Unary,
    /// An access to memory, by [`Reach`].
    Access,
    /// One form.
    Single,
}

impl Family {
    const fn forms(self) -> u16 {
        match self {
            Family::Binary => 2 * Operands::COUNT,
            Family::Compare => 3 * Operands::COUNT,
            Family::Unary => 2 * (Operands::LastSlot.number() + 1),
            Family::Access => 2 * 3 * Base::COUNT,
            Family::Single => 1,
        }
    }
}

/// Where the two operands of an instruction are. One with a constant of 64 bits has it in a further cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Operands {
    /// Both in slots. Of instructions with one operand: in a slot.
    SlotSlot,
    /// The second is a small constant, extended by its sign.
    SlotSmall,
    /// The first is the result of the instruction before. Of instructions with one operand: that is it.
    LastSlot,
    LastSmall,
    SlotLast,
    /// The second is a constant.
    SlotConst,
    LastConst,
}

impl Operands {
    const COUNT: u16 = 7;

    /// As a number of a form.
    pub(super) const fn number(self) -> u16 {
        self as u16
    }
}

/// Which memory an access reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Reach {
    /// The default one, with an offset of 16 bits.
    Near,
    /// The default one; the offset is in a further cell.
    Large,
    /// Any; the offset and the place of the memory are in a further cell. Without the last result.
    Far,
}

/// Where an access has its address, and a store its value, from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Base {
    /// From slots.
    Slot,
    /// The address is the last result.
    Last,
    /// The value is the last result.
    LastValue,
    /// The offset, which is large, is the address.
    None,
    /// The offset is the address, and the value the last result.
    NoneLastValue,
}

impl Base {
    const COUNT: u16 = 5;
}

/// A variant of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form(pub(super) u16);

impl Form {
    /// The first one: operands and result in slots.
    pub(super) const PLAIN: Form = Form(0);

    /// The same with the result in no slot, for the next instruction alone.
    pub(super) const fn unstored(self) -> Form {
        Form(self.0 | 1)
    }

    /// Operands, and the result in a slot.
    pub(super) const fn of(operands: Operands) -> Form {
        Form(2 * operands.number())
    }

    /// The branch that is taken where the comparison of these operands holds.
    pub(super) const fn branch(operands: Operands) -> Form {
        Form(2 * Operands::COUNT + operands.number())
    }

    /// An access.
    pub(super) const fn access(reach: Reach, base: Base) -> Form {
        Form(2 * (Base::COUNT * reach as u16 + base as u16))
    }

    /// The operands of a form that is no branch.
    pub(super) fn operands(self) -> Option<Operands> {
        use Operands::*;
        let all = [SlotSlot, SlotSmall, LastSlot, LastSmall, SlotLast, SlotConst, LastConst];
        all.get(usize::from(self.0 / 2)).copied()
    }
}

const ROW_COUNT: usize = ROWS.len();

/// The number of each instruction's first form, and of all forms.
const STARTS: ([u16; ROW_COUNT], u16) = {
    let (mut starts, mut next, mut row) = ([0; ROW_COUNT], 0, 0);
    while row < ROW_COUNT {
        starts[row] = next;
        next += ROWS[row].1.forms();
        row += 1;
    }
    (starts, next)
};

/// How many instructions there are, with all their forms.
pub(super) const OP_COUNT: usize = STARTS.1 as usize;

impl Op {
    /// The number of a form of the instruction, as cells have it.
    pub(super) const fn number(self, form: Form) -> u16 {
        STARTS.0[self as usize] + form.0
    }

    /// The instruction of a cell, and its form.
    pub(super) fn of(cell: u64) -> (Op, Form) {
        let number = cell as u16;
        let row = STARTS.0.partition_point(|start| *start <= number).saturating_sub(1);
        (ROWS[row].0, Form(number - STARTS.0[row]))
    }

    /// So many rows behind this one.
    pub(super) fn row_behind(self, rows: usize) -> Op {
        ROWS.get(self as usize + rows).map_or(Op::unreachable, |(op, _)| *op)
    }

    /// Whether it is a comparison.
    pub(super) fn compares(self) -> bool {
        ROWS[self as usize].1 == Family::Compare
    }

    /// The integer comparison that holds exactly where this one does not.
    pub(super) fn negated(self) -> Option<Op> {
        Some(match self {
            Op::i32_eq => Op::i32_ne,
            Op::i32_ne => Op::i32_eq,
            Op::i32_lt_s => Op::i32_ge_s,
            Op::i32_lt_u => Op::i32_ge_u,
            Op::i32_gt_s => Op::i32_le_s,
            Op::i32_gt_u => Op::i32_le_u,
            Op::i32_le_s => Op::i32_gt_s,
            Op::i32_le_u => Op::i32_gt_u,
            Op::i32_ge_s => Op::i32_lt_s,
            Op::i32_ge_u => Op::i32_lt_u,
            Op::i64_eq => Op::i64_ne,
            Op::i64_ne => Op::i64_eq,
            Op::i64_lt_s => Op::i64_ge_s,
            Op::i64_lt_u => Op::i64_ge_u,
            Op::i64_gt_s => Op::i64_le_s,
            Op::i64_gt_u => Op::i64_le_u,
            Op::i64_le_s => Op::i64_gt_s,
            Op::i64_le_u => Op::i64_gt_u,
            Op::i64_ge_s => Op::i64_lt_s,
            Op::i64_ge_u => Op::i64_lt_u,
            _ => return None,
        })
    }
}

/// Makes the first cell of an instruction.
pub(super) fn cell(op: Op, form: Form, a: u16, b: u16, c: u16) -> u64 {
    u64::from(op.number(form)) | u64::from(a) << 16 | u64::from(b) << 32 | u64::from(c) << 48
}

/// Makes the first cell of an instruction with a wide constant.
pub(super) fn cell_imm(op: Op, a: u16, imm: u32) -> u64 {
    u64::from(op.number(Form::PLAIN)) | u64::from(a) << 16 | u64::from(imm) << 32
}

/// The same cell with another instruction.
pub(super) fn with_op(cell: u64, op: Op, form: Form) -> u64 {
    cell & !0xffff | u64::from(op.number(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_instructions_and_forms() {
        let mut seen = 0;
        for (row, (op, family)) in ROWS.iter().enumerate() {
            assert_eq!(*op as usize, row);
            for form in (0..family.forms()).map(Form) {
                assert_eq!(Op::of(cell(*op, form, 1, 2, 3)), (*op, form));
                seen += 1;
            }
        }
        assert_eq!(seen, OP_COUNT);
    }

    #[test]
    fn negations_come_in_pairs() {
        for (op, _) in ROWS.iter().filter(|(op, _)| op.negated().is_some()) {
            assert_eq!(op.negated().and_then(Op::negated), Some(*op));
        }
        assert_eq!(Op::f32_lt.negated(), None);
    }
}
