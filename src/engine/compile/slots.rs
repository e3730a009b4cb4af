//! Values in frames of the interpreter: a slot of 64 bits for each in turn, two for a `v128`.
//!
//! Slots are numbers of 64 bits, whatever the order of bytes in memory: what is narrower is their lower part, and a `v128` has
//! its lower half in the first. This is how `interp::fold` lays frames out.

use super::signature::POINTER;
use cranelift_codegen::ir::{self, Endianness, InstBuilder, MemFlagsData, types};
use cranelift_frontend::FunctionBuilder;

/// Bytes of a slot.
const SLOT_BYTES: i32 = 8;

/// Going from one view of a vector to another: lanes are numbered as wasm does.
const VIEW: MemFlagsData = MemFlagsData::new().with_endianness(Endianness::Little);

/// The values of these types at the start of a frame.
pub(super) fn load_all(builder: &mut FunctionBuilder<'_>, frame: ir::Value, types: &[ir::Type]) -> Vec<ir::Value> {
    let mut offset = 0;
    let mut next = |builder: &mut FunctionBuilder<'_>| {
        let slot = builder.ins().load(types::I64, MemFlagsData::trusted(), frame, offset);
        offset += SLOT_BYTES;
        slot
    };
    let mut values = Vec::with_capacity(types.len());
    for ty in types {
        let low = next(builder);
        values.push(match *ty {
            POINTER => low,
            types::I32 => builder.ins().ireduce(types::I32, low),
            types::F32 => {
                let bits = builder.ins().ireduce(types::I32, low);
                builder.ins().bitcast(types::F32, MemFlagsData::new(), bits)
            }
            types::F64 => builder.ins().bitcast(types::F64, MemFlagsData::new(), low),
            vector => {
                let high = next(builder);
                let first = builder.ins().scalar_to_vector(types::I64X2, low);
                let both = builder.ins().insertlane(first, high, 1);
                builder.ins().bitcast(vector, VIEW, both)
            }
        });
    }
    values
}

/// Puts values at the start of a frame. Narrow ones are extended by zeros.
pub(super) fn store_all(builder: &mut FunctionBuilder<'_>, frame: ir::Value, values: &[ir::Value]) {
    let mut offset = 0;
    let mut next = |builder: &mut FunctionBuilder<'_>, slot: ir::Value| {
        builder.ins().store(MemFlagsData::trusted(), slot, frame, offset);
        offset += SLOT_BYTES;
    };
    for value in values {
        let slot = match builder.func.dfg.value_type(*value) {
            POINTER => *value,
            types::I32 => builder.ins().uextend(types::I64, *value),
            types::F32 => {
                let bits = builder.ins().bitcast(types::I32, MemFlagsData::new(), *value);
                builder.ins().uextend(types::I64, bits)
            }
            types::F64 => builder.ins().bitcast(types::I64, MemFlagsData::new(), *value),
            _ => {
                let both = builder.ins().bitcast(types::I64X2, VIEW, *value);
                let low = builder.ins().extractlane(both, 0);
                next(builder, low);
                builder.ins().extractlane(both, 1)
            }
        };
        next(builder, slot);
    }
}
