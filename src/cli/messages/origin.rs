//! Where a module comes from, told by an import that nothing provides, and what to build it with instead.
//!
//! Toolchains name their imports in their own ways. One table knows them; the first line that fits is the hint.

use super::visible::visible;
use crate::api::{ExternType, ImportError, ImportProblem};

/// A toolchain or proposal, by the imports that only it makes.
struct Origin {
    /// Whether an import with these two names is one of its.
    fits: fn(module: &str, name: &str) -> bool,
    /// What the module is and what to do.
    hint: &'static str,
}

const ORIGINS: &[Origin] = &[
    Origin {
        fits: |module, name| module == "wbg" || module.starts_with("__wbindgen") || name.starts_with("__wbindgen"),
        hint: "the module was made with wasm-bindgen, for a JavaScript host; build it without wasm-bindgen by `cargo build --target wasm32-wasip1`",
    },
    Origin {
        fits: |module, name| matches!(module, "gojs" | "go") || name.starts_with("syscall/js."),
        hint: "the module was made by Go for a JavaScript host; build it with `GOOS=wasip1 GOARCH=wasm go build`, or with `tinygo build -target=wasip1`",
    },
    Origin {
        fits: |module, name| module == "env" && is_emscripten(name) || module == "a" && name.len() <= 2,
        hint: "the module was made by Emscripten, for a JavaScript host; link it with `emcc -sSTANDALONE_WASM`, or build it with wasi-sdk",
    },
    Origin {
        fits: |module, name| module == "env" && matches!(name, "abort" | "seed" | "trace" | "console.log"),
        hint: "the module was made by AssemblyScript without WASI; build it with `@assemblyscript/wasi-shim`, or with `--use abort=` and a handler of its own",
    },
    Origin {
        fits: |module, _| module.starts_with("wasix_"),
        hint: "the module needs WASIX, an extension of another runner; build it for the target wasm32-wasip1, without cargo-wasix or wasix-libc",
    },
    Origin {
        fits: |module, name| module == "wasi" && name == "thread-spawn",
        hint: "the module starts threads; build it for wasm32-wasip1 instead of wasm32-wasip1-threads",
    },
    Origin {
        fits: |module, _| is_component_import(module),
        hint: "the module is the inside of a component, for WASI 0.2 or later; rebuild with --target wasm32-wasip1",
    },
    Origin {
        fits: |module, _| module.starts_with("wasm:") || matches!(module, "js_code" | "dart2wasm" | "intrinsics"),
        hint: "the module was made for a JavaScript host by a compiler of a garbage-collected language; build it for WASI preview 1 if the compiler can",
    },
    Origin {
        fits: |module, _| matches!(module, "spectest" | "js" | "console" | "imports"),
        hint: "the module is made for a host that defines functions of its own; only WASI preview 1 (`wasi_snapshot_preview1`) is provided",
    },
];

/// What to do about an import that has no fitting definition.
pub(crate) fn hint(error: &ImportError) -> Option<String> {
    let (module, name) = (error.module.as_str(), error.name.as_str());
    match error.problem {
        ImportProblem::UnknownModule => Some(match ORIGINS.iter().find(|origin| (origin.fits)(module, name)) {
            Some(origin) => origin.hint.to_owned(),
            None => unknown(module, name, &error.expected),
        }),
        ImportProblem::UnknownName => {
            Some("WASI preview 1 has no such function; was the program built for another version of WASI?".to_owned())
        }
        _ => None,
    }
}

/// The hint for an import that no toolchain's habit explains.
fn unknown(module: &str, name: &str, expected: &ExternType) -> String {
    match expected {
        ExternType::Memory(_) => {
            "the module expects its memory from the host; link it without `--import-memory`".to_owned()
        }
        ExternType::Func(_) if module == "env" => format!(
            "`env` is where linkers leave functions that they did not find; link the library that defines `{}`",
            visible(name)
        ),
        _ => "only WASI preview 1 (`wasi_snapshot_preview1`) is provided; rebuild the program for wasm32-wasip1, or drop what needs other imports".to_owned(),
    }
}

fn is_emscripten(name: &str) -> bool {
    ["emscripten_", "_emscripten_", "__syscall_", "invoke_", "_embind_", "_emval_", "__asyncjs__", "__cxa_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || matches!(
            name,
            "__assert_fail" | "_abort_js" | "__memory_base" | "__table_base" | "_tzset_js" | "setTempRet0"
        )
}

/// An interface such as `wasi:cli/stdout@0.2.0`, or a canonical name that componentising tools make.
fn is_component_import(module: &str) -> bool {
    module.contains(':') && module.contains('/') || module.starts_with("cm32p2") || module.starts_with("[export]")
}

/// What to do about a proposal that is not supported.
pub(crate) fn proposal_hint(message: &str) -> Option<&'static str> {
    let names = |proposal: &str| message.contains(&format!("`{proposal}`"));
    if names("threads") {
        return Some(
            "build the program without threads: for wasm32-wasip1 instead of wasm32-wasip1-threads, without `-pthread`",
        );
    }
    if names("exceptions") || names("legacy-exceptions") {
        return Some("build the program without exceptions: `-fno-exceptions`, `panic=abort`, no `-fwasm-exceptions`");
    }
    if names("gc") || names("function-references") {
        return Some("the program comes from a compiler of a garbage-collected language; this runner has no collector");
    }
    if names("memory64") {
        return Some("build the program for wasm32 instead of wasm64");
    }
    message.contains("the proposal `").then_some("`wazero inspect` lists the proposals that the module uses")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::FuncType;

    #[track_caller]
    fn check(module: &str, name: &str, expect: &str) {
        let expected = ExternType::Func(FuncType { params: [].into(), results: [].into() });
        let problem = ImportProblem::UnknownModule;
        let error = ImportError { module: module.to_owned(), name: name.to_owned(), expected, problem };
        let hint = hint(&error).unwrap_or_default();
        assert!(hint.contains(expect), "{module}.{name}: {hint}");
    }

    #[test]
    fn imports_name_their_toolchain() {
        check("wbg", "__wbg_log_1", "wasm-bindgen");
        check("__wbindgen_placeholder__", "__wbindgen_throw", "wasm-bindgen");
        check("gojs", "runtime.wasmExit", "GOOS=wasip1");
        check("go", "debug", "GOOS=wasip1");
        check("env", "syscall/js.valueGet", "tinygo");
        check("env", "emscripten_notify_memory_growth", "Emscripten");
        check("env", "invoke_vii", "Emscripten");
        check("a", "b", "Emscripten");
        check("env", "abort", "AssemblyScript");
        check("wasix_32v1", "futex_wait", "WASIX");
        check("wasi", "thread-spawn", "threads");
        check("wasi:cli/stdout@0.2.0", "get-stdout", "component");
        check("wasm:js-string", "length", "JavaScript");
        check("env", "sqlite3_open", "link the library that defines `sqlite3_open`");
        check("console", "log", "only WASI preview 1");
        check("other", "f", "only WASI preview 1");
    }
}
