//! What functions are folded to, as text: a `.wat` beside the cells that come of it, in `tests/cells/`.
//!
//! `BLESS=1 cargo test golden_cells` writes them anew.
#![allow(clippy::disallowed_methods, reason = "tests read and write the golden files")]

use super::super::exec::Functions;
use super::super::op::{Base, Form, Op, Operands, Reach};
use super::{Folded, fold};
use crate::engine::module::{WasmVersion, decode, features};
use crate::engine::types::{DefinedFuncIdx, TypeRegistry};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Further cells that an instruction has behind its first one.
fn further_cells(op: Op, form: Form) -> usize {
    let name = format!("{op:?}");
    let is_access = (name.contains("load") || name.contains("store")) && !name.ends_with("_lane");
    match name.as_str() {
        _ if is_access => usize::from(form.0 >= Form::access(Reach::Large, Base::Slot).0),
        "const_wide" | "i8x16_shuffle" | "call_indirect" | "return_call_import" | "return_call_indirect" => 2,
        _ if name.starts_with("v128_load") => 2,
        _ if name.starts_with("v128_store") || name.ends_with("replace_lane") => 1,
        _ if name.starts_with("memory_") && name != "memory_size" => 1,
        _ if name.starts_with("table_") && name != "table_size" => 1,
        _ if name.contains("laneselect") || name.contains("madd") || name.contains("dot_i8x16_i7x16_add") => 1,
        "const64" | "copy_many" | "select" | "select_wide" | "call_import" | "return_call" | "v128_bitselect" => 1,
        _ => {
            let constants = [Operands::SlotConst, Operands::LastConst];
            let forms =
                constants.map(|operands| [Form::of(operands), Form::of(operands).unstored(), Form::branch(operands)]);
            usize::from(form != Form::PLAIN && forms.concat().contains(&form))
        }
    }
}

/// A line for each instruction: its position, name, form, operands, and further cells in hexadecimal digits.
fn text(folded: &Folded) -> String {
    let mut text = format!("  {} slots\n", folded.frame_slots);
    let mut position = 0;
    while let Some(cell) = folded.cells.get(position) {
        let (op, form) = Op::of(*cell);
        let (a, b, c) = ((cell >> 16) as u16, (cell >> 32) as i16, (cell >> 48) as i16);
        let form_text = if form == Form::PLAIN { String::new() } else { format!(".{}", form.0) };
        write!(text, "  {position:4}: {op:?}{form_text} {a} {b} {c}").expect("a string");
        let further = further_cells(op, form);
        for cell in folded.cells.iter().skip(position + 1).take(further) {
            write!(text, " {cell:x}").expect("a string");
        }
        text.push('\n');
        position += 1 + further;
    }
    text
}

/// The cells of all functions of a module.
fn cells(binary: Vec<u8>) -> String {
    let module = Arc::new(decode(binary.into(), WasmVersion::Latest).expect("a module").module);
    let registry = TypeRegistry::default();
    let types = module.types.iter().map(|ty| registry.intern(ty)).collect();
    let functions = Functions::new(module.clone(), features(WasmVersion::Latest), types, None, None);
    let mut all = String::new();
    for index in 0..module.bodies.len() {
        let function = DefinedFuncIdx::from_usize(index);
        writeln!(all, "function {}", module.func_idx(function).0).expect("a string");
        all += &text(&fold(&functions, function).expect("cells"));
    }
    all
}

#[test]
fn golden_cells() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cells");
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("tests/cells").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        let actual = cells(wat::parse_file(&path).expect("text format"));
        let golden = path.with_extension("cells");
        if bless {
            std::fs::write(&golden, &actual).expect("a golden file");
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != actual {
            wrong.push(format!("{}:\n{actual}", golden.display()));
        }
    }
    assert!(wrong.is_empty(), "BLESS=1 writes these anew:\n{}", wrong.join("\n"));
}

/// Prints the cells of any module: `WAZERO_CELLS=app.wasm cargo test --lib print_cells -- --nocapture`.
#[test]
#[allow(clippy::print_stdout, reason = "this is what it is for")]
fn print_cells() {
    if let Some(path) = std::env::var_os("WAZERO_CELLS") {
        println!("{}", cells(wat::parse_file(path).expect("a module")));
    }
}
