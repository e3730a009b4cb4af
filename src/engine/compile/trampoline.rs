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
//! An entry from the interpreter is like that from the host, with its frame in place of the values.
//!
//! The frame pointer that a host trampoline notes is its own: what it points to is the wasm caller's frame, which is
//! where backtraces of a running host function begin. On s390x, that is the stack pointer. The failure flag is read after the call, in wasm's text, so that
//! the trap of a failed host function is a trap like every other. None of this depends on the module.

use super::signature::{self, CConvention, POINTER};
use super::{CompileError, Target, TrampolineKind, slots, trap};
use crate::engine::abi::{TrapCode, VMHostFunc, VMStoreContext, VMTailCall, ValRaw};
use crate::engine::types::{FuncType, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
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
    let c_convention = CConvention::of(&*target.isa);
    func.signature = match kind {
        TrampolineKind::Entry | TrampolineKind::Frame => signature::entry_signature(c_convention),
        TrampolineKind::HostDirect | TrampolineKind::HostArray | TrampolineKind::Interpreted => {
            signature::wasm_signature(ty)
        }
        TrampolineKind::Tail => signature::tail_signature(ty),
    };
    let mut builder = FunctionBuilder::new(func, builder_context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_block(block);
    let params = builder.block_params(block).to_vec();
    let mut trampoline = Trampoline { target, builder, ty };
    match kind {
        TrampolineKind::Entry => trampoline.entry(&params),
        TrampolineKind::HostDirect => trampoline.host_direct(&params, c_convention),
        TrampolineKind::HostArray => trampoline.host_array(&params, c_convention),
        TrampolineKind::Interpreted => trampoline.interpreted(&params, c_convention),
        TrampolineKind::Tail => trampoline.tail(&params),
        TrampolineKind::Frame => trampoline.frame(&params),
    }
    trampoline.builder.finalize(target.isa.frontend_config());
    Ok(())
}

/// A trampoline being built.
struct Trampoline<'a> {
    target: &'a Target,
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

    /// `params` are the code, its context and the interpreter's frame, which begins with the parameters.
    fn frame(&mut self, params: &[ir::Value]) {
        let (code, context, frame) = (params[0], params[1], params[2]);
        let mut args = vec![context];
        let types: Vec<ir::Type> = self.ty.params.iter().map(|ty| signature::value_type(*ty)).collect();
        args.extend(slots::load_all(&mut self.builder, frame, &types));
        let signature = self.builder.import_signature(signature::wasm_signature(self.ty));
        let call = self.builder.ins().call_indirect(signature, code, &args);
        let results = self.builder.inst_results(call).to_vec();
        slots::store_all(&mut self.builder, frame, &results);
        self.builder.ins().return_(&[]);
    }

    /// `params` are the host function and the wasm parameters, and that is what the host takes.
    fn host_direct(&mut self, params: &[ir::Value], c_convention: CConvention) {
        let signature = signature::host_direct_signature(self.ty, c_convention);
        let results = self.call_host(params[0], signature, params);
        self.builder.ins().return_(&results);
    }

    /// `params` are the host function and the wasm parameters.
    fn host_array(&mut self, params: &[ir::Value], c_convention: CConvention) {
        let values = self.call_with_array(params, c_convention);
        let results = self.load_values(&self.ty.results, values);
        self.builder.ins().return_(&results);
    }

    /// `params` are what stands for a host function, whose code is the interpreter, and the wasm parameters.
    fn interpreted(&mut self, params: &[ir::Value], c_convention: CConvention) {
        let store = self.load(POINTER, params[0], offset_of!(VMHostFunc, store));
        let values = self.call_with_array(params, c_convention);
        let tail = offset_of!(VMStoreContext, tail);
        let trampoline = self.load(POINTER, store, tail + offset_of!(VMTailCall, trampoline));
        let (returned, goes_on) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(goes_on);
        self.builder.ins().brif(trampoline, goes_on, &[], returned, &[]);

        self.builder.switch_to_block(goes_on);
        self.builder.seal_block(goes_on);
        let none = self.builder.ins().iconst(POINTER, 0);
        self.store(none, store, tail + offset_of!(VMTailCall, trampoline));
        let fields = [offset_of!(VMTailCall, code), offset_of!(VMTailCall, context), offset_of!(VMTailCall, values)];
        let args = fields.map(|field| self.load(POINTER, store, tail + field));
        let signature = self.builder.import_signature(signature::tail_signature(self.ty));
        self.builder.ins().return_call_indirect(signature, trampoline, &args);

        self.builder.switch_to_block(returned);
        self.builder.seal_block(returned);
        let results = self.load_values(&self.ty.results, values);
        self.builder.ins().return_(&results);
    }

    /// `params` are the code, its context and the values.
    fn tail(&mut self, params: &[ir::Value]) {
        let mut args = vec![params[1]];
        args.extend(self.load_values(&self.ty.params, params[2]));
        let signature = self.builder.import_signature(signature::wasm_signature(self.ty));
        self.builder.ins().return_call_indirect(signature, params[0], &args);
    }

    /// Calls the host with the parameters in an array, and gives that, in which the results are.
    fn call_with_array(&mut self, params: &[ir::Value], c_convention: CConvention) -> ir::Value {
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
        values
    }

    /// Calls `VMHostFunc::call` with everything around it that the runtime relies on.
    fn call_host(&mut self, host: ir::Value, signature: ir::Signature, args: &[ir::Value]) -> Vec<ir::Value> {
        let store = self.load(POINTER, host, offset_of!(VMHostFunc, store));
        self.check_stack(store);

        let frame = match self.target.has_back_chain() {
            true => self.builder.ins().get_stack_pointer(POINTER),
            false => self.builder.ins().get_frame_pointer(POINTER),
        };
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

#[cfg(all(test, has_compiler))]
mod tests {
    use super::*;

    fn clif(ty: &FuncType, kind: TrampolineKind) -> Result<String, CompileError> {
        let target = Target::host(true)?;
        let mut func = ir::Function::new();
        build(&target, ty, kind, &mut func, &mut FunctionBuilderContext::new())?;
        Ok(func.to_string())
    }

    /// The lines in order, each somewhere in the code.
    fn check(code: &str, lines: &[&str]) {
        let mut rest = code;
        for line in lines {
            let Some(position) = rest.find(line) else { panic!("`{line}` is not in order in\n{code}") };
            rest = &rest[position + line.len()..];
        }
    }

    #[test]
    fn entry_reads_parameters_and_writes_results_over_them() {
        let ty = FuncType::new([ValType::I32, ValType::F64], [ValType::V128, ValType::I64]);
        let code = clif(&ty, TrampolineKind::Entry).unwrap();
        check(
            &code,
            &[
                "(i64, i64, i64)",
                "load.i32 notrap aligned v2\n",
                "load.f64 notrap aligned v2+16\n",
                "call_indirect sig0, v0(v1,",
                ", v2\n",
                ", v2+16\n",
            ],
        );
    }

    #[test]
    fn hosts_are_called_behind_the_stack_check_and_before_the_failure_check() {
        let ty = FuncType::new([ValType::I64], [ValType::F32]);
        for kind in [TrampolineKind::HostDirect, TrampolineKind::HostArray] {
            let code = clif(&ty, kind).unwrap();
            let in_order = ["(i64, i64) -> f32 tail", "trapnz", "user10", "get_frame_pointer", "call_indirect"];
            check(&code, &in_order);
            check(&code, &["call_indirect", "load.i32", "trapnz", "user13", "return"]);
        }
    }

    #[test]
    fn types_that_no_register_holds_are_refused() {
        let ty = FuncType::new([ValType::V128], []);
        assert!(clif(&ty, TrampolineKind::HostDirect).is_err());
        assert!(clif(&ty, TrampolineKind::HostArray).is_ok());
    }
}
