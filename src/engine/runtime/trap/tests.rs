//! Traps and backtraces of compiled code, in an instance made by hand: its context, a memory, and host functions.

use super::super::entry::{CallFailure, EntryState, WasmCall, call_wasm, current_backtrace};
use super::super::symbolize::{Backtrace, HostName, Trace};
use super::*;
use crate::engine::abi::{
    VMContext, VMFrames, VMFuncKind, VMHostFunc, VMImportedFunc, VMMemory, VMMemorySlot, VMRunEnd, VMStoreContext,
    VMTailCall, ValRaw,
};
use crate::engine::compile::{Target, TrampolineKind, compile_module};
use crate::engine::module::{ExternIdx, Module, WasmVersion, decode};
use crate::engine::sys::{Mapping, Protection};
use std::ptr;
use std::sync::Arc;

/// Usable bytes of the wasm stacks here.
const STACK_BYTES: usize = 2 << 20;

/// What a host function of these tests does: `env.call` runs the export `again`, `env.fail` fails, `env.look` keeps a
/// backtrace.
type HostCall = extern "C" fn(*const VMHostFunc);

/// A module with an instance of it: one page of memory where it has a memory, and the host functions above as imports.
/// Everything that generated code points to is boxed or mapped, so that it stays where it is.
struct World {
    module: Arc<Module>,
    code: Arc<Code>,
    vm: Box<VMStoreContext>,
    entry: Box<EntryState>,
    context: Box<[u128]>,
    memory: Box<VMMemory>,
    #[allow(clippy::vec_box, reason = "the context holds the addresses of these boxes")]
    hosts: Vec<Box<VMHostFunc>>,
    seen: Vec<Backtrace>,
    /// How often `env.call` still goes on.
    depth: u32,
    _heap: Mapping,
}

impl World {
    fn new(wat: &str) -> Box<World> {
        let bytes = wat::parse_str(wat).expect("text");
        let decoded = decode(bytes.into(), WasmVersion::Latest).expect("module");
        let target = Target::host(true).expect("target");
        let artifact = compile_module(&target, &decoded.module, decoded.bodies, None, None).expect("artifact");
        let module = Arc::new(decoded.module);
        let code = Code::publish(target.isa(), artifact, Some(module.clone())).expect("code");
        let mut heap = Mapping::reserve(6 << 30).expect("heap");
        heap.protect(0, 1 << 16, Protection::ReadWrite).expect("page");
        let mut world = Box::new(World {
            vm: Box::new(VMStoreContext {
                stack_limit: 0,
                last_host_fp: 0,
                last_host_func: ptr::null(),
                host_failed: 0,
                store: ptr::null_mut(),
                frames: VMFrames { next: ptr::null_mut(), calls: ptr::null_mut() },
                run: ptr::null(),
                run_end: VMRunEnd::none(),
                tail: VMTailCall::NONE,
            }),
            entry: Box::new(EntryState::new(STACK_BYTES)),
            context: vec![0; module.layout().size() as usize / 16].into(),
            memory: Box::new(VMMemory { base: heap.base(), len_bytes: 1 << 16 }),
            hosts: Vec::new(),
            seen: Vec::new(),
            depth: 0,
            module,
            code,
            _heap: heap,
        });
        world.link();
        world
    }

    fn link(&mut self) {
        let layout = self.module.layout();
        let store = &raw mut *self.vm;
        self.vm.store = ptr::from_mut(self).cast();
        let context = VMContext {
            store,
            builtins: ptr::null(),
            exported_memory: ptr::null_mut(),
            instance: ptr::null_mut(),
            functions: ptr::null(),
            default_memory: ptr::null_mut(),
            slots: ptr::null(),
        };
        self.write(0, context);
        if !self.module.memories.is_empty() {
            let memory = &raw mut *self.memory;
            self.write(layout.memory(0), VMMemorySlot { base: self.memory.base, memory });
        }
        for number in 0..self.module.imported_funcs {
            let import = &self.module.imports[number as usize];
            let call = match import.name.as_str() {
                "call" => call_again as HostCall,
                "fail" => fail,
                _ => look,
            };
            let trampoline = self.code.trampoline(self.module.functions[number as usize], TrampolineKind::HostDirect);
            let host = Box::new(VMHostFunc {
                call: call as *const u8,
                call_array: ptr::null(),
                data: ptr::null(),
                store,
                caller: self.context.as_mut_ptr().cast(),
                has_effect: true,
            });
            let code = trampoline.expect("trampoline");
            let imported =
                VMImportedFunc { code, context: (&raw const *host).cast_mut().cast(), func_ref: ptr::null() };
            self.write(layout.imported_func(number), imported);
            self.hosts.push(host);
        }
    }

    fn write<T>(&mut self, offset: u32, item: T) {
        let place = self.context.as_mut_ptr().wrapping_byte_add(offset as usize).cast::<T>();
        // SAFETY: The layout says that an item of this type stands there, and the context is as large as it says.
        unsafe { place.write(item) };
    }

    /// The call of an export that takes and returns nothing.
    fn call_of(&self, export: &str) -> WasmCall {
        let item = self.module.exports.iter().find(|item| item.name == export).expect("export").item;
        let ExternIdx::Func(func) = item else { panic!("not a function") };
        let own = self.module.defined_func(func).expect("own function");
        WasmCall {
            entry: self.code.trampoline(self.module.functions[func.index()], TrampolineKind::Entry).expect("entry"),
            code: self.code.function(own).expect("function"),
            context: self.context.as_ptr().cast_mut().cast(),
            values: ptr::null_mut::<ValRaw>(),
            kind: VMFuncKind::Compiled,
        }
    }

    fn names(&self) -> impl Fn(*const VMHostFunc) -> Option<HostName> {
        |func| {
            let number = self.hosts.iter().position(|host| ptr::eq(&raw const **host, func))?;
            let import = &self.module.imports[number];
            Some(HostName { module: import.module.clone(), func: import.name.clone(), signature: "()".into() })
        }
    }
}

/// Runs an export, without a reference to the world, which host functions use meanwhile.
fn run(world: *mut World, export: &str) -> Result<(), Box<RawTrap>> {
    // SAFETY: The test owns the world, and nothing else runs.
    let call = unsafe { &*world }.call_of(export);
    // SAFETY: As above; boxes keep their contents where they are, and the borrow ends here.
    let World { vm, entry, .. } = unsafe { &mut *world };
    let (vm, entry) = (&raw mut **vm, &raw mut **entry);
    // SAFETY: Both belong to the world, which outlives the call, and the call fits together.
    match unsafe { call_wasm(vm, entry, &call) } {
        Ok(()) => Ok(()),
        Err(CallFailure::Trap(trap)) => Err(trap),
        Err(failure) => panic!("{failure}"),
    }
}

fn vm_of<'a>(host: *const VMHostFunc) -> &'a mut VMStoreContext {
    // SAFETY: Trampolines pass the record they were linked with.
    let store = unsafe { &*host }.store;
    // SAFETY: Its store is the world's, which nothing else uses while a host function runs.
    unsafe { &mut *store }
}

fn world_of(host: *const VMHostFunc) -> *mut World {
    vm_of(host).store.cast()
}

extern "C" fn fail(host: *const VMHostFunc) {
    vm_of(host).host_failed = 1;
}

extern "C" fn look(host: *const VMHostFunc) {
    let raw = current_backtrace();
    // SAFETY: The test's call is the only user of the world, and it lent it to wasm.
    let world = unsafe { &mut *world_of(host) };
    let trace = Trace::of(&raw, &world.names()).symbolize();
    world.seen.push(trace);
}

extern "C" fn call_again(host: *const VMHostFunc) {
    let world = world_of(host);
    // SAFETY: As in `look`.
    let depth = unsafe { &mut (*world).depth };
    if *depth == 0 {
        return;
    }
    *depth -= 1;
    if run(world, "again").is_err() {
        fail(host);
    }
}

/// Runs the export `run`, which must trap: the trap and its backtrace.
fn trap(world: &mut Box<World>) -> (TrapCode, String) {
    let trap = run(&raw mut **world, "run").expect_err("trap");
    (trap.code, Trace::of(&trap.backtrace, &world.names()).symbolize().to_string())
}

fn check(wat: &str, code: TrapCode, frames: &[&str]) {
    let (trapped, trace) = trap(&mut World::new(wat));
    assert_eq!(trapped, code);
    let expect: String = frames.iter().map(|frame| format!("\n\t{frame}")).collect();
    assert_eq!(trace, format!("wasm stack trace:{expect}"));
}

#[test]
fn instructions_trap_where_they_stand() {
    let cases = [
        ("unreachable", TrapCode::Unreachable),
        ("(drop (i32.div_s (i32.const 1) (local.get 0)))", TrapCode::IntegerDivideByZero),
        ("(drop (i64.rem_u (i64.const 1) (i64.extend_i32_u (local.get 0))))", TrapCode::IntegerDivideByZero),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get 0) (i32.const 1))))", TrapCode::IntegerOverflow),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", TrapCode::InvalidConversionToInteger),
        ("(drop (i64.trunc_f64_u (f64.const 1e30)))", TrapCode::IntegerOverflow),
        ("(drop (i32.load (i32.const 65533)))", TrapCode::MemoryOutOfBounds),
        ("(i64.store (i32.const -1) (i64.const 0))", TrapCode::MemoryOutOfBounds),
        ("(drop (v128.load offset=0xffffffff (i32.const -1)))", TrapCode::MemoryOutOfBounds),
    ];
    for (body, code) in cases {
        let wat = format!(
            "(module $m (memory 1)
               (func $inner (param i32) {body})
               (func (export \"run\") (call $inner (i32.const 0))))"
        );
        check(&wat, code, &["m.inner(i32)", "m.$1()"]);
    }
}

#[test]
fn failed_host_functions_are_frames() {
    check(
        r#"(module (import "env" "fail" (func $f)) (func $g call $f) (func $run (export "run") call $g))"#,
        TrapCode::HostError,
        &["env.fail()", ".g()", ".run()"],
    );
}

#[test]
fn nested_activations_are_one_backtrace() {
    let wat = r#"(module (import "env" "call" (func $call)) (import "env" "look" (func $look))
        (func $run (export "run") call $call call $look unreachable)
        (func $again (export "again") call $call call $look))"#;
    let mut world = World::new(wat);
    world.depth = 2;
    let (code, trace) = trap(&mut world);
    assert_eq!((code, trace.as_str()), (TrapCode::Unreachable, "wasm stack trace:\n\t.run()"));
    let names: Vec<Vec<&str>> =
        world.seen.iter().map(|trace| trace.frames.iter().map(|frame| frame.func.as_str()).collect()).collect();
    assert_eq!(
        names,
        [&["look", "again", "call", "again", "call", "run"][..], &["look", "again", "call", "run"], &["look", "run"],]
    );
}

#[test]
fn inner_traps_show_outer_frames_and_the_outer_call_goes_on() {
    let wat = r#"(module (import "env" "call" (func $call)) (import "env" "look" (func $look))
        (func $run (export "run") call $call unreachable)
        (func $again (export "again") call $look unreachable))"#;
    let mut world = World::new(wat);
    world.depth = 1;
    let (code, trace) = trap(&mut world);
    assert_eq!((code, trace.as_str()), (TrapCode::HostError, "wasm stack trace:\n\tenv.call()\n\t.run()"));
    assert_eq!(world.seen[0].frames.len(), 4);
    // A world that trapped can be used again.
    world.vm.host_failed = 0;
    assert_eq!(trap(&mut world).0, TrapCode::Unreachable);
}

/// A function that calls itself with `locals` vectors alive over the call.
fn recursion(locals: usize) -> String {
    let declared = "(local v128)".repeat(locals);
    let set: String = (1..=locals)
        .map(|local| format!("(local.set {local} (i32x4.splat (i32.add (local.get 0) (i32.const {local}))))"))
        .collect();
    let used: String = (1..=locals).map(|local| format!("(v128.store (i32.const 0) (local.get {local}))")).collect();
    format!(
        "(module (memory 1) (func $deep (param i32) {declared} {set}
           (call $deep (i32.add (local.get 0) (i32.const 1))) {used})
           (func (export \"run\") (call $deep (i32.const 0))))"
    )
}

#[test]
fn every_frame_size_overflows_into_a_trap() {
    for locals in [0, 1, 16, 255, 256, 300, 4096] {
        let mut world = World::new(&recursion(locals));
        // The second time shows that the first left the stack as it was.
        for _ in 0..2 {
            let (code, trace) = trap(&mut world);
            assert_eq!(code, TrapCode::StackOverflow, "{locals} locals");
            let lines: Vec<&str> = trace.lines().collect();
            assert_eq!(lines.len(), 32, "{trace}");
            assert!(lines[1..31].iter().all(|line| *line == "\t.deep(i32)"), "{trace}");
            assert_eq!(lines[31], "\t... maybe followed by omitted frames");
        }
    }
}

#[test]
fn host_calls_without_room_trap() {
    let wat = r#"(module (import "env" "call" (func $call))
        (func $run (export "run") call $call) (func $again (export "again") call $call))"#;
    let mut world = World::new(wat);
    world.depth = u32::MAX;
    // The innermost trap is a stack overflow; every host function around it fails with it.
    let (code, trace) = trap(&mut world);
    assert_eq!(code, TrapCode::HostError);
    assert_eq!(trace, "wasm stack trace:\n\tenv.call()\n\t.run()");
    assert!(u32::MAX - world.depth > 100);
}

#[test]
fn overflow_in_one_thread_leaves_others_alone() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..20 {
                    assert_eq!(trap(&mut World::new(&recursion(3))).0, TrapCode::StackOverflow);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("thread");
    }
}
