//! One function: validate and translate its body, optimise, encode, collect its tables.
//!
//! A [`FunctionCompiler`] belongs to one worker, which reuses its buffers from function to function. What comes out is
//! a [`CompiledFunction`], which holds just what linking needs.

use super::artifact::{AddressEntry, Inlined, TrampolineKind, TrapSite};
use super::isa::Target;
use super::translate::{FuncTranslator, Scratch, enter_at, translate_operator};
use super::{CompileError, signature, trampoline, trap};
use crate::engine::abi::{VMContext, VMLayout, VMStoreContext};
use crate::engine::module::{BodyValidator, Module, Width, body_validator};
use crate::engine::types::{DefinedFuncIdx, FuncIdx, FuncType};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{self, ExternalName, GlobalValueData, MemFlagsData, UserFuncName};
use cranelift_codegen::{CompiledCode, Context, FinalizedMachReloc, FinalizedRelocTarget};
use cranelift_frontend::FunctionBuilderContext;
use std::mem::offset_of;
use wasmparser::{BinaryReader, FuncValidatorAllocations, OperatorsReader, OperatorsReaderAllocations};

/// The machine code of a function or trampoline. Offsets count from its first byte.
#[derive(Debug)]
pub(super) struct CompiledFunction {
    /// The machine code.
    pub(super) code: Vec<u8>,
    /// Alignment of its first byte.
    pub(super) alignment: u32,
    /// Calls of the module's own functions.
    pub(super) calls: Vec<CallSite>,
    /// Instructions that may trap.
    pub(super) traps: Vec<TrapSite>,
    /// Which wasm instructions the code came from.
    pub(super) addresses: Vec<AddressEntry>,
    /// Bodies that are inlined in it.
    pub(super) inlined: Vec<Inlined>,
}

/// A direct call whose distance linking fills in.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallSite {
    /// Where the distance stands.
    pub(super) offset: u32,
    /// How it is encoded.
    pub(super) kind: Reloc,
    /// Added to the distance.
    pub(super) addend: i64,
    /// The callee.
    pub(super) target: FuncIdx,
}

/// Turns CLIF into machine code; its buffers serve one function after the other.
pub(super) struct Generator<'a> {
    target: &'a Target,
    context: Context,
    frontend: FunctionBuilderContext,
}

/// Compiles functions of one module.
pub(super) struct FunctionCompiler<'a> {
    generator: Generator<'a>,
    module: &'a Module,
    layout: &'a VMLayout,
    /// Own functions that are called directly, ascending, where others are called through slots.
    near: &'a [DefinedFuncIdx],
    /// Whether small functions are translated where they are called; all bodies are valid then.
    inlines: bool,
    has_dwarf: bool,
    /// What the function in the generator has inlined.
    inlined: Vec<Inlined>,
    scratch: Scratch,
    validator: FuncValidatorAllocations,
    reader: OperatorsReaderAllocations,
}

impl<'a> Generator<'a> {
    /// A generator for the target.
    pub(super) fn new(target: &'a Target) -> Generator<'a> {
        Generator { target, context: Context::new(), frontend: FunctionBuilderContext::new() }
    }

    /// Compiles a trampoline for a function type.
    pub(super) fn trampoline(&mut self, ty: &FuncType, kind: TrampolineKind) -> Result<CompiledFunction, CompileError> {
        self.context.clear();
        trampoline::build(self.target, ty, kind, &mut self.context.func, &mut self.frontend)?;
        self.generate(None, false, Vec::new())
    }

    /// Optimises and encodes the function in the context. `located` says whether the positions of its instructions are kept;
    /// where bodies are inlined they always are.
    fn generate(
        &mut self,
        func: Option<FuncIdx>,
        located: bool,
        inlined: Vec<Inlined>,
    ) -> Result<CompiledFunction, CompileError> {
        let isa = &*self.target.isa;
        if let Err(error) = self.context.compile(isa, &mut ControlPlane::default()) {
            return Err(CompileError::codegen(func, error.inner));
        }
        let compiled = self.context.take_compiled_code().ok_or_else(|| CompileError::bug("no code"))?;
        let located = located || !inlined.is_empty();
        let addresses = if located { address_map(&compiled) } else { Vec::new() };
        let collected = collect(&compiled, &self.context.func, isa.function_alignment().preferred, addresses)?;
        Ok(CompiledFunction { inlined, ..collected })
    }
}

impl<'a> FunctionCompiler<'a> {
    /// A compiler for functions of the module.
    pub(super) fn new(target: &'a Target, module: &'a Module, layout: &'a VMLayout) -> FunctionCompiler<'a> {
        FunctionCompiler {
            generator: Generator::new(target),
            module,
            layout,
            near: &[],
            inlines: false,
            has_dwarf: module.has_dwarf(),
            inlined: Vec::new(),
            scratch: Scratch::default(),
            validator: FuncValidatorAllocations::default(),
            reader: OperatorsReaderAllocations::default(),
        }
    }

    /// The compiler for functions of a valid module that call those of `near` directly, where others are called through slots,
    /// and have small ones in them.
    pub(super) fn with_near(self, near: &'a [DefinedFuncIdx]) -> FunctionCompiler<'a> {
        FunctionCompiler { near, inlines: true, ..self }
    }

    /// Compiles an own function.
    pub(super) fn compile(
        &mut self,
        func: DefinedFuncIdx,
        body: &BodyValidator,
    ) -> Result<CompiledFunction, CompileError> {
        self.translate(func, body)?;
        let inlined = std::mem::take(&mut self.inlined);
        self.generator.generate(Some(self.module.func_idx(func)), self.has_dwarf, inlined)
    }

    /// Compiles what is left of an own function from a loop on, for the frame of an interpreted one.
    pub(super) fn compile_loop(
        &mut self,
        func: DefinedFuncIdx,
        body: &BodyValidator,
        loop_at: u64,
    ) -> Result<CompiledFunction, CompileError> {
        self.translate_from(func, body, Some(loop_at))?;
        let inlined = std::mem::take(&mut self.inlined);
        self.generator.generate(Some(self.module.func_idx(func)), self.has_dwarf, inlined)
    }

    /// Compiles a trampoline for a function type.
    pub(super) fn trampoline(&mut self, ty: &FuncType, kind: TrampolineKind) -> Result<CompiledFunction, CompileError> {
        self.generator.trampoline(ty, kind)
    }

    /// Translates an own function to CLIF, not yet optimised.
    pub(super) fn translate(
        &mut self,
        func: DefinedFuncIdx,
        body: &BodyValidator,
    ) -> Result<&ir::Function, CompileError> {
        self.translate_from(func, body, None)
    }

    fn translate_from(
        &mut self,
        func: DefinedFuncIdx,
        body: &BodyValidator,
        loop_at: Option<u64>,
    ) -> Result<&ir::Function, CompileError> {
        let module = self.module;
        let index = module.func_idx(func);
        let ty = module.func_type(index);
        let range = module.bodies[func.index()].clone();
        let Generator { target, context, frontend } = &mut self.generator;
        context.clear();
        context.func.name = UserFuncName::user(0, index.0);
        context.func.signature = match loop_at {
            None => signature::wasm_signature(ty),
            Some(_) => signature::loop_signature(),
        };
        if target.checks_stack() {
            check_stack(&mut context.func)?;
        }

        let body = body_validator(body);
        let missing = || CompileError::bug("a body lies outside its module");
        let bytes = module.bytes.get(range.clone()).ok_or_else(missing)?;
        let mut reader = BinaryReader::new_features(bytes, range.start as u64, body.features);
        let mut width = Width::of_body(bytes.len());
        let mut validator = body.into_validator(std::mem::take(&mut self.validator));
        let scratch = std::mem::take(&mut self.scratch);
        let (place, what) = ((*target, module, self.layout), (ty, self.near, loop_at));
        let mut t = FuncTranslator::new(place, what, &mut context.func, frontend, scratch)?;
        t.want_inlining(self.inlines);

        for _ in 0..reader.read_var_u32()? {
            let offset = reader.original_position();
            let count = reader.read_var_u32()?;
            let ty = reader.read::<wasmparser::ValType>()?;
            validator.define_locals(offset, count, ty)?;
            t.declare_locals(count, ty)?;
        }

        t.begin_body(index, bytes);

        let mut operators = OperatorsReader::new_with_allocs(reader, std::mem::take(&mut self.reader));
        while !operators.eof() {
            let (op, offset) = operators.read_with_offset()?;
            width.count(offset, &op, &validator).map_err(CompileError::Invalid)?;
            validator.op(offset, &op)?;
            if self.has_dwarf || self.inlines {
                t.set_position(offset);
            }
            enter_at(&mut t, offset);
            translate_operator(&mut t, &op)?;
        }
        operators.finish()?;
        t.check_entry()?;

        self.reader = operators.into_allocations();
        self.validator = validator.into_allocations();
        self.inlined = t.take_inlined();
        self.scratch = t.finish();
        Ok(&self.generator.context.func)
    }
}

/// Has a wasm function compare the stack pointer with the store's limit, before it touches its frame.
fn check_stack(func: &mut ir::Function) -> Result<(), CompileError> {
    // Prologues find the context by its purpose; where it is passed does not depend on that.
    if let Some(context) = func.signature.params.first_mut() {
        context.purpose = ir::ArgumentPurpose::VMContext;
    }
    let flags = func.dfg.mem_flags.insert(MemFlagsData::trusted());
    let flags = flags.map_err(|_| CompileError::bug("too many kinds of memory accesses"))?;
    let mut base = func.create_global_value(GlobalValueData::VMContext);
    for offset in [offset_of!(VMContext, store), offset_of!(VMStoreContext, stack_limit)] {
        let (offset, global_type) = ((offset as i32).into(), signature::POINTER);
        base = func.create_global_value(GlobalValueData::Load { base, offset, global_type, flags });
    }
    func.stack_limit = Some(base);
    Ok(())
}

/// Takes out of Cranelift's result what linking needs.
fn collect(
    compiled: &CompiledCode,
    func: &ir::Function,
    alignment: u32,
    addresses: Vec<AddressEntry>,
) -> Result<CompiledFunction, CompileError> {
    let buffer = &compiled.buffer;
    let calls = buffer.relocs().iter().map(|reloc| call_site(reloc, func)).collect::<Result<_, _>>()?;
    let traps = buffer
        .traps()
        .iter()
        .map(|site| match trap::from_clif(site.code) {
            Some(code) => Ok(TrapSite { offset: site.offset, code }),
            None => Err(CompileError::bug(format!("trap code {}", site.code))),
        })
        .collect::<Result<_, _>>()?;
    Ok(CompiledFunction {
        code: buffer.data().to_vec(),
        alignment: buffer.alignment.max(alignment),
        calls,
        traps,
        addresses,
        inlined: Vec::new(),
    })
}

/// Code may refer to nothing but the module's own functions: all else is reached through the context.
fn call_site(reloc: &FinalizedMachReloc, func: &ir::Function) -> Result<CallSite, CompileError> {
    let target = match &reloc.target {
        FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => func.params.user_named_funcs().get(*name),
        _ => None,
    };
    match target {
        Some(name) => {
            Ok(CallSite { offset: reloc.offset, kind: reloc.kind, addend: reloc.addend, target: FuncIdx(name.index) })
        }
        None => Err(CompileError::bug(format!("code refers to {}", reloc.target.display(Some(&func.params))))),
    }
}

/// Turns ranges with source locations into a list in which each entry lasts until the next one.
fn address_map(compiled: &CompiledCode) -> Vec<AddressEntry> {
    let ranges = compiled.buffer.get_srclocs_sorted();
    let mut entries: Vec<AddressEntry> = Vec::with_capacity(ranges.len() + 2);
    let mut add = |code: u32, wasm: u32| match entries.last() {
        Some(last) if last.wasm == wasm => {}
        _ => entries.push(AddressEntry { code, wasm }),
    };
    let mut end = 0;
    for range in ranges {
        if range.start > end {
            add(end, u32::MAX);
        }
        add(range.start, range.loc.bits());
        end = range.end;
    }
    if end < compiled.buffer.total_size() {
        add(end, u32::MAX);
    }
    entries
}
