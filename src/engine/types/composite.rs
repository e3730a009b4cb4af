//! Function types. spec: syntax/types#function-types

use super::ValType;
use std::fmt;

/// Parameters and results of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Parameter types, in order.
    pub params: Box<[ValType]>,
    /// Result types, in order.
    pub results: Box<[ValType]>,
}

impl FuncType {
    /// Makes a function type.
    pub fn new(params: impl IntoIterator<Item = ValType>, results: impl IntoIterator<Item = ValType>) -> Self {
        FuncType { params: params.into_iter().collect(), results: results.into_iter().collect() }
    }
}

/// `(i32,i32) i64`: parameters without spaces, one result bare, several in parentheses, as backtraces print them.
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, &self.params)?;
        match &*self.results {
            [] => Ok(()),
            [one] => write!(f, " {one}"),
            many => {
                f.write_str(" ")?;
                write_list(f, many)
            }
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
    f.write_str("(")?;
    for (position, ty) in types.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        write!(f, "{comma}{ty}")?;
    }
    f.write_str(")")
}
