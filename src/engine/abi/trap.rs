//! The one table of traps: number, the specification suite's wording, and the command line's wording.
//!
//! Numbers stand in trap tables of artifacts; append, never renumber without a new artifact format.

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $spec:literal, $message:literal;)*) => {
        /// Why wasm code stopped. spec: exec/instructions
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum TrapCode {
            $($(#[$doc])* $name = $number,)*
        }

        impl TrapCode {
            /// The code with that number, if there is one.
            pub fn from_number(number: u8) -> Option<TrapCode> {
                match number {
                    $($number => Some(TrapCode::$name),)*
                    _ => None,
                }
            }

            /// The wording of the specification's test suite.
            pub fn spec_message(self) -> &'static str {
                match self {
                    $(TrapCode::$name => $spec,)*
                }
            }

            /// The wording of the command line, which users of wazero match on.
            pub fn message(self) -> &'static str {
                match self {
                    $(TrapCode::$name => $message,)*
                }
            }
        }
    };
}

traps! {
    /// `unreachable` was executed.
    Unreachable = 1, "unreachable", "unreachable";
    /// Integer division or remainder by zero.
    IntegerDivideByZero = 2, "integer divide by zero", "integer divide by zero";
    /// Signed division overflow, or a float out of the integer's range.
    IntegerOverflow = 3, "integer overflow", "integer overflow";
    /// NaN converted to an integer.
    InvalidConversionToInteger = 4, "invalid conversion to integer", "invalid conversion to integer";
    /// A load, store or bulk operation beyond the end of memory.
    MemoryOutOfBounds = 5, "out of bounds memory access", "out of bounds memory access";
    /// `table.get`, `table.set` or a bulk operation beyond the end of a table.
    TableOutOfBounds = 6, "out of bounds table access", "invalid table access";
    /// `call_indirect` beyond the end of the table.
    UndefinedElement = 7, "undefined element", "invalid table access";
    /// `call_indirect` through a null element.
    UninitializedElement = 8, "uninitialized element", "invalid table access";
    /// `call_indirect` of a function of another type.
    IndirectCallTypeMismatch = 9, "indirect call type mismatch", "indirect call type mismatch";
    /// The wasm stack is used up, or a host function would not have room.
    StackOverflow = 10, "call stack exhausted", "stack overflow";
    /// A null reference where one that points to something is needed.
    NullReference = 11, "null reference", "null reference";
    /// An atomic access that is not naturally aligned.
    UnalignedAtomic = 12, "unaligned atomic", "unaligned atomic";
    /// A host function returned an error, which the store holds. Never shown by itself.
    HostError = 13, "host error", "host error";
}
