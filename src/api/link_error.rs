//! [`ImportError`]: an import without a fitting definition, as data and in words.
//!
//! The words of the command line's predecessor are kept where users match on them; the rest says what was wanted and
//! what was found in the same form. spec: exec/modules#instantiation

use crate::engine::types::{ExternType, FuncType, GlobalType, MemoryType, TableType, ValType};
use std::fmt;

/// An import that has no fitting definition.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportError {
    /// First name of the import: the module asked for.
    pub module: String,
    /// Second name: the item in it.
    pub name: String,
    /// What the importing module says it is.
    pub expected: ExternType,
    /// Why nothing fits.
    pub problem: ImportProblem,
}

/// Why an import has no fitting definition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ImportProblem {
    /// Nothing at all is defined under the module's name.
    UnknownModule,
    /// The module is defined, but not this item of it.
    UnknownName,
    /// The item is defined with a type that does not match.
    Mismatch {
        /// The definition's type; sizes are the current ones.
        actual: ExternType,
    },
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            ImportProblem::UnknownModule => write!(f, "module[{}] not instantiated", self.module),
            ImportProblem::UnknownName => {
                write!(f, "{:?} is not exported in module {:?}", self.name, self.module)
            }
            ImportProblem::Mismatch { actual } => {
                write!(f, "import {}[{}.{}]: ", noun(&self.expected), self.module, self.name)?;
                write_mismatch(f, &self.expected, actual)
            }
        }
    }
}

impl std::error::Error for ImportError {}

fn noun(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "func",
        ExternType::Table(_) => "table",
        ExternType::Memory(_) => "memory",
        ExternType::Global(_) => "global",
    }
}

fn write_mismatch(f: &mut fmt::Formatter<'_>, expected: &ExternType, actual: &ExternType) -> fmt::Result {
    match (expected, actual) {
        (ExternType::Func(expected), ExternType::Func(actual)) => {
            write!(f, "signature mismatch: {} != {}", Signature(expected), Signature(actual))
        }
        (ExternType::Table(expected), ExternType::Table(actual)) => write_table_mismatch(f, expected, actual),
        (ExternType::Memory(expected), ExternType::Memory(actual)) => write_memory_mismatch(f, expected, actual),
        (ExternType::Global(expected), ExternType::Global(actual)) => write_global_mismatch(f, expected, actual),
        _ => write!(f, "kind mismatch: {} != {}", noun(expected), noun(actual)),
    }
}

fn write_table_mismatch(f: &mut fmt::Formatter<'_>, expected: &TableType, actual: &TableType) -> fmt::Result {
    if expected.element != actual.element {
        return write!(f, "table type mismatch: {} != {}", expected.element, actual.element);
    }
    write_limits_mismatch(f, (expected.min, expected.max), (actual.min, actual.max))
}

fn write_memory_mismatch(f: &mut fmt::Formatter<'_>, expected: &MemoryType, actual: &MemoryType) -> fmt::Result {
    if expected.shared != actual.shared {
        return write!(f, "shared mismatch: {} != {}", expected.shared, actual.shared);
    }
    write_limits_mismatch(f, (expected.min, expected.max), (actual.min, actual.max))
}

fn write_global_mismatch(f: &mut fmt::Formatter<'_>, expected: &GlobalType, actual: &GlobalType) -> fmt::Result {
    if expected.mutable != actual.mutable {
        return write!(f, "mutability mismatch: {} != {}", expected.mutable, actual.mutable);
    }
    write!(f, "value type mismatch: {} != {}", expected.content, actual.content)
}

/// Limits do not match: the definition is too small, or may grow further than the importer allows.
fn write_limits_mismatch(
    f: &mut fmt::Formatter<'_>,
    (min, max): (u64, Option<u64>),
    (actual_min, actual_max): (u64, Option<u64>),
) -> fmt::Result {
    match (max, actual_max) {
        _ if actual_min < min => write!(f, "minimum size mismatch: {min} > {actual_min}"),
        (Some(max), None) => write!(f, "maximum size mismatch: {max}, but actual has no max"),
        (Some(max), Some(actual)) => write!(f, "maximum size mismatch: {max} < {actual}"),
        (None, _) => f.write_str("index type mismatch"),
    }
}

/// `i32i64_v`: parameters, an underscore, results, and `v` where there are none.
struct Signature<'a>(&'a FuncType);

impl fmt::Display for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_types(f, &self.0.params)?;
        f.write_str("_")?;
        write_types(f, &self.0.results)
    }
}

fn write_types(f: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
    if types.is_empty() {
        return f.write_str("v");
    }
    types.iter().try_for_each(|ty| write!(f, "{ty}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: ExternType, problem: ImportProblem, words: &str) {
        let error = ImportError { module: "env".into(), name: "item".into(), expected, problem };
        assert_eq!(error.to_string(), words);
    }

    fn memory(min: u64, max: Option<u64>) -> ExternType {
        ExternType::Memory(MemoryType { min, max, memory64: false, shared: false, page_size_log2: 16 })
    }

    #[test]
    fn unknown_imports() {
        let ty = ExternType::Func(FuncType::new([], []));
        check(ty.clone(), ImportProblem::UnknownModule, "module[env] not instantiated");
        check(ty, ImportProblem::UnknownName, "\"item\" is not exported in module \"env\"");
    }

    #[test]
    fn signatures() {
        check(
            ExternType::Func(FuncType::new([ValType::I64], [])),
            ImportProblem::Mismatch { actual: ExternType::Func(FuncType::new([ValType::I32], [])) },
            "import func[env.item]: signature mismatch: i64_v != i32_v",
        );
        check(
            ExternType::Func(FuncType::new([], [ValType::F64, ValType::F32])),
            ImportProblem::Mismatch { actual: ExternType::Func(FuncType::new([], [])) },
            "import func[env.item]: signature mismatch: v_f64f32 != v_v",
        );
    }

    #[test]
    fn limits() {
        let mismatch = |actual| ImportProblem::Mismatch { actual };
        check(memory(2, None), mismatch(memory(1, None)), "import memory[env.item]: minimum size mismatch: 2 > 1");
        check(
            memory(1, Some(2)),
            mismatch(memory(1, None)),
            "import memory[env.item]: maximum size mismatch: 2, but actual has no max",
        );
        check(
            memory(1, Some(2)),
            mismatch(ExternType::Global(GlobalType { content: ValType::I32, mutable: true })),
            "import memory[env.item]: kind mismatch: memory != global",
        );
    }
}
