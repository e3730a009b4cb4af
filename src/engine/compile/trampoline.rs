//! Code between the host's and wasm's calling convention, built from a function type alone.
//!
//! ```text
//!  entry                    direct host              array host
//!  C(code, context, values) tail(host, p...) -> r... tail(host, p...) -> r...
//!    p... = values[..]        stack check              stack check
//!    r... = code(context,     note frame, host         note frame, host
//!                p...)        r = host.call(host, p..) values[..] = p...
//!    values[..] = r...        trap if it failed        host.call(host, values)
//!    return                   return r                 trap if it failed
//!                                                      return values[..]
//! ```
//!
//! The frame pointer that a host trampoline notes is its own: what it points to is the wasm caller's frame, which is
//! where backtraces of a running host function begin. The failure flag is read after the call, in wasm's text, so that
//! the trap of a failed host function is a trap like every other. None of this depends on the module.

use super::signature::{self, POINTER};
use super::{CompileError, Target, TrampolineKind, trap};
use crate::engine::abi::{TrapCode, VMHostFunc, VMStoreContext, ValRaw};
use crate::engine::types::{FuncType, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use std::mem::{align_of, offset_of, size_of};

/// Fills `func`, which is empty, with the trampoline of one type and kind, its signature included.
pub(super) fn build(
    target: &Target,
    ty: &FuncType,
    kind: TrampolineKind,
    func: &mut ir::Function,
    builder_context: &mut FunctionBuilderContext,
) -> Result<(), CompileError> {
    if kind == TrampolineKind::HostDirect && !signature::is_direct(ty) {
        return Err(CompileError::bug(format!("a direct host trampoline for {ty}")));
    }
    let c_convention = target.isa.default_call_conv();
    func.signature = match kind {
        TrampolineKind::Entry => signature::entry_signature(c_convention),
        TrampolineKind::HostDirect | TrampolineKind::HostArray => signature::wasm_signature(ty),
    };
    let mut builder = FunctionBuilder::new(func, builder_context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_block(block);
    let params = builder.block_params(block).to_vec();
    let mut trampoline = Trampoline { builder, ty };
    match kind {
        TrampolineKind::Entry => trampoline.entry(&params),
        TrampolineKind::HostDirect => trampoline.host_direct(&params, c_convention),
        TrampolineKind::HostArray => trampoline.host_array(&params, c_convention),
    }
    trampoline.builder.finalize(target.isa.frontend_config());
    Ok(())
}

/// A trampoline being built.
struct Trampoline<'a> {
    builder: FunctionBuilder<'a>,
    ty: &'a FuncType,
}

impl Trampoline<'_> {
    /// `params` are the code, its context and the values.
    fn entry(&mut self, params: &[ir::Value]) {
        let (code, context, values) = (params[0], params[1], params[2]);
        let mut args = vec![context];
        args.extend(self.load_values(&self.ty.params, values));
        let signature = self.builder.import_signature(signature::wasm_signature(self.ty));
        let call = self.builder.ins().call_indirect(signature, code, &args);
        let results = self.builder.inst_results(call).to_vec();
        self.store_values(&results, values);
        self.builder.ins().return_(&[]);
    }

    /// `params` are the host function and the wasm parameters, and that is what the host takes.
    fn host_direct(&mut self, params: &[ir::Value], c_convention: CallConv) {
        let signature = signature::host_direct_signature(self.ty, c_convention);
        let results = self.call_host(params[0], signature, params);
        self.builder.ins().return_(&results);
    }

    /// `params` are the host function and the wasm parameters.
    fn host_array(&mut self, params: &[ir::Value], c_convention: CallConv) {
        // One place at least, so that the host always gets the address of something.
        let places = self.ty.params.len().max(self.ty.results.len()).max(1);
        let slot = self.builder.create_sized_stack_slot(ir::StackSlotData::new(
            ir::StackSlotKind::ExplicitSlot,
            (places * size_of::<ValRaw>()) as u32,
            align_of::<ValRaw>().trailing_zeros() as u8,
        ));
        let values = self.builder.ins().stack_addr(POINTER, slot, 0);
        self.store_values(&params[1..], values);
        self.call_host(params[0], signature::host_array_signature(c_convention), &[params[0], values]);
        let results = self.load_values(&self.ty.results, values);
        self.builder.ins().return_(&results);
    }

    /// Calls `VMHostFunc::call` with everything around it that the runtime relies on.
    fn call_host(&mut self, host: ir::Value, signature: ir::Signature, args: &[ir::Value]) -> Vec<ir::Value> {
        let store = self.load(POINTER, host, offset_of!(VMHostFunc, store));
        self.check_stack(store);

        let frame = self.builder.ins().get_frame_pointer(POINTER);
        self.store(frame, store, offset_of!(VMStoreContext, last_host_fp));
        self.store(host, store, offset_of!(VMStoreContext, last_host_func));

        let code = self.load(POINTER, host, offset_of!(VMHostFunc, call));
        let signature = self.builder.import_signature(signature);
        let call = self.builder.ins().call_indirect(signature, code, args);
        let results = self.builder.inst_results(call).to_vec();

        let failed = self.load(types::I32, store, offset_of!(VMStoreContext, host_failed));
        self.builder.ins().trapnz(failed, trap::clif(TrapCode::HostError));
        results
    }

    /// Traps where a host function would not find the room on the stack that it may count on.
    fn check_stack(&mut self, store: ir::Value) {
        let limit = self.load(POINTER, store, offset_of!(VMStoreContext, stack_limit));
        let stack_pointer = self.builder.ins().get_stack_pointer(POINTER);
        let is_below = self.builder.ins().icmp(IntCC::UnsignedLessThan, stack_pointer, limit);
        self.builder.ins().trapnz(is_below, trap::clif(TrapCode::StackOverflow));
    }

    fn load(&mut self, ty: ir::Type, base: ir::Value, offset: usize) -> ir::Value {
        self.builder.ins().load(ty, MemFlagsData::trusted(), base, offset as i32)
    }

    fn store(&mut self, value: ir::Value, base: ir::Value, offset: usize) {
        self.builder.ins().store(MemFlagsData::trusted(), value, base, offset as i32);
    }

    /// Reads an array of `ValRaw`s.
    fn load_values(&mut self, types: &[ValType], values: ir::Value) -> Vec<ir::Value> {
        let positions = (0..).step_by(size_of::<ValRaw>());
        positions.zip(types).map(|(offset, ty)| self.load(signature::value_type(*ty), values, offset)).collect()
    }

    /// Writes an array of `ValRaw`s.
    fn store_values(&mut self, from: &[ir::Value], values: ir::Value) {
        for (position, value) in from.iter().enumerate() {
            self.store(*value, values, position * size_of::<ValRaw>());
        }
    }
}
