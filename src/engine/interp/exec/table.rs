//! The one table of instructions: every form of every row, and the function that executes it.

use super::families::{
    Absent, Access, Binary, Compare, Far, InSlot, IsLast, Large, LastConst, LastSlot, LastSmall, Near, SlotConst,
    SlotLast, SlotSlot, SlotSmall, Stored, Unary, Unstored, binary, branch, compare, far, unary,
};
use super::state::{Handler, load, store};
use super::{bulk, call, control, families, handler, heat, variable};
use crate::engine::abi::TrapCode;
use crate::engine::interp::op::{Base, Form, OP_COUNT, Op, Operands, Reach, for_each_op};
use crate::engine::interp::simd::{self, V128};

/// What instructions compute, by their names.
mod compute {
    pub(super) use crate::engine::interp::numeric::*;
    pub(super) use crate::engine::interp::partial::*;
    pub(super) use crate::engine::interp::simd::*;
}

/// The instructions with a form for each place of their operands, as types.
#[allow(non_camel_case_types, reason = "named as in the text format")]
mod rows {
    use super::*;

    macro_rules! rows {
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
            $($rest:tt)*
        ) => {
            $(rows!(@binary $binary: $binary_ty, a, b, Ok(compute::$binary(a, b)));)*
            $(rows!(@binary $partial: $partial_ty, a, b, compute::$partial(a, b));)*
            $(rows!(@binary $float: $float_ty, a, b, Ok(compute::$float(a, b)));)*
            $(rows!(@compare $compare: $compare_ty);)*
            $(rows!(@compare $float_compare: $float_compare_ty);)*
            $(rows!(@unary $unary: $unary_from, $unary_to, a, Ok(compute::$unary(a)));)*
            $(rows!(@unary $truncate: $truncate_from, $truncate_to, a, compute::$truncate(a));)*
            $(rows!(@load $load: $load_bytes, $load_to, $load_with);)*
            $(rows!(@load $simd_load: $simd_load_bytes, $simd_load_to, $simd_load_with);)*
            $(rows!(@store $store: $store_bytes, $store_from, $store_with);)*
            $(rows!(@store $simd_store: $simd_store_bytes, $simd_store_from, $simd_store_with);)*
        };
        (@binary $name:ident: $ty:ident, $a:ident, $b:ident, $value:expr) => {
            pub(super) struct $name;

            impl Binary for $name {
                type Operand = $ty;
                type Result = $ty;

                #[inline(always)]
                fn compute($a: $ty, $b: $ty) -> Result<$ty, TrapCode> {
                    $value
                }
            }
        };
        (@compare $name:ident: $ty:ident) => {
            pub(super) struct $name;

            impl Compare for $name {
                type Operand = $ty;

                #[inline(always)]
                fn holds(a: $ty, b: $ty) -> bool {
                    compute::$name(a, b)
                }
            }
        };
        (@unary $name:ident: $from:ident, $to:ident, $a:ident, $value:expr) => {
            pub(super) struct $name;

            impl Unary for $name {
                type From = $from;
                type To = $to;

                #[inline(always)]
                fn compute($a: $from) -> Result<$to, TrapCode> {
                    $value
                }
            }
        };
        (@load $name:ident: $bytes:literal, $to:ident, $with:expr) => {
            pub(super) struct $name;

            impl Access<$bytes> for $name {
                type Value = $to;

                #[inline(always)]
                fn value(bytes: [u8; $bytes]) -> $to {
                    let become_value: fn([u8; $bytes]) -> $to = $with;
                    become_value(bytes)
                }

                #[inline(always)]
                fn bytes(_: $to) -> [u8; $bytes] {
                    [0; $bytes]
                }
            }
        };
        (@store $name:ident: $bytes:literal, $from:ident, $with:expr) => {
            pub(super) struct $name;

            impl Access<$bytes> for $name {
                type Value = $from;

                #[inline(always)]
                fn value(_: [u8; $bytes]) -> $from {
                    <$from>::default()
                }

                #[inline(always)]
                fn bytes(value: $from) -> [u8; $bytes] {
                    let become_bytes: fn($from) -> [u8; $bytes] = $with;
                    become_bytes(value)
                }
            }
        };
    }

    for_each_op!(rows);
}

/// The instructions on vectors, which have one form each. What they compute is done by functions of their own.
mod vectors {
    use super::*;

    macro_rules! vectors {
        (
            binary $b:tt partial $p:tt compare $c:tt float $f:tt float_compare $fc:tt unary $u:tt truncate $t:tt load $l:tt
            simd_load $sl:tt store $s:tt simd_store $ss:tt
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
            other $o:tt
        ) => {
            $(handler!($simd_unary(s, cell) {
                s.apply(cell.a(), cell.b(), compute::$simd_unary);
                s.next(1)
            });)*
            $(handler!($simd_binary(s, cell) {
                s.apply2(cell.a(), [cell.b(), cell.c()], compute::$simd_binary);
                s.next(1)
            });)*
            $(handler!($simd_ternary(s, cell) {
                s.apply3(cell.a(), [cell.b(), cell.c(), s.cell_at(1) as u16], compute::$simd_ternary);
                s.next(2)
            });)*
            $(handler!($simd_shift(s, cell) {
                s.apply2::<V128, i32, V128>(cell.a(), [cell.b(), cell.c()], compute::$simd_shift);
                s.next(1)
            });)*
            $(handler!($simd_test(s, cell) {
                s.apply(cell.a(), cell.b(), |vector| u32::from(compute::$simd_test(vector)));
                s.next(1)
            });)*
            $(handler!($simd_bitmask(s, cell) {
                s.apply::<V128, i32>(cell.a(), cell.b(), compute::$simd_bitmask);
                s.next(1)
            });)*
            $(handler!($simd_splat(s, cell) {
                s.apply::<$simd_splat_ty, V128>(cell.a(), cell.b(), compute::$simd_splat);
                s.next(1)
            });)*
            $(handler!($simd_extract(s, cell) {
                let lane = cell.c() as u8;
                let extract = move |vector| compute::$simd_extract(vector, lane);
                s.apply::<V128, $simd_extract_ty>(cell.a(), cell.b(), extract);
                s.next(1)
            });)*
            $(handler!($simd_replace(s, cell) {
                let lane = s.cell_at(1) as u8;
                let replace = move |vector: V128, value: $simd_replace_ty| compute::$simd_replace(vector, lane, value);
                s.apply2(cell.a(), [cell.b(), cell.c()], replace);
                s.next(2)
            });)*
            $(handler!($simd_load_lane(s, cell) {
                let (address, memory, len) = far(&s, cell.b());
                let lane = s.cell_at(2) as u8;
                match load::<$simd_load_lane_bytes>(memory, len, address) {
                    Some(bytes) => {
                        s.apply(cell.a(), cell.c(), move |vector| simd::v128_replace_bytes(vector, lane, bytes));
                        s.next(3)
                    }
                    None => s.trap(TrapCode::MemoryOutOfBounds),
                }
            });)*
            $(handler!($simd_store_lane(s, cell) {
                let (address, memory, len) = far(&s, cell.a());
                let bytes = simd::v128_extract_bytes::<$simd_store_lane_bytes>(s.get(cell.b()), cell.c() as u8);
                match store(memory, len, address, bytes) {
                    true => s.next(2),
                    false => s.trap(TrapCode::MemoryOutOfBounds),
                }
            });)*
        };
    }

    for_each_op!(vectors);
}

/// Sets every form with two operands of a row, with the result stored and not.
macro_rules! with_sources {
    ($table:ident, $row:ident, $run:ident: $($source:ident)*) => {$(
        let form = Form::of(Operands::$source);
        $table[Op::$row.number(form) as usize] = $run::<rows::$row, $source, Stored>;
        $table[Op::$row.number(form.unstored()) as usize] = $run::<rows::$row, $source, Unstored>;
    )*};
}

/// Sets every branch of a row.
macro_rules! with_branches {
    ($table:ident, $row:ident: $($source:ident)*) => {$(
        $table[Op::$row.number(Form::branch(Operands::$source)) as usize] = branch::<rows::$row, $source>;
    )*};
}

/// Sets every form of a row with one operand.
macro_rules! with_places {
    ($table:ident, $row:ident) => {
        let (slot, last) = (Form::of(Operands::SlotSlot), Form::of(Operands::LastSlot));
        $table[Op::$row.number(slot) as usize] = unary::<rows::$row, InSlot, Stored>;
        $table[Op::$row.number(slot.unstored()) as usize] = unary::<rows::$row, InSlot, Unstored>;
        $table[Op::$row.number(last) as usize] = unary::<rows::$row, IsLast, Stored>;
        $table[Op::$row.number(last.unstored()) as usize] = unary::<rows::$row, IsLast, Unstored>;
    };
}

/// Sets the forms of a load with the base in one place.
macro_rules! with_loads {
    ($table:ident, $row:ident: $bytes:literal, $($reach:ident $base:ident $place:ident;)*) => {$(
        let form = Form::access(Reach::$reach, Base::$base);
        $table[Op::$row.number(form) as usize] = families::load::<$bytes, rows::$row, $reach, $place, Stored>;
        $table[Op::$row.number(form.unstored()) as usize] = families::load::<$bytes, rows::$row, $reach, $place, Unstored>;
    )*};
}

/// Sets the forms of a store with the base and the value in one place each.
macro_rules! with_stores {
    ($table:ident, $row:ident: $bytes:literal, $($reach:ident $base:ident $place:ident $value:ident;)*) => {$(
        $table[Op::$row.number(Form::access(Reach::$reach, Base::$base)) as usize] =
            families::store::<$bytes, rows::$row, $reach, $place, $value>;
    )*};
}

/// Every load.
macro_rules! loads {
    ($table:ident, $row:ident: $bytes:literal) => {
        with_loads!($table, $row: $bytes,
            Near Slot InSlot; Near Last IsLast; Large Slot InSlot; Large Last IsLast; Large None Absent;
            Far Slot InSlot; Far Last IsLast;);
    };
}

/// Every store.
macro_rules! stores {
    ($table:ident, $row:ident: $bytes:literal) => {
        with_stores!($table, $row: $bytes,
            Near Slot InSlot InSlot; Near Last IsLast InSlot; Near LastValue InSlot IsLast;
            Large Slot InSlot InSlot; Large Last IsLast InSlot; Large LastValue InSlot IsLast;
            Large None Absent InSlot; Large NoneLastValue Absent IsLast;
            Far Slot InSlot InSlot; Far Last IsLast InSlot; Far LastValue InSlot IsLast;);
    };
}

macro_rules! table {
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
        /// The instructions by number.
        pub(super) static TABLE: [Handler; OP_COUNT] = {
            use {bulk::*, call::*, control::*, heat::*, variable::*};
            let mut table: [Handler; OP_COUNT] = [unreachable; OP_COUNT];
            $(with_sources!(table, $binary, binary: SlotSlot SlotSmall LastSlot LastSmall SlotLast SlotConst LastConst);)*
            $(with_sources!(table, $partial, binary: SlotSlot SlotSmall LastSlot LastSmall SlotLast SlotConst LastConst);)*
            $(with_sources!(table, $compare, compare: SlotSlot SlotSmall LastSlot LastSmall SlotLast SlotConst LastConst);)*
            $(with_branches!(table, $compare: SlotSlot SlotSmall LastSlot LastSmall SlotLast SlotConst LastConst);)*
            $(with_sources!(table, $float, binary: SlotSlot LastSlot SlotLast SlotConst LastConst);)*
            $(with_sources!(table, $float_compare, compare: SlotSlot LastSlot SlotLast SlotConst LastConst);)*
            $(with_branches!(table, $float_compare: SlotSlot LastSlot SlotLast SlotConst LastConst);)*
            $(with_places!(table, $unary);)*
            $(with_places!(table, $truncate);)*
            $(loads!(table, $load: $load_bytes);)*
            $(loads!(table, $simd_load: $simd_load_bytes);)*
            $(stores!(table, $store: $store_bytes);)*
            $(stores!(table, $simd_store: $simd_store_bytes);)*
            $(table[Op::$simd_unary.number(Form::PLAIN) as usize] = vectors::$simd_unary;)*
            $(table[Op::$simd_binary.number(Form::PLAIN) as usize] = vectors::$simd_binary;)*
            $(table[Op::$simd_ternary.number(Form::PLAIN) as usize] = vectors::$simd_ternary;)*
            $(table[Op::$simd_shift.number(Form::PLAIN) as usize] = vectors::$simd_shift;)*
            $(table[Op::$simd_test.number(Form::PLAIN) as usize] = vectors::$simd_test;)*
            $(table[Op::$simd_bitmask.number(Form::PLAIN) as usize] = vectors::$simd_bitmask;)*
            $(table[Op::$simd_splat.number(Form::PLAIN) as usize] = vectors::$simd_splat;)*
            $(table[Op::$simd_extract.number(Form::PLAIN) as usize] = vectors::$simd_extract;)*
            $(table[Op::$simd_replace.number(Form::PLAIN) as usize] = vectors::$simd_replace;)*
            $(table[Op::$simd_load_lane.number(Form::PLAIN) as usize] = vectors::$simd_load_lane;)*
            $(table[Op::$simd_store_lane.number(Form::PLAIN) as usize] = vectors::$simd_store_lane;)*
            $(table[Op::$other.number(Form::PLAIN) as usize] = $other;)*
            table
        };
    };
}

for_each_op!(table);
