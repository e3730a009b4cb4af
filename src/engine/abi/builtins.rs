//! The one table of runtime helpers that generated code calls.
//!
//! A row gives name, parameters after the caller's context, and result. Helpers are `extern "C"`, never unwind and never
//! trap: the fallible ones return 1 for success and 0 for failure, and the generated code traps. Indices of memories,
//! tables and segments are `i32`, addresses, lengths and table positions always `i64` (zero-extended), references `i64`
//! whatever their kind (a function reference's address or a zero-extended handle).

/// Type of a helper's parameter or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinType {
    /// `u32`
    I32,
    /// `u64`
    I64,
}

/// Hands the rows to a macro: `name(parameters) -> result;` where the parts are `BuiltinType` variants in lower case.
macro_rules! for_each_builtin {
    ($mac:ident) => {
        $mac! {
            /// `memory.grow`: pages before, or `u64::MAX` where it cannot grow.
            memory_grow(memory: i32, delta_pages: i64) -> i64;
            /// The bytes of `memory.copy`, between addresses of the host whose ranges generated code has checked; always
            /// succeeds.
            move_bytes(dst_address: i64, src_address: i64, len: i64) -> i32;
            /// The bytes of `memory.fill`, at an address of the host whose range generated code has checked; always
            /// succeeds.
            set_bytes(dst_address: i64, value: i32, len: i64) -> i32;
            /// `memory.init`, checked.
            memory_init(memory: i32, data: i32, dst: i64, src: i64, len: i64) -> i32;
            /// `data.drop`; always succeeds.
            data_drop(data: i32) -> i32;
            /// `table.grow`: elements before, or `u64::MAX` where it cannot grow.
            table_grow(table: i32, init: i64, delta: i64) -> i64;
            /// `table.copy`, checked.
            table_copy(dst_table: i32, src_table: i32, dst: i64, src: i64, len: i64) -> i32;
            /// `table.fill`, checked.
            table_fill(table: i32, dst: i64, value: i64, len: i64) -> i32;
            /// `table.init`, checked.
            table_init(table: i32, elem: i32, dst: i64, src: i64, len: i64) -> i32;
            /// `elem.drop`; always succeeds.
            elem_drop(elem: i32) -> i32;
            /// Calls a compiled function for the interpreter, by the address of its record; `frame` is that of the slots of its
            /// parameters, over which the results are written. Where it fails the error waits in the store.
            call_compiled(function: i64, frame: i64) -> i32;
            /// As `call_compiled`, for what a reference points to, with values in an array.
            call_reference(func_ref: i64, values: i64) -> i32;
            /// What a function whose count has run out goes on as: `loop_at` is where its loop stands that is to be compiled, or
            /// `u32::MAX` for the function itself. The address of the loop's code, or 0 to be interpreted further.
            heat_up(function: i64, loop_at: i32) -> i64;
            /// Runs the rest of an interpreted function from a loop on, by the address of the loop's code; `frame` is that of
            /// its slots, where the results are left. Where it fails the error waits in the store.
            call_loop(code: i64, frame: i64) -> i32;
        }
    };
}
pub(crate) use for_each_builtin;

/// Rust's type for a part of a row.
macro_rules! builtin_type {
    (i32) => {
        u32
    };
    (i64) => {
        u64
    };
}
pub(crate) use builtin_type;

macro_rules! builtin_table {
    ($($(#[$doc:meta])* $name:ident($($param:ident: $ty:ident),*) -> $result:ident;)*) => {
        /// A runtime helper: its number is its position in the table that contexts point to.
        #[allow(non_camel_case_types, reason = "rows are named like the functions behind them")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Builtin {
            $($(#[$doc])* $name,)*
        }

        impl Builtin {
            /// Every helper, in the order of the table.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name,)*];

            /// Parameter types after the context, and the result type.
            pub fn signature(self) -> (&'static [BuiltinType], BuiltinType) {
                match self {
                    $(Builtin::$name => (&[$(builtin_type!($ty),)*], builtin_type!($result)),)*
                }
            }

            /// Offset of the helper's address in the table, in bytes.
            pub fn offset(self) -> u32 {
                self as u32 * size_of::<*const u8>() as u32
            }
        }
    };
}

macro_rules! builtin_type {
    (i32) => {
        BuiltinType::I32
    };
    (i64) => {
        BuiltinType::I64
    };
}

for_each_builtin!(builtin_table);
