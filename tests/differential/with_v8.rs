//! V8, by a `node` process that `v8.js` runs in: a line with a case goes in, a line with its record comes out.
//!
//! JavaScript sees less: every NaN is the same, vectors cannot be passed, and some traps share a message.

use crate::generate::{Case, FUEL, FUEL_NAME, Import, Item};
use crate::record::{Record, Step, Trap};
use crate::values::{Ty, Value};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running `node`.
pub(crate) struct V8 {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl V8 {
    /// Starts `node`; nothing where it is not installed.
    pub(crate) fn start() -> Option<V8> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/v8.js");
        let mut command = Command::new("node");
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let (input, output) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        Some(V8 { child, input, output })
    }

    /// Runs a case and compares.
    ///
    /// # Errors
    ///
    /// The first difference, or that `node` is gone.
    pub(crate) fn compare(&mut self, case: &Case, reference: &Record) -> Result<(), String> {
        let answer = self.run(case).map_err(|error| format!("node: {error}"))?;
        let steps: Vec<Json> = serde_json::from_str(&answer).map_err(|error| format!("node: {error}: {answer}"))?;
        for (number, (ours, theirs)) in reference.steps.iter().zip(&steps).enumerate() {
            let overflow = json!(format!("{:?}", Trap::StackOverflow));
            if ours.outcome == Err(Trap::StackOverflow) || theirs["trap"] == overflow {
                return Ok(());
            }
            let ours = step_to_json(ours);
            if ours != *theirs {
                return Err(format!("V8: {}\n    {ours}\n    {theirs}", case.step_name(number)));
            }
        }
        if reference.steps.len() == steps.len() { Ok(()) } else { Err(format!("V8: {} steps", steps.len())) }
    }

    fn run(&mut self, case: &Case) -> std::io::Result<String> {
        writeln!(self.input, "{}", case_to_json(case))?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for V8 {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn case_to_json(case: &Case) -> Json {
    let hex: String = case.wasm.iter().map(|byte| format!("{byte:02x}")).collect();
    let call = |call: &crate::generate::Call| {
        let function = &case.functions[call.function];
        json!({"name": function.name, "params": values(&call.params), "results": types(&function.results)})
    };
    json!({
        "wasm": hex,
        "fuel": [FUEL_NAME, FUEL],
        "imports": case.imports.iter().map(|import| import_to_json(import)).collect::<Vec<_>>(),
        "globals": case.globals.iter().map(|(name, ty)| json!([name, type_name(*ty)])).collect::<Vec<_>>(),
        "memories": case.memories,
        "tables": case.tables,
        "calls": case.calls.iter().map(call).collect::<Vec<_>>(),
    })
}

fn import_to_json(import: &Import) -> Json {
    let mut described = match &import.item {
        Item::Func { params, results, answers } => json!({
            "func": types(params),
            "results": types(results),
            "answers": answers.iter().map(|answer| answer.as_deref().map(values)).collect::<Vec<_>>(),
        }),
        Item::Global { value, mutable } => json!({"global": value_to_json(*value), "mutable": mutable}),
        Item::Memory { min, max } => json!({"memory": min, "max": max}),
        Item::Table { element, min, max } => json!({"table": type_name(*element), "min": min, "max": max}),
    };
    described["module"] = json!(import.module);
    described["name"] = json!(import.name);
    described
}

fn step_to_json(step: &Step) -> Json {
    let host_calls: Vec<Json> = step.host_calls.iter().map(|call| json!([call.import, values(&call.params)])).collect();
    let mut json = json!({"hostCalls": host_calls, "globals": values(&step.globals), "state": step.state});
    match &step.outcome {
        Ok(results) => json["results"] = json!(values(results)),
        Err(trap) => json["trap"] = json!(format!("{:?}", trap.clone().seen_by_v8())),
    }
    json
}

fn values(values: &[Value]) -> Vec<Json> {
    values.iter().map(|value| value_to_json(*value)).collect()
}

fn types(types: &[Ty]) -> Vec<&'static str> {
    types.iter().map(|ty| type_name(*ty)).collect()
}

/// Integers and the bits of floats as decimal text, because JavaScript's numbers have 53 bits.
fn value_to_json(value: Value) -> Json {
    match value.with_canonical_nan() {
        Value::I32(bits) => json!(["i32", bits.to_string()]),
        Value::I64(bits) => json!(["i64", bits.to_string()]),
        Value::F32(bits) => json!(["f32", bits.to_string()]),
        Value::F64(bits) => json!(["f64", bits.to_string()]),
        Value::V128(bits) => json!(["v128", bits.to_string()]),
        Value::Func(present) => json!(["funcref", present]),
        Value::Extern(number) => json!(["externref", number]),
    }
}

fn type_name(ty: Ty) -> &'static str {
    match ty {
        Ty::I32 => "i32",
        Ty::I64 => "i64",
        Ty::F32 => "f32",
        Ty::F64 => "f64",
        Ty::V128 => "v128",
        Ty::Func => "funcref",
        Ty::Extern => "externref",
    }
}
