//! Tests of the decoder: what it refuses and with which words, what it records, and that broken input only ever fails.

use super::*;
use crate::engine::types::{HeapType, RefType, ValType};

fn decode_text(text: &str) -> Result<Decoded, DecodeError> {
    decode(wat::parse_str(text).expect("test module").into(), WasmVersion::Latest)
}

fn module(text: &str) -> Module {
    decode_text(text).expect("test module").module
}

/// Appends a custom section with those contents.
fn with_custom_section(mut bytes: Vec<u8>, name: &str, contents: &[u8]) -> Vec<u8> {
    bytes.extend([0, (1 + name.len() + contents.len()) as u8, name.len() as u8]);
    bytes.extend(name.as_bytes());
    bytes.extend(contents);
    bytes
}

#[test]
fn bad_binaries_are_refused_in_these_words() {
    let check = |bytes: &[u8], expect: &str| {
        let error = decode(bytes.to_vec().into(), WasmVersion::Latest).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expect), "{bytes:?}");
    };
    check(b"", "invalid magic number");
    check(b"\0as", "invalid magic number");
    check(b"(module)", "invalid magic number");
    check(b"\0asm", "unexpected end-of-file (at offset 0x4)");
    check(b"\0asm\x02\0\0\0", "invalid version header");
    check(b"\0asm\x0d\0\x01\0", "this is a component; rebuild with --target wasm32-wasip1");
    check(b"\0asm\x01\0\0\0\x7f\0", "malformed section id: 127 (at offset 0xa)");
    check(b"\0asm\x01\0\0\0\x01\x05\xff\xff\xff\xff\x0f", "types count exceeds limit of 1000000 (at offset 0xa)");
    check(b"\0asm\x01\0\0\0\x03\x02\x01\x00", "unknown type 0: type index out of bounds (at offset 0xb)");
    check(b"\0asm\x01\0\0\0\x00\x02\x01\xff", "malformed UTF-8 encoding (at offset 0xb)");
}

#[test]
fn missing_proposals_are_named() {
    let check = |text: &str, expect: &str| {
        let error = decode_text(text).expect_err(text);
        assert_eq!(error.missing_feature.as_deref(), Some(expect), "{error}");
        assert!(error.to_string().contains(&format!("proposal `{expect}` is not supported (at offset 0x")), "{error}");
    };
    check("(module (memory 1 1 shared))", "threads");
    check("(module (memory i64 1))", "memory64");
    check("(module (memory 1 (pagesize 1)))", "custom-page-sizes");
    check("(module (tag))", "exceptions");
    check("(module (type (struct)))", "gc");
    check("(module (global (ref null 0) (ref.null 0)) (type (func)))", "function-references");
}

#[test]
fn claimed_proposals_are_accepted() {
    for text in [
        "(module (memory 1) (memory 1))",
        "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
        "(module (table 1 funcref) (func (export \"f\") (result v128) (v128.const i64x2 0 0)))",
        "(module (func $f return_call $f))",
    ] {
        assert!(decode_text(text).is_ok(), "{text}");
    }
}

/// Has every kind of section, so that the tests below reach every method of the decoder.
const EVERYTHING: &str = r#"(module $whole
    (import "env" "f" (func $imported (param i32)))
    (import "env" "t" (table 1 2 externref))
    (import "env" "m" (memory 1))
    (import "env" "g" (global i64))
    (table $table 4 funcref)
    (memory $memory 2 3)
    (global (mut i32) (i32.const 7))
    (global funcref (ref.func $in_global))
    (func $in_global)
    (func $unreferenced)
    (func $in_elements)
    (func $declared)
    (func $exported (export "run") (param i32) (result f64 f32) f64.const 1 f32.const 2)
    (func $start)
    (export "memory" (memory $memory))
    (start $start)
    (elem (table $table) (offset i32.const 1) func $in_elements $imported)
    (elem declare func $declared)
    (elem externref (ref.null extern))
    (data (memory $memory) (i32.const 8) "hello")
    (data "passive")
)"#;

#[test]
fn everything_is_recorded() {
    let Decoded { module, bodies } = decode_text(EVERYTHING).expect("test module");
    assert_eq!(module.name.as_deref(), Some("whole"));
    assert_eq!((module.imported_funcs, module.imported_tables), (1, 1));
    assert_eq!((module.imported_memories, module.imported_globals), (1, 1));
    assert_eq!(bodies.len(), 6);
    assert_eq!(module.bodies.len(), 6);
    assert_eq!(module.functions.len(), 7);
    assert_eq!(module.func_refs, [0, 1, 3, 4, 5].map(FuncIdx));
    assert_eq!(module.func_ref(FuncIdx(3)), Some(2));
    assert_eq!(module.func_ref(FuncIdx(2)), None);
    assert_eq!(module.start, Some(FuncIdx(6)));
    assert_eq!(module.func_type(FuncIdx(5)).to_string(), "(i32) (f64,f32)");
    assert_eq!(module.tables[0].element, RefType::EXTERNREF);
    assert_eq!(module.tables[1].max, None);
    assert_eq!(module.memories[1].max, Some(3));
    assert_eq!(module.globals[1], GlobalType { content: ValType::I32, mutable: true });
    assert_eq!(module.global_inits[1].ops, [ConstOp::RefFunc(FuncIdx(1))]);
    assert_eq!(module.imports[3].item, ExternIdx::Global(GlobalIdx(0)));
    assert_eq!(module.exports[1].item, ExternIdx::Memory(MemoryIdx(1)));
    assert_eq!(module.bytes.get(module.data[0].bytes.clone()), Some(&b"hello"[..]));
    assert!(matches!(module.data[1].mode, DataMode::Passive));
    assert!(matches!(module.elements[1].mode, ElementMode::Declared));
    let ElementItems::Expressions(items) = &module.elements[2].items else { panic!("expected expressions") };
    assert_eq!(items[0].ops, [ConstOp::RefNull(HeapType::Extern)]);
    assert!(
        module.bodies.iter().all(|body| module.code_section.start < body.start && body.end <= module.code_section.end)
    );
}

#[test]
fn names_of_functions() {
    let names = FunctionNames::parse(&module(EVERYTHING));
    assert_eq!(names.get(FuncIdx(0)), Some("imported"));
    assert_eq!(names.get(FuncIdx(6)), Some("start"));
    assert_eq!(names.get(FuncIdx(7)), None);
}

#[test]
fn odd_custom_sections_do_no_harm() {
    let check = |contents: &[u8], module_name: Option<&str>, function_name: Option<&str>| {
        let bytes = with_custom_section(wat::parse_str("(module (func))").expect("test module"), "name", contents);
        let module = decode(with_custom_section(bytes, "name", contents).into(), WasmVersion::Latest)
            .expect("a valid module")
            .module;
        assert_eq!(module.custom_sections.len(), 2);
        assert_eq!(module.name.as_deref(), module_name, "{contents:?}");
        assert_eq!(FunctionNames::parse(&module).get(FuncIdx(0)), function_name, "{contents:?}");
    };
    check(b"", None, None);
    check(b"\xff\xff\xff", None, None);
    check(b"\x00\x02\x01m\x01\x04\x01\x00\x01f", Some("m"), Some("f"));
    // Subsections in the wrong order.
    check(b"\x01\x04\x01\x00\x01f\x00\x02\x01m", None, Some("f"));
    // Two names for one function, then a count that the section has no room for.
    check(b"\x01\x07\x02\x00\x01f\x00\x01g", None, Some("f"));
    check(b"\x01\x08\xff\xff\xff\xff\x0f\x00\x01f", None, Some("f"));
    check(b"\x01\x04\x01\x00\x01\xff", None, None);
}

#[test]
fn dwarf_is_found_by_its_sections() {
    let mut bytes = wat::parse_str("(module)").expect("test module");
    assert!(!decode(bytes.clone().into(), WasmVersion::Latest).expect("a valid module").module.has_dwarf());
    for name in [".debug_info", ".debug_abbrev", ".debug_line"] {
        bytes = with_custom_section(bytes, name, name.as_bytes());
    }
    let module = decode(bytes.into(), WasmVersion::Latest).expect("a valid module").module;
    assert!(module.has_dwarf());
    assert_eq!(module.bytes.get(DebugSections::new(&module).range(".debug_line")), Some(&b".debug_line"[..]));
    assert_eq!(DebugSections::new(&module).range(".debug_str"), 0..0);
}

#[test]
fn truncation_anywhere_fails_or_loses_whole_sections() {
    let bytes = wat::parse_str(EVERYTHING).expect("test module");
    for len in 0..bytes.len() {
        if let Ok(Decoded { module, bodies }) = decode(bytes[..len].to_vec().into(), WasmVersion::Latest) {
            assert_eq!(module.bodies.len(), bodies.len());
            let _ = FunctionNames::parse(&module);
        }
    }
}

#[test]
fn one_flipped_byte_anywhere_never_panics() {
    let bytes = wat::parse_str(EVERYTHING).expect("test module");
    for position in 0..bytes.len() {
        for flip in [0x01, 0x40, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[position] ^= flip;
            if let Ok(Decoded { module, .. }) = decode(broken.into(), WasmVersion::Latest) {
                let _ = (FunctionNames::parse(&module), module.layout());
            }
        }
    }
}

/// A module with one small section that claims four thousand million items.
fn claims_too_much(section: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend([section, 5 + contents.len() as u8, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    bytes.extend(contents);
    bytes
}

#[test]
fn claimed_counts_cost_nothing() {
    let start = std::time::Instant::now();
    for section in 0..=13 {
        for contents in [&b""[..], b"\x00", b"\x60\0\0", b"\x01a\x01b\x00\x00", b"\xff\xff\xff\xff\x0f"] {
            let _ = decode(claims_too_much(section, contents).into(), WasmVersion::Latest);
        }
    }
    assert!(start.elapsed().as_secs() < 1);
}

#[test]
fn numbers_of_bodies_are_read_as_wasmparser_reads_them() {
    let bytes = [0x00, 0x01, 0x3f, 0x40, 0x41, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xff];
    let ends = [0x00, 0x01, 0x07, 0x08, 0x0f, 0x10, 0x3f, 0x40, 0x70, 0x78, 0x7f];
    for length in 0..11 {
        for first in bytes {
            for middle in [0x80, 0xff, 0xaa] {
                for end in ends {
                    let mut number = vec![first];
                    number.extend(std::iter::repeat_n(middle, length));
                    number.push(end);
                    let expected = || wasmparser::BinaryReader::new(&number, 0);
                    let mut reader = CodeReader::new(&number);
                    assert_eq!(reader.u32(), expected().read_var_u32().ok(), "{number:02x?}");
                    let mut reader = CodeReader::new(&number);
                    assert_eq!(reader.i32(), expected().read_var_i32().ok(), "{number:02x?}");
                    let mut reader = CodeReader::new(&number);
                    let value = reader.i64();
                    assert_eq!(value, expected().read_var_i64().ok(), "{number:02x?}");
                    let mut theirs = expected();
                    if value.is_some() && theirs.read_var_i64().is_ok() {
                        assert_eq!(number.len() - reader.rest().len(), theirs.original_position() as usize);
                    }
                }
            }
        }
    }
}
