//! Instances, helpers and host functions, with guarded and with checked memories.

use super::instance::ExportValue;
use super::store::{InstanceId, StoreBox, StoreLimits};
use super::value::Value;
use super::{BoxError, Caller, Fault, FuncHandle, HostFunc, ImportValue, InstantiateError, PreparedCall, instantiate};
use crate::engine::abi::{TrapCode, VMContext, VMGlobal, ValRaw};
use crate::engine::pipeline::{CompiledModule, EngineOptions, EngineShared, compile};
use crate::engine::types::{FuncType, GlobalIdx, MemoryIdx, RefType, TableType, ValType};
use std::sync::Arc;

/// An engine with guarded memories where there is address space for them, if they are wanted.
fn engine(guarded: bool) -> Arc<EngineShared> {
    let guarded_memory = Some(guarded && cfg!(target_pointer_width = "64"));
    EngineShared::new(EngineOptions { guarded_memory, ..EngineOptions::default() }).expect("engine")
}

fn compiled(engine: &Arc<EngineShared>, text: &str) -> Arc<CompiledModule> {
    compile(engine, wat::parse_str(text).expect("text format").into(), None).expect("module")
}

struct World {
    store: StoreBox<u32>,
    instance: InstanceId,
}

impl World {
    fn new(guarded: bool, text: &str, imports: &[ImportValue]) -> World {
        let engine = engine(guarded);
        let module = compiled(&engine, text);
        let mut store = StoreBox::new(&engine, 7);
        let instance = instantiate(&mut store.opaque, &module, imports).expect("instance");
        World { store, instance }
    }

    fn func(&self, name: &str) -> FuncHandle {
        match self.store.opaque.instance(self.instance).export(name) {
            Some(ExportValue::Func(func)) => func,
            other => panic!("`{name}` is {other:?}"),
        }
    }

    fn call(&mut self, name: &str, params: &[Value]) -> Result<Option<Value>, Fault> {
        let func = self.func(name);
        let store = &mut self.store.opaque;
        let call = PreparedCall::new(store, func);
        let mut values = vec![ValRaw { bytes: [0xff; 16] }; call.values_len()];
        for (param, value) in params.iter().zip(&mut values) {
            *value = param.to_raw(store).expect("value");
        }
        call.call(store, &mut values)?;
        let ty = func.ty(store);
        Ok(ty.results.first().map(|ty| Value::from_raw(&values[0], *ty, store)))
    }

    /// Calls a function of `i32`s.
    fn i32(&mut self, name: &str, params: &[i32]) -> Result<i32, TrapCode> {
        let params: Vec<Value> = params.iter().copied().map(Value::I32).collect();
        match self.call(name, &params) {
            Ok(Some(Value::I32(value))) => Ok(value),
            Ok(None) => Ok(0),
            Err(Fault::Trap { code, .. }) => Err(code),
            other => panic!("`{name}` ended with {other:?}"),
        }
    }
}

#[test]
fn contexts_hold_what_the_layout_says() {
    let text = r#"(module
        (memory (export "memory") 2) (global i32 (i32.const 1)) (global (mut i64) (i64.const -2))
        (table 3 funcref) (func (export "f")))"#;
    let mut world = World::new(true, text, &[]);
    let store = &mut world.store.opaque;
    let vm = store.vm();
    let instance = store.instance(world.instance);
    let context = instance.context().as_ptr();
    assert_eq!(context.addr() % align_of::<VMContext>(), 0);
    // SAFETY: The context belongs to an instance of the store, and no code runs.
    let header = unsafe { &*context };
    assert_eq!(header.store, vm);
    assert_eq!(header.instance.cast_const(), std::ptr::from_ref(instance).cast());
    let layout = instance.module().layout();
    let global = context.wrapping_byte_add(layout.defined_global(1) as usize).cast::<VMGlobal>();
    assert_eq!(store.global(instance.global(GlobalIdx(1))).cell().as_ptr(), global);
    let memory = instance.memory(MemoryIdx(0));
    assert_eq!(header.exported_memory, store.memory_mut(memory).vm().as_ptr());
}

const BULK: &str = r#"(module
    (memory $a (export "memory") 1 3) (memory $b 1)
    (data $d "hello")
    (func (export "grow") (param i32) (result i32) (memory.grow $a (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u $a (local.get 0)))
    (func (export "init") (param i32 i32 i32) (memory.init $a $d (local.get 0) (local.get 1) (local.get 2)))
    (func (export "drop") (data.drop $d))
    (func (export "fill") (param i32 i32 i32) (memory.fill $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (memory.copy $a $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "over") (param i32 i32 i32)
        (memory.copy $b $a (i32.const 100) (local.get 1) (local.get 2))
        (memory.copy $a $b (local.get 0) (i32.const 100) (local.get 2))))"#;

#[test]
fn bulk_memory_operations_check_before_they_write() {
    for guarded in [true, false] {
        let mut world = World::new(guarded, BULK, &[]);
        assert_eq!(world.i32("load", &[65536]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(world.i32("grow", &[1]), Ok(1));
        assert_eq!(world.i32("load", &[65536]), Ok(0));
        assert_eq!(world.i32("grow", &[2]), Ok(-1));
        assert_eq!(world.i32("init", &[131068, 0, 5]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(world.i32("load", &[131068]), Ok(0));
        assert_eq!(world.i32("init", &[10, 0, 5]), Ok(0));
        assert_eq!(world.i32("init", &[10, 4, 2]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(world.i32("copy", &[11, 10, 5]), Ok(0));
        assert_eq!(world.i32("load", &[15]), Ok(i32::from(b'o')));
        assert_eq!(world.i32("over", &[131000, 10, 6]), Ok(0));
        assert_eq!(world.i32("load", &[131005]), Ok(i32::from(b'o')));
        assert_eq!(world.i32("copy", &[0, -1, 2]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(world.i32("fill", &[131071, 9, 2]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(world.i32("fill", &[131071, 0x109, 1]), Ok(0));
        assert_eq!(world.i32("load", &[131071]), Ok(9));
        assert_eq!(world.i32("drop", &[]), Ok(0));
        assert_eq!(world.i32("init", &[0, 0, 1]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(world.i32("init", &[0, 0, 0]), Ok(0));
    }
}

const TABLES: &str = r#"(module
    (type $t (func (result i32)))
    (table $a 4 6 funcref) (table $b 4 funcref)
    (elem $e func $one $two)
    (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
    (func (export "call") (param i32) (result i32) (call_indirect $a (type $t) (local.get 0)))
    (func (export "init") (param i32 i32 i32) (table.init $a $e (local.get 0) (local.get 1) (local.get 2)))
    (func (export "drop") (elem.drop $e))
    (func (export "copy") (param i32 i32 i32) (table.copy $a $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "over") (param i32 i32 i32)
        (table.copy $b $a (i32.const 0) (local.get 1) (local.get 2))
        (table.copy $a $b (local.get 0) (i32.const 0) (local.get 2)))
    (func (export "fill") (param i32 i32) (table.fill $a (local.get 0) (ref.func $two) (local.get 1)))
    (func (export "grow") (param i32) (result i32) (table.grow $a (ref.func $one) (local.get 0))))"#;

#[test]
fn table_operations_check_before_they_write() {
    let mut world = World::new(true, TABLES, &[]);
    assert_eq!(world.i32("call", &[0]), Err(TrapCode::UninitializedElement));
    assert_eq!(world.i32("init", &[3, 0, 2]), Err(TrapCode::TableOutOfBounds));
    assert_eq!(world.i32("call", &[3]), Err(TrapCode::UninitializedElement));
    assert_eq!(world.i32("init", &[0, 0, 2]), Ok(0));
    assert_eq!(world.i32("copy", &[1, 0, 2]), Ok(0));
    assert_eq!((world.i32("call", &[1]), world.i32("call", &[2])), (Ok(1), Ok(2)));
    assert_eq!(world.i32("over", &[3, 2, 1]), Ok(0));
    assert_eq!(world.i32("call", &[3]), Ok(2));
    assert_eq!(world.i32("grow", &[3]), Ok(-1));
    assert_eq!(world.i32("grow", &[2]), Ok(4));
    assert_eq!(world.i32("call", &[5]), Ok(1));
    assert_eq!(world.i32("call", &[6]), Err(TrapCode::UndefinedElement));
    assert_eq!(world.i32("fill", &[5, 2]), Err(TrapCode::TableOutOfBounds));
    assert_eq!(world.i32("fill", &[4, 2]), Ok(0));
    assert_eq!(world.i32("call", &[5]), Ok(2));
    assert_eq!(world.i32("drop", &[]), Ok(0));
    assert_eq!(world.i32("init", &[0, 0, 1]), Err(TrapCode::TableOutOfBounds));
}

#[test]
fn limits_hold_for_the_whole_store() {
    let mut world = World::new(true, BULK, &[]);
    world.store.opaque.set_limits(StoreLimits { memory_bytes: 3 << 16, table_elements: 2 });
    assert_eq!(world.i32("grow", &[2]), Ok(-1));
    assert_eq!(world.i32("grow", &[1]), Ok(1));
    let ty = TableType { element: RefType::FUNCREF, min: 3, max: None, table64: false };
    assert!(world.store.opaque.add_table(ty).is_err());
    let module = compiled(world.store.opaque.engine(), "(module (memory 1))");
    let failed = instantiate(&mut world.store.opaque, &module, &[]);
    assert!(matches!(failed, Err(InstantiateError::Alloc(_))), "{failed:?}");
}

#[test]
fn what_segments_wrote_before_a_trap_stays() {
    let mut world = World::new(false, BULK, &[]);
    let Some(memory @ ExportValue::Memory(id)) = world.store.opaque.instance(world.instance).export("memory") else {
        panic!("no memory");
    };
    let text = r#"(module (memory (import "a" "b") 1)
        (data (i32.const 5) "ab") (data (i32.const 65535) "cd"))"#;
    let module = compiled(world.store.opaque.engine(), text);
    let failed = instantiate(&mut world.store.opaque, &module, &[memory.into()]);
    assert!(matches!(failed, Err(InstantiateError::Fault(Fault::Trap { code: TrapCode::MemoryOutOfBounds, .. }))));
    assert_eq!(&world.store.opaque.memory(id).bytes()[5..8], b"ab\0");
    assert_eq!(world.store.opaque.memory(id).bytes()[65535], 0);
}

#[test]
fn imports_must_match() {
    let engine = engine(true);
    let module = compiled(&engine, r#"(module (func (import "a" "b") (param i32)))"#);
    let mut store = StoreBox::new(&engine, 7u32);
    let missing = instantiate(&mut store.opaque, &module, &[]);
    assert!(matches!(missing, Err(InstantiateError::Missing { .. })), "{missing:?}");
    let other_type = HostFunc::wrap::<u32, _, _, _>(|_: i64| ());
    let mismatch = instantiate(&mut store.opaque, &module, &[ImportValue::HostFunc(other_type)]);
    assert!(matches!(mismatch, Err(InstantiateError::Mismatch(_))), "{mismatch:?}");
    let other_data = HostFunc::wrap::<String, _, _, _>(|_: i32| ());
    let refused = instantiate(&mut store.opaque, &module, &[ImportValue::HostFunc(other_data)]);
    assert!(matches!(refused, Err(InstantiateError::Fault(Fault::Host { .. }))), "{refused:?}");
    let own = HostFunc::wrap::<u32, _, _, _>(|_: i32| ());
    assert!(instantiate(&mut store.opaque, &module, &[ImportValue::HostFunc(own)]).is_ok());
}

const HOST: &str = r#"(module
    (func $f (import "env" "f") (param i32 i64 f32 f64) (result f64))
    (func $pair (import "env" "pair") (param i32) (result i32 i64))
    (func $fail (import "env" "fail") (param i32))
    (export "reexported" (func $f))
    (func (export "run") (param i32) (result f64)
        (call $f (local.get 0) (i64.const 2) (f32.const 0.25) (f64.const 0.5)))
    (func (export "sum") (param i32) (result i64)
        (local $high i64)
        (call $pair (local.get 0)) (local.set $high) (i64.extend_i32_u) (i64.add (local.get $high)))
    (func (export "try") (param i32) (call $fail (local.get 0))))"#;

fn host_imports() -> [ImportValue; 3] {
    let captured = 100.0;
    let direct = HostFunc::wrap::<u32, _, _, _>(move |caller: Caller<'_, u32>, a: i32, b: i64, c: f32, d: f64| {
        f64::from(a) + b as f64 + f64::from(c) + d + captured + f64::from(*caller.data())
    });
    let array = HostFunc::wrap::<u32, _, _, _>(|a: u32| (a, u64::from(a) * 2));
    let ty = FuncType::new([ValType::I32], []);
    let dynamic = HostFunc::dynamic::<u32, _>(ty, |mut caller: Caller<'_, u32>, values| {
        *caller.data_mut() += 1;
        match u32::from_ne_bytes(*values[0].bytes.first_chunk().ok_or("no value")?) {
            0 => Ok(()),
            1 => Err(BoxError::from("refused")),
            _ => panic!("dropped the ball"),
        }
    });
    [direct, array, dynamic].map(ImportValue::HostFunc)
}

#[test]
fn host_functions_of_every_shape_are_called() {
    let mut world = World::new(true, HOST, &host_imports());
    let params = [Value::I32(1), Value::I64(2), Value::F32(0.25f32.to_bits()), Value::F64(0.5f64.to_bits())];
    let expected = 110.75f64.to_bits();
    assert!(matches!(world.call("run", &[Value::I32(1)]), Ok(Some(Value::F64(bits))) if bits == expected));
    assert!(matches!(world.call("reexported", &params), Ok(Some(Value::F64(bits))) if bits == expected));
    assert!(matches!(world.call("sum", &[Value::I32(5)]), Ok(Some(Value::I64(15)))));
}

#[test]
fn host_failures_end_the_call_and_nothing_else() {
    let mut world = World::new(true, HOST, &host_imports());
    for _ in 0..3 {
        assert!(world.call("try", &[Value::I32(0)]).is_ok());
        match world.call("try", &[Value::I32(1)]) {
            Err(Fault::Host { error, backtrace: Some(frames) }) => {
                assert_eq!(error.to_string(), "refused");
                let frames = frames.symbolize();
                assert_eq!(frames.frames.len(), 2, "{frames:?}");
                assert_eq!(frames.frames[0].func, "fail");
            }
            other => panic!("{other:?}"),
        }
        match world.call("try", &[Value::I32(2)]) {
            Err(Fault::Bug { message, .. }) => {
                assert_eq!(message, "bug in wazero: host function `env.fail` panicked: dropped the ball");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.store.data, 16);
}

#[test]
fn stores_are_dropped_with_everything_in_them() {
    struct Counted(Arc<()>);
    let alive = Arc::new(());
    let engine = engine(true);
    let module = compiled(&engine, r#"(module (func (import "a" "b")) (table 1 externref) (memory 1))"#);
    let mut store = StoreBox::new(&engine, Counted(alive.clone()));
    let captured = alive.clone();
    let func = HostFunc::wrap::<Counted, _, _, _>(move || drop(captured.clone()));
    instantiate(&mut store.opaque, &module, &[ImportValue::HostFunc(func)]).expect("instance");
    Value::Extern(Some(alive.clone())).to_raw(&mut store.opaque).expect("handle");
    assert_eq!(Arc::strong_count(&alive), 4);
    let Counted(kept) = store.into_data();
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(kept);
    assert_eq!(Arc::strong_count(&alive), 1);
    drop(module);
    assert_eq!(Arc::strong_count(&engine), 1);
}
