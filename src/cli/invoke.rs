//! `run -invoke`: calls an exported function with words as its parameters and prints its results.

use super::messages::failure::Failure;
use super::messages::report;
use super::messages::visible::{quoted_list, visible};
use super::syntax::value;
use crate::api::{ExternType, FuncType, Module, Val};
use std::ffi::OsString;

/// A call as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invocation {
    /// Name of the exported function.
    pub(super) name: OsString,
    /// A word for each parameter.
    pub(super) words: Vec<OsString>,
}

/// A call whose function exists and whose words are values of its types.
#[derive(Debug)]
pub(super) struct PreparedInvocation {
    /// Name of the exported function.
    pub(super) name: String,
    /// Its parameters.
    pub(super) params: Vec<Val>,
    /// Room for its results.
    pub(super) results: Vec<Val>,
}

/// Finds the function and reads the words. A module is not even instantiated where they do not fit.
pub(super) fn prepare(module: &Module, call: &Invocation) -> Result<PreparedInvocation, Failure> {
    let name = call.name.to_string_lossy().into_owned();
    let ty = match module.export(&name) {
        Some(ExternType::Func(ty)) => ty,
        Some(_) => return Err(invalid(&name, "it is exported, but is no function").hint(functions(module))),
        None => return Err(invalid(&name, "the module exports no such function").hint(functions(module))),
    };
    let signature = || format!("its signature is `{}`", signature(&name, &ty));
    if ty.params.len() != call.words.len() {
        let (expected, passed) = (ty.params.len(), call.words.len());
        return Err(invalid(&name, &format!("expected {expected} params, but passed {passed}")).hint(signature()));
    }
    let mut params = Vec::with_capacity(ty.params.len());
    for (index, (word, param)) in call.words.iter().zip(ty.params.iter()).enumerate() {
        let word = word.to_string_lossy();
        let param = value::parse(&word, *param).map_err(|error| {
            invalid(&name, &format!("param {} `{}` is no {param}: {error}", index + 1, visible(&word)))
                .hint(signature())
        })?;
        params.push(param);
    }
    let results = ty.results.iter().map(|result| Val::zero(*result)).collect();
    Ok(PreparedInvocation { name, params, results })
}

/// Prints results on stdout, one a line.
pub(super) fn print(results: &[Val]) -> Result<(), Failure> {
    let lines: String = results.iter().map(|result| value::print(result) + "\n").collect();
    report::print_result(&lines)
}

/// A function as backtraces show it: `add(i32,i32) i32`.
pub(super) fn signature(name: &str, ty: &FuncType) -> String {
    let list = |types: &[crate::api::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let params = list(&ty.params);
    let results = match ty.results.len() {
        0 => String::new(),
        1 => format!(" {}", list(&ty.results)),
        _ => format!(" ({})", list(&ty.results)),
    };
    format!("{}({params}){results}", visible(name))
}

fn invalid(name: &str, problem: &str) -> Failure {
    Failure::new(format!("error invoking function[{}]: {problem}", visible(name)))
}

/// What could have been called.
fn functions(module: &Module) -> String {
    let functions: Vec<String> = module
        .exports()
        .filter_map(|export| match export.ty() {
            ExternType::Func(ty) => Some(signature(export.name(), &ty)),
            _ => None,
        })
        .collect();
    format!("the functions that it exports are {}", quoted_list(functions.iter().map(String::as_str)))
}
