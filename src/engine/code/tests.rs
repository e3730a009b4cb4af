//! Publishing, finding and forgetting code.

use super::*;
use crate::engine::abi::TrapCode;
use crate::engine::compile::{Target, compile_module};
use crate::engine::module::{WasmVersion, decode};

fn publish(wat: &str) -> Arc<Code> {
    let bytes = wat::parse_str(wat).expect("text");
    let decoded = decode(bytes.into(), WasmVersion::Latest).expect("module");
    let target = Target::host(true).expect("target");
    let artifact = compile_module(&target, &decoded.module, decoded.bodies, None, None).expect("artifact");
    Code::publish(target.isa(), artifact, Some(Arc::new(decoded.module))).expect("code")
}

const TWO_FUNCTIONS: &str = r#"(module (func (export "a") unreachable)
    (func (export "b") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))"#;

#[test]
fn addresses_lead_to_their_functions_and_trampolines() {
    let code = publish(TWO_FUNCTIONS);
    for number in 0..2 {
        let function = DefinedFuncIdx(number);
        let start = code.function(function).expect("function").addr();
        assert_eq!(code.frame_at(start), Some(FrameKind::Function(function)));
        assert_eq!(code.unframed(start), Some(0));
        let entry = code.trampoline(TypeIdx(number), TrampolineKind::Entry).expect("entry").addr();
        assert_eq!(code.frame_at(entry), Some(FrameKind::Entry));
        assert_eq!(code.unframed(entry), Some(0));
    }
    assert_eq!(code.function(DefinedFuncIdx(2)), None);
    assert_eq!(code.trampoline(TypeIdx(0), TrampolineKind::HostDirect), None);
    for outside in [0, code.range().start - 1, code.range().end, usize::MAX] {
        assert_eq!((code.frame_at(outside), code.trap_at(outside)), (None, None));
    }
}

#[test]
fn traps_are_found_at_their_instruction_only() {
    let code = publish(TWO_FUNCTIONS);
    let traps: Vec<_> = code.range().filter_map(|pc| code.trap_at(pc)).collect();
    assert_eq!(traps.first(), Some(&TrapCode::Unreachable));
    assert!(traps.contains(&TrapCode::IntegerDivideByZero) && traps.contains(&TrapCode::IntegerOverflow));
}

#[test]
fn modules_without_code_are_published() {
    let code = publish("(module)");
    assert!(code.range().is_empty());
    assert_eq!(code.function(DefinedFuncIdx(0)), None);
    assert_eq!(code.frame_at(0), None);
}

#[test]
fn code_is_known_from_publishing_to_the_last_drop() {
    let code = publish(TWO_FUNCTIONS);
    let range = code.range();
    let found = code_at(range.end - 1).expect("published");
    assert!(Arc::ptr_eq(&found, &code));
    assert!(code_at(range.end).is_none_or(|other| !Arc::ptr_eq(&other, &code)));
    // SAFETY: This test owns a share of the code.
    let found = unsafe { with_code_at(range.start, Code::range) };
    assert_eq!(found, Some(range));
}

#[test]
fn tables_that_leave_the_text_are_refused() {
    let target = Target::host(true).expect("target");
    for range in [CodeRange { start: 0, len: 2 }, CodeRange { start: 1, len: 1 }, CodeRange { start: 0, len: 0 }] {
        let artifact = Artifact { text: vec![0xc3], functions: vec![range], ..Artifact::default() };
        assert!(Code::publish(target.isa(), artifact, None).is_err(), "{range:?}");
    }
}

#[test]
fn publishing_and_dropping_on_many_threads() {
    let stays = publish(TWO_FUNCTIONS);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let stays = stays.clone();
            std::thread::spawn(move || {
                for _ in 0..50 {
                    let code = publish(TWO_FUNCTIONS);
                    for known in [&code, &stays] {
                        let start = known.range().start;
                        assert!(Arc::ptr_eq(&code_at(start).expect("published"), known));
                        // SAFETY: This thread owns a share of the code.
                        let found = unsafe { with_code_at(start, Code::range) };
                        assert_eq!(found, Some(known.range()));
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("thread");
    }
}
