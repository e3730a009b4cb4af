//! L6 · The one place that runs the pipeline: decode, compile, publish; and what one engine shares between its modules.

use super::abi::VMLayout;
use super::abi::tunables::{
    GUARD_BYTES, GUARDED_MEMORY_BYTES, HEAT, HEAT_PER_BYTE, KEPT_GROWTH, WARM_HEAT, WASM_STACK_BYTES,
};
use super::cache::{
    Cache, CacheOptions, Hash, Identity, Image, ImageParts, ImageSource, content_hash, is_image, read_hashed,
    read_settled,
};
use super::code::{Code, PublishError};
use super::compile::{AddressTable, CompileError, Tables, Target, TrampolineKind, compile_module, compile_trampoline};
use super::interp::{Compiled, Function, Functions, Heat};
use super::module::{DecodeError, Decoded, Module, Validation, WasmVersion, decode, features, first_vector};
use super::sys::{Mapping, address_space_is_limited, file_identity, read_exact_at};
use super::tier::{Bodies, LateTarget, Tier, TierOptions};
use super::types::{DefinedFuncIdx, FuncIdx, FuncType, TypeId, TypeIdx, TypeRegistry};
use bytes::Bytes;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What runs an engine's modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// Machine code.
    Compiler,
    /// The interpreter.
    Interpreter,
    /// The interpreter at first, and machine code for what is hot.
    Tiers {
        /// What counts as hot.
        heat: Heat,
        /// Whether the interpreter waits for machine code. For tests.
        waits: bool,
    },
    /// Both, in turn: compiled functions call interpreted ones, and these call compiled ones. For tests.
    Crossing,
}

impl Executor {
    /// The interpreter at first, and machine code for what has proved worth it.
    pub const TIERS: Executor = Executor::Tiers { heat: Heat { least: HEAT, per_byte: HEAT_PER_BYTE }, waits: false };
}

/// What an engine is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Whether memories are reserved whole; none means where the host has the address space.
    pub guarded_memory: Option<bool>,
    /// Size of every store's wasm stack in bytes.
    pub wasm_stack_bytes: usize,
    /// What modules may use.
    pub wasm_version: WasmVersion,
    /// Where compiled modules are kept.
    pub cache: CacheOptions,
    /// Most threads that compile a module; none means as many as there are processors.
    pub compile_workers: Option<NonZeroUsize>,
    /// What runs modules; none means the compiler where there is one for this machine.
    pub executor: Option<Executor>,
    /// Whether an interpreted module may begin to run before all of it is validated.
    pub validates_beside: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        EngineOptions {
            guarded_memory: None,
            wasm_stack_bytes: WASM_STACK_BYTES,
            wasm_version: WasmVersion::Latest,
            cache: CacheOptions::default(),
            compile_workers: None,
            executor: None,
            validates_beside: false,
        }
    }
}

/// What all modules and stores of an engine share.
#[derive(Debug)]
pub struct EngineShared {
    /// What is compiled for; nothing where nothing is, or not before something is hot.
    target: Option<Target>,
    /// What hot functions are compiled for.
    late_target: Arc<LateTarget>,
    /// Whether memories are reserved whole.
    guarded_memory: bool,
    /// The target as text, for identities of images. Known once something asks for it.
    machine: OnceLock<String>,
    options: EngineOptions,
    cache: Cache,
    types: TypeRegistry,
    /// Trampolines that no module contains, kept for the engine's life.
    trampolines: Mutex<HashMap<(TypeId, TrampolineKind), Arc<Code>>>,
}

impl EngineShared {
    /// Makes an engine for this host. What hot functions are compiled for is not looked at yet.
    ///
    /// # Errors
    ///
    /// Where the compiler is asked for and there is none for the host.
    pub(crate) fn new(mut options: EngineOptions) -> Result<Arc<EngineShared>, CompileError> {
        if let Some(Executor::Tiers { waits, .. }) = options.executor
            && (cfg!(not(has_compiler)) || (!waits && address_space_is_limited()))
        {
            // Where the guest can take all memory there is, nothing may need any beside it: see docs/RATIONALE.md.
            options.executor = None;
        }
        let guarded_memory = options.guarded_memory.unwrap_or_else(has_address_space);
        let target = match options.executor {
            Some(Executor::Interpreter | Executor::Tiers { .. }) => None,
            executor => match Target::host(guarded_memory) {
                Err(CompileError::Unsupported(_)) if executor.is_none() => None,
                target if executor == Some(Executor::Crossing) => Some(target?.through_slots()),
                target => Some(target?),
            },
        };
        let machine = OnceLock::new();
        let cache = Cache::new(options.cache.clone());
        let (types, trampolines) = (TypeRegistry::default(), Mutex::default());
        let late_target = Arc::new(LateTarget::new(guarded_memory));
        Ok(Arc::new(EngineShared { target, late_target, guarded_memory, machine, options, cache, types, trampolines }))
    }

    /// Whether memories are reserved whole, and generated code relies on it.
    pub(crate) fn guarded_memory(&self) -> bool {
        self.guarded_memory
    }

    /// Size of a store's wasm stack in bytes.
    pub(crate) fn wasm_stack_bytes(&self) -> usize {
        self.options.wasm_stack_bytes
    }

    /// What code for this engine is compiled from, by and for.
    fn identity(&self, content: Option<Hash>) -> Identity<'_> {
        let machine = self.machine.get_or_init(|| self.target().map(Target::description).unwrap_or_default());
        Identity::new(content, self.options.wasm_version, machine)
    }

    /// What is compiled for, which is looked at now if it was not before; nothing where nothing ever is.
    fn target(&self) -> Option<&Target> {
        self.target.as_ref().or_else(|| if self.has_tiers() { self.late_target.get() } else { None })
    }

    /// How hot functions are compiled, where they are.
    fn tiers(&self) -> Option<TierOptions> {
        match self.options.executor {
            Some(Executor::Tiers { heat, waits }) => {
                Some(TierOptions { heat, waits, workers: self.options.compile_workers })
            }
            _ => None,
        }
    }

    /// Whether hot functions are compiled while the others are interpreted.
    pub(crate) fn has_tiers(&self) -> bool {
        matches!(self.options.executor, Some(Executor::Tiers { .. }))
    }

    /// Whether compiled modules are kept.
    fn caches(&self) -> bool {
        let compiles = self.target.is_some() || self.has_tiers();
        compiles && self.options.executor != Some(Executor::Crossing) && self.cache.is_on()
    }

    /// The engine's function types.
    pub(crate) fn types(&self) -> &TypeRegistry {
        &self.types
    }

    /// The type behind an id of this engine; an id of another engine gives the empty type.
    pub(crate) fn func_type(&self, id: TypeId) -> Arc<FuncType> {
        self.types.lookup(id).unwrap_or_else(|| Arc::new(FuncType::new([], [])))
    }

    /// The address of a trampoline from wasm to host functions of type `ty`, compiled on first use. It stays published as
    /// long as the engine. Null where everything is interpreted, at first.
    ///
    /// # Errors
    ///
    /// Where it cannot be compiled or published.
    pub(crate) fn host_trampoline(&self, ty: &FuncType, kind: TrampolineKind) -> Result<*const u8, PipelineError> {
        let Some(target) = self.target() else { return Ok(std::ptr::null()) };
        let key = (self.types.intern(ty), kind);
        let mut trampolines = self.trampolines.lock().unwrap_or_else(PoisonError::into_inner);
        let code = match trampolines.get(&key) {
            Some(code) => code.clone(),
            None => {
                let artifact = compile_trampoline(target, ty, kind)?;
                let code = Code::publish(target.isa(), artifact, None)?;
                trampolines.insert(key, code.clone());
                code
            }
        };
        let missing = || CompileError::Bug("bug in wazero: a trampoline was compiled but is not there".to_owned());
        Ok(code.trampoline(TypeIdx(0), kind).ok_or_else(missing)?)
    }
}

/// Whether the host has address space for memories that are reserved whole: no limit is set, and one fits.
fn has_address_space() -> bool {
    let bytes = usize::try_from(GUARDED_MEMORY_BYTES + GUARD_BYTES);
    !address_space_is_limited() && bytes.is_ok_and(|bytes| Mapping::reserve(bytes).is_ok())
}

/// A module that is ready to be instantiated, any number of times.
#[derive(Debug)]
pub struct CompiledModule {
    module: Arc<Module>,
    /// Its machine code, where it is compiled.
    code: Option<Arc<Code>>,
    /// The interpreter's records of its functions, where it is interpreted.
    functions: Option<Arc<Functions>>,
    /// What is known of its bodies, where they are not validated while they are compiled.
    validation: Option<Arc<Validation>>,
    /// What compiles its hot functions.
    tier: Option<Tier>,
    /// What names its binary, where it is kept.
    content: Option<Hash>,
    /// How many functions were compiled when it was kept last; nothing where it never was.
    kept: Option<usize>,
    layout: VMLayout,
    /// Canonical types of the module's types.
    types: Vec<TypeId>,
    /// Which of equal types the code has a trampoline for.
    trampolines: HashMap<(TypeId, TrampolineKind), TypeIdx>,
    engine: Arc<EngineShared>,
}

impl CompiledModule {
    fn new(engine: &Arc<EngineShared>, module: Arc<Module>, code: Option<Arc<Code>>) -> CompiledModule {
        let types: Vec<TypeId> = module.types.iter().map(|ty| engine.types.intern(ty)).collect();
        let mut trampolines = HashMap::new();
        for (index, id) in types.iter().enumerate() {
            let index = TypeIdx::from_usize(index);
            for kind in TrampolineKind::ALL {
                if code.as_ref().is_some_and(|code| code.trampoline(index, kind).is_some()) {
                    trampolines.insert((*id, kind), index);
                }
            }
        }
        let (layout, functions, engine) = (module.layout(), None, engine.clone());
        let (validation, tier, content, kept) = (None, None, None, None);
        CompiledModule { module, code, functions, validation, tier, content, kept, layout, types, trampolines, engine }
    }

    /// The module with the interpreter's records of its functions. Its bodies are valid, or validated beside the run.
    fn with_functions(self, validation: Option<Arc<Validation>>, heat: Option<Heat>) -> CompiledModule {
        let features = features(self.engine.options.wasm_version);
        let functions = Functions::new(self.module.clone(), features, self.types.clone(), validation.clone(), heat);
        CompiledModule { functions: Some(functions), validation, ..self }
    }

    /// The module with what compiles its hot functions, where these are compiled. `code` has those that are already.
    fn with_tier(self, bodies: Bodies, code: Option<&Arc<Code>>) -> CompiledModule {
        let (tiers, late_target) = (self.engine.tiers(), &self.engine.late_target);
        let tier = self.functions.as_ref().zip(tiers);
        let tier = tier.map(|(functions, tiers)| Tier::new(functions, bodies, code, late_target, tiers));
        CompiledModule { tier, ..self }
    }

    /// Keeps what has been compiled so far of a module that is interpreted at first, if there is more than was kept.
    pub(crate) fn keep(&self) {
        let (Some(tier), Some(content)) = (&self.tier, self.content) else { return };
        // Runs differ a little; what is new has to be worth writing everything once more.
        let has_grown = self.kept.is_none_or(|kept| tier.published_count() > kept + kept / KEPT_GROWTH);
        if !has_grown || !self.engine.caches() || self.wait_until_valid().is_err() {
            return;
        }
        let Some((text, tables, addresses)) = Code::joined(&tier.codes()) else { return };
        let identity = self.engine.identity(Some(content));
        let (module, is_part) = (&*self.module, true);
        let (text, tables, addresses) = (&text[..], &tables, &addresses);
        self.engine.cache.store(&ImageParts { identity, module, text, tables, addresses, is_part });
    }

    /// Has compiled functions called where interpreted ones call them.
    fn cross(&self) {
        let Some(functions) = &self.functions else { return };
        for index in (0..self.module.bodies.len()).map(DefinedFuncIdx::from_usize) {
            let ty = self.func_type_id(self.module.func_idx(index));
            let code = self.code.as_ref().and_then(|code| code.function(index));
            let compiled = Compiled::new(code, |kind| self.trampoline(ty, kind));
            if let (Some(function), Some(compiled)) = (functions.get(index), compiled) {
                function.set_compiled(compiled);
            }
        }
    }

    /// What was compiled.
    pub(crate) fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// Its machine code; nothing where it is interpreted.
    pub(crate) fn code(&self) -> Option<&Arc<Code>> {
        self.code.as_ref()
    }

    /// The interpreter's records of its functions; nothing where it is compiled.
    pub(crate) fn functions(&self) -> Option<&Arc<Functions>> {
        self.functions.as_ref()
    }

    /// Waits until it is known to be valid, where it has begun to run before that.
    ///
    /// # Errors
    ///
    /// The first thing in it that is not valid.
    pub(crate) fn wait_until_valid(&self) -> Result<(), PipelineError> {
        Ok(self.validation.as_ref().map_or(Ok(()), Validation::finish)?)
    }

    /// What compiles its hot functions; nothing where nothing does.
    pub(crate) fn tier(&self) -> Option<&Tier> {
        self.tier.as_ref()
    }

    /// The layout of its instances' contexts.
    pub(crate) fn layout(&self) -> &VMLayout {
        &self.layout
    }

    /// Canonical types of the module's types.
    pub(crate) fn types(&self) -> &[TypeId] {
        &self.types
    }

    /// The canonical type of a function of the module.
    pub(crate) fn func_type_id(&self, func: FuncIdx) -> TypeId {
        self.types[self.module.functions[func.index()].index()]
    }

    /// The engine that it was compiled for.
    pub(crate) fn engine(&self) -> &Arc<EngineShared> {
        &self.engine
    }

    /// Folds every function that is interpreted, and gives the bytes of their bodies.
    pub(crate) fn fold_all(&self) -> Result<usize, String> {
        let Some(functions) = &self.functions else { return Ok(0) };
        let all = (0..self.module.bodies.len()).map(DefinedFuncIdx::from_usize);
        if all.filter_map(|index| functions.get(index)).all(Function::is_foldable) {
            return Ok(self.module.bodies.iter().map(ExactSizeIterator::len).sum());
        }
        Err(functions.failure().unwrap_or_default().to_owned())
    }

    /// What an image of it is made of; nothing where it is interpreted.
    fn image_parts(&self, content: Option<Hash>) -> Option<ImageParts<'_>> {
        let code = self.code.as_ref()?;
        Some(ImageParts {
            identity: self.engine.identity(content),
            module: &self.module,
            text: code.text(),
            tables: code.tables(),
            addresses: code.addresses(),
            is_part: false,
        })
    }

    /// A trampoline of a module that is interpreted in part, by the number of its type.
    pub(crate) fn part_trampoline(&self, ty: TypeIdx, kind: TrampolineKind) -> Option<*const u8> {
        match (&self.tier, &self.code) {
            (Some(tier), _) => tier.trampoline(ty, kind),
            (None, Some(code)) => code.trampoline(ty, kind),
            (None, None) => None,
        }
    }

    /// The address of the module's own trampoline for a type, if it has one.
    pub(crate) fn trampoline(&self, ty: TypeId, kind: TrampolineKind) -> Option<*const u8> {
        self.code.as_ref()?.trampoline(*self.trampolines.get(&(ty, kind))?, kind)
    }
}

/// Called while a module is compiled, from any thread, with the bytes of function bodies that are done, and of all.
pub(crate) type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Runs the whole pipeline on a binary, or takes what an earlier run has kept of it; or takes an image.
///
/// # Errors
///
/// The first stage's that fails.
pub(crate) fn compile(
    engine: &Arc<EngineShared>,
    bytes: Bytes,
    progress: Option<Progress<'_>>,
) -> Result<Arc<CompiledModule>, PipelineError> {
    match is_image(&bytes) {
        true => from_image(engine, ImageSource::Bytes(&bytes), progress),
        false => compile_binary(engine, bytes, progress),
    }
}

fn compile_binary(
    engine: &Arc<EngineShared>,
    bytes: Bytes,
    progress: Option<Progress<'_>>,
) -> Result<Arc<CompiledModule>, PipelineError> {
    if !engine.caches() {
        return compile_anew(engine, bytes, None, progress);
    }
    let content = content_hash(&bytes);
    compile_or_find(engine, bytes, content, None, progress)
}

/// Runs the whole pipeline on a file that holds a binary or an image.
///
/// # Errors
///
/// [`PipelineError::Read`] for a file that cannot be read; else the first stage's that fails.
pub(crate) fn compile_file(
    engine: &Arc<EngineShared>,
    mut file: File,
    progress: Option<Progress<'_>>,
) -> Result<Arc<CompiledModule>, PipelineError> {
    let before = file_identity(&file)?;
    let mut first = [0; 8];
    // A pipe cannot be read without taking the bytes out of it; images are files.
    if before.is_some() && read_exact_at(&file, &mut first, 0).is_ok() && is_image(&first) {
        return from_image(engine, ImageSource::File(file), progress);
    }
    if !engine.caches() {
        return compile_anew(engine, read_settled(&mut file, before)?.0, None, progress);
    }
    let known = before.as_ref().and_then(|identity| engine.cache.known_content(identity));
    let mut image = known.and_then(|content| engine.cache.find(&engine.identity(Some(content))));
    if let Some(whole) = image.take_if(|image| !image.is_part())
        && let Some(module) = publish_image(engine, whole, known, None)
    {
        return Ok(module);
    }
    let (bytes, content, identity) = read_hashed(&mut file, before)?;
    let is_known = known == Some(content);
    let module = compile_or_find(engine, bytes, content, image.filter(|_| is_known), progress)?;
    if let Some(identity) = identity.filter(|_| !is_known) {
        engine.cache.note_content(&identity, &content);
    }
    Ok(module)
}

/// Makes a module of an image: of its code, where the engine trusts that and it is for this build and machine, else of
/// the binary in it.
///
/// # Errors
///
/// That of the first stage that fails; `invalid image` for one that has lost its binary.
pub(crate) fn from_image(
    engine: &Arc<EngineShared>,
    source: ImageSource<'_>,
    progress: Option<Progress<'_>>,
) -> Result<Arc<CompiledModule>, PipelineError> {
    let image = engine.cache.read_image(source.try_clone()?, &engine.identity(None));
    match image.and_then(|image| publish_image(engine, image, None, None)) {
        Some(module) => Ok(module),
        None => compile_binary(engine, source.wasm().ok_or(PipelineError::Image)?.into(), progress),
    }
}

/// The module of an image; nothing for one with code of some functions only, where others cannot be interpreted or `binary` is
/// not there.
fn publish_image(
    engine: &Arc<EngineShared>,
    image: Image,
    content: Option<Hash>,
    binary: Option<Bytes>,
) -> Option<Arc<CompiledModule>> {
    let is_part = image.is_part();
    if is_part && !engine.has_tiers() {
        return None;
    }
    let (code, module) = Code::publish_image(image, binary).ok()?;
    if !is_part {
        return Some(Arc::new(CompiledModule::new(engine, module, Some(code))));
    }
    // What is compiled now serves all later runs, so that what is only warm is worth it, too.
    let heat = engine.tiers().map(|_| Heat { least: WARM_HEAT, per_byte: 0 });
    let compiled = CompiledModule::new(engine, module, None).with_functions(None, heat);
    let compiled = compiled.with_tier(Bodies::late(engine.options.wasm_version), Some(&code));
    let kept = compiled.tier.as_ref().map(Tier::published_count);
    Some(Arc::new(CompiledModule { content, kept, ..compiled }))
}

/// Takes what an earlier run has kept of a binary with that hash, or compiles and keeps it. `part` is an image of it that was
/// found already.
fn compile_or_find(
    engine: &Arc<EngineShared>,
    bytes: Bytes,
    content: Hash,
    part: Option<Image>,
    progress: Option<Progress<'_>>,
) -> Result<Arc<CompiledModule>, PipelineError> {
    let image = part.or_else(|| engine.cache.find(&engine.identity(Some(content))));
    if let Some(module) = image.and_then(|image| publish_image(engine, image, Some(content), Some(bytes.clone()))) {
        return Ok(module);
    }
    let module = compile_anew(engine, bytes, Some(content), progress)?;
    if let Some(parts) = module.image_parts(Some(content)) {
        engine.cache.store(&parts);
    }
    Ok(module)
}

fn compile_anew(
    engine: &Arc<EngineShared>,
    bytes: Bytes,
    content: Option<Hash>,
    progress: Option<Progress<'_>>,
) -> Result<Arc<CompiledModule>, PipelineError> {
    let Decoded { module, bodies } = decode(bytes.clone(), engine.options.wasm_version)?;
    let Some(target) = &engine.target else {
        let module = Arc::new(module);
        let validation = Validation::new(module.clone(), bodies);
        match engine.options.validates_beside {
            true => validation.start()?,
            false => validation.finish()?,
        }
        let heat = engine.tiers().map(|tiers| tiers.heat);
        let compiled = CompiledModule::new(engine, module, None).with_functions(Some(validation.clone()), heat);
        let compiled = compiled.with_tier(Bodies::Decoded(validation), None);
        return Ok(Arc::new(CompiledModule { content, ..compiled }));
    };
    if !target.has_vectors()
        && let Some(offset) = first_vector(&bytes, engine.options.wasm_version)
    {
        let what = format!("simd (used at offset {offset:#x}) on this CPU, which has no vector instructions,");
        return Err(CompileError::Unsupported(what).into());
    }
    let module = Arc::new(module);
    let artifact = compile_module(target, &module, bodies, engine.options.compile_workers, progress)?;
    let code = Code::publish(target.isa(), artifact, Some(module.clone()))?;
    let mut compiled = CompiledModule::new(engine, module, Some(code));
    if engine.options.executor == Some(Executor::Crossing) {
        compiled = compiled.with_functions(None, None);
        compiled.cross();
    }
    Ok(Arc::new(compiled))
}

/// The image of a module for a machine that may be another one.
///
/// # Errors
///
/// For a machine that is not known; else as for [`compile`].
pub(crate) fn precompile(
    engine: &EngineShared,
    bytes: Bytes,
    target: &str,
    progress: Option<Progress<'_>>,
) -> Result<Vec<u8>, PipelineError> {
    let target = Target::named(target, engine.guarded_memory())?;
    let bytes = match is_image(&bytes) {
        true => ImageSource::Bytes(&bytes).wasm().ok_or(PipelineError::Image)?.into(),
        false => bytes,
    };
    let content = content_hash(&bytes);
    let Decoded { module, bodies } = decode(bytes, engine.options.wasm_version)?;
    let artifact = compile_module(&target, &module, bodies, engine.options.compile_workers, progress)?;
    let machine = target.description();
    let parts = ImageParts {
        identity: Identity::new(Some(content), engine.options.wasm_version, &machine),
        module: &module,
        text: &artifact.text,
        tables: &Tables::new(&artifact),
        addresses: &AddressTable::new(&artifact),
        is_part: false,
    };
    engine.cache.image(&parts).ok_or(PipelineError::Image)
}

/// The image of a module that is compiled. Nothing where its binary cannot be had any more.
pub(crate) fn image_of(module: &CompiledModule) -> Option<Vec<u8>> {
    let wasm = module.module.bytes.split_anywhere()?;
    module.engine.cache.image(&module.image_parts(Some(content_hash(&wasm.concat())))?)
}

/// Checks that a binary is a valid module, without compiling it.
///
/// # Errors
///
/// The first thing in it that is not valid.
pub(crate) fn validate(engine: &EngineShared, bytes: Bytes) -> Result<(), PipelineError> {
    let Decoded { module, bodies } = decode(bytes, engine.options.wasm_version)?;
    Ok(Validation::new(Arc::new(module), bodies).finish()?)
}

/// Why a module is not ready to run.
#[derive(Debug)]
pub enum PipelineError {
    /// Its file cannot be read.
    Read(io::Error),
    /// It is an image that has lost its binary.
    Image,
    /// It is no valid module.
    Decode(DecodeError),
    /// It has a body that is not valid, or code that cannot be compiled.
    Compile(CompileError),
    /// Its code could not be made executable.
    Publish(PublishError),
}

impl From<io::Error> for PipelineError {
    fn from(error: io::Error) -> Self {
        PipelineError::Read(error)
    }
}

impl From<DecodeError> for PipelineError {
    fn from(error: DecodeError) -> Self {
        PipelineError::Decode(error)
    }
}

impl From<CompileError> for PipelineError {
    fn from(error: CompileError) -> Self {
        PipelineError::Compile(error)
    }
}

impl From<PublishError> for PipelineError {
    fn from(error: PublishError) -> Self {
        PipelineError::Publish(error)
    }
}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PipelineError::Read(error) => error.fmt(f),
            PipelineError::Image => f.write_str("invalid image: it is not whole, or of another version"),
            PipelineError::Decode(error) => error.fmt(f),
            PipelineError::Compile(error) => error.fmt(f),
            PipelineError::Publish(error) => error.fmt(f),
        }
    }
}

impl Error for PipelineError {}
