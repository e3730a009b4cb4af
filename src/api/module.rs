//! [`Module`]: a compiled module, and what it says of itself. spec: syntax/modules

use super::{Engine, Error, ErrorKind, Result};
use crate::engine::cache::{self, ImageSource};
use crate::engine::module::{self, ExternIdx, FunctionNames};
use crate::engine::pipeline::{self, CompiledModule, PipelineError};
use crate::engine::tier::Tier;
use crate::engine::types::ExternType;
use bytes::Bytes;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A compiled module, ready to be instantiated any number of times. Clones share the code.
#[derive(Clone, Debug)]
pub struct Module {
    compiled: Arc<CompiledModule>,
    engine: Engine,
}

/// An import of a module.
#[derive(Clone, Copy, Debug)]
pub struct ImportType<'a> {
    owner: &'a Module,
    import: &'a module::Import,
}

/// An export of a module.
#[derive(Clone, Copy, Debug)]
pub struct ExportType<'a> {
    owner: &'a Module,
    export: &'a module::Export,
}

impl Module {
    /// Validates and compiles a module in the binary format.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`] for bytes that are no valid module or need something that is not supported.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Module> {
        Module::compile(engine, bytes, None)
    }

    /// Whether bytes begin as an image does, which [`Module::serialize`] and [`Module::precompile`] make.
    pub fn is_image(bytes: &[u8]) -> bool {
        cache::is_image(bytes)
    }

    /// Like [`Module::new`], and tells after every function how many bytes of function bodies are compiled, and of how many. The calls come from
    /// several threads and not in order.
    ///
    /// # Errors
    ///
    /// As for [`Module::new`].
    pub fn new_with_progress(
        engine: &Engine,
        bytes: &[u8],
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Module> {
        Module::compile(engine, bytes, Some(progress))
    }

    /// Makes a module of a file, which holds a binary or an image.
    ///
    /// With a cache, a file that has not changed since it was compiled is not even read. An image runs where this engine
    /// trusts it, see [`Module::deserialize`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] with the system's words where the file cannot be read; else as for [`Module::new`].
    pub fn from_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Module> {
        #[allow(clippy::disallowed_methods, reason = "the embedder names the file")]
        let file = File::open(path).map_err(|error| Error::new(ErrorKind::Read, error.to_string()))?;
        Module::of(engine, pipeline::compile_file(engine.shared(), file, None))
    }

    /// Like [`Module::from_file`] for a file that is open, with progress as in [`Module::new_with_progress`].
    ///
    /// # Errors
    ///
    /// As for [`Module::from_file`].
    pub fn from_open_file(engine: &Engine, file: File, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Module> {
        Module::of(engine, pipeline::compile_file(engine.shared(), file, Some(progress)))
    }

    /// Makes a module of an image that [`Module::serialize`] made. [`Module::new`] takes images too; this takes nothing
    /// else.
    ///
    /// Its machine code runs where it is for this version and a machine like this one, and sealed with this user's key
    /// ([`Config::key_file`](super::Config::key_file)), or where the engine trusts every image
    /// ([`Config::trust_images`](super::Config::trust_images)). Otherwise the binary in the image is compiled, so that
    /// any bytes are safe to pass.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`] for bytes that are no image, or contain no valid module.
    pub fn deserialize(engine: &Engine, image: &[u8]) -> Result<Module> {
        Module::of(engine, pipeline::from_image(engine.shared(), ImageSource::Bytes(image), None))
    }

    /// The image of a module for a machine that may be another one, such as `aarch64-linux`. The machine is taken to have
    /// no feature that its architecture does not require.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`] for a machine that is not known, and as for [`Module::new`].
    pub fn precompile(
        engine: &Engine,
        bytes: &[u8],
        target: &str,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<u8>> {
        pipeline::precompile(engine.shared(), Bytes::copy_from_slice(bytes), target, Some(progress))
            .map_err(|error| Error::new(ErrorKind::Compile, error.to_string()))
    }

    /// The module as an image: machine code, the tables that belong to it, and the binary. It is sealed with the user's
    /// key where the engine has one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`] for a module that is interpreted; [`ErrorKind::Read`] where it came from a file that has
    /// changed since.
    pub fn serialize(&self) -> Result<Vec<u8>> {
        if self.compiled.code().is_none() {
            return Err(Error::new(
                ErrorKind::Compile,
                "the module is interpreted, so that there is no machine code of it",
            ));
        }
        pipeline::image_of(&self.compiled)
            .ok_or_else(|| Error::new(ErrorKind::Read, "the binary that the module came from cannot be read any more"))
    }

    /// Waits until the module is known to be valid, where it may run before that.
    ///
    /// # Errors
    ///
    /// As [`Module::new`] would have failed.
    #[doc(hidden)]
    pub fn wait_until_valid(&self) -> Result<()> {
        self.compiled.wait_until_valid().map_err(|error| Error::new(ErrorKind::Compile, error.to_string()))
    }

    /// Keeps what has been compiled so far in the engine's cache, where the module is interpreted at first. Others are kept when
    /// they have been compiled. Nothing happens without a cache.
    pub fn keep(&self) {
        self.compiled.keep();
    }

    /// Makes every function of an interpreted module ready to run, which otherwise happens on its first call. Returns how many
    /// bytes of bodies that were. For benchmarks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`] for a function that the interpreter cannot run.
    #[doc(hidden)]
    pub fn fold_all(&self) -> Result<usize> {
        self.compiled.fold_all().map_err(|error| Error::new(ErrorKind::Compile, error))
    }

    /// How often code has been published so far for a module that is interpreted at first. For tests.
    #[doc(hidden)]
    pub fn published_batches(&self) -> usize {
        self.compiled.tier().map_or(0, Tier::batch_count)
    }

    /// Checks that bytes are a valid module, without compiling them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`] where they are not, or need something that is not supported.
    pub fn validate(engine: &Engine, bytes: &[u8]) -> Result<()> {
        pipeline::validate(engine.shared(), Bytes::copy_from_slice(bytes))
            .map_err(|error| Error::new(ErrorKind::Compile, error.to_string()))
    }

    fn compile(engine: &Engine, bytes: &[u8], progress: Option<&(dyn Fn(usize, usize) + Sync)>) -> Result<Module> {
        Module::of(engine, pipeline::compile(engine.shared(), Bytes::copy_from_slice(bytes), progress))
    }

    fn of(engine: &Engine, compiled: Result<Arc<CompiledModule>, PipelineError>) -> Result<Module> {
        let compiled = compiled.map_err(|error| {
            let kind = if matches!(error, PipelineError::Read(_)) { ErrorKind::Read } else { ErrorKind::Compile };
            Error::new(kind, error.to_string())
        })?;
        Ok(Module { compiled, engine: engine.clone() })
    }

    /// The engine that compiled it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Its own name, from the name section. spec: appendix/custom#name-section
    pub fn name(&self) -> Option<&str> {
        self.decoded().name.as_deref()
    }

    /// The index of the function that runs at instantiation, counted from the imports on; none where there is no start
    /// section.
    pub fn start_function(&self) -> Option<u32> {
        self.decoded().start.map(|func| func.0)
    }

    /// What it imports, in its order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        self.decoded().imports.iter().map(|import| ImportType { owner: self, import })
    }

    /// What it exports, in its order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        self.decoded().exports.iter().map(|export| ExportType { owner: self, export })
    }

    /// The type of what it exports under a name.
    pub fn export(&self, name: &str) -> Option<ExternType> {
        self.exports().find(|export| export.name() == name).map(|export| export.ty())
    }

    pub(super) fn decoded(&self) -> &module::Module {
        self.compiled.module()
    }

    pub(super) fn compiled(&self) -> &Arc<CompiledModule> {
        &self.compiled
    }
}

impl<'a> ImportType<'a> {
    /// First name: the module asked for.
    pub fn module(&self) -> &'a str {
        &self.import.module
    }

    /// Second name: the item in it.
    pub fn name(&self) -> &'a str {
        &self.import.name
    }

    /// What it must be.
    pub fn ty(&self) -> ExternType {
        self.owner.decoded().extern_type(self.import.item)
    }
}

impl<'a> ExportType<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.export.name
    }

    /// What it is.
    pub fn ty(&self) -> ExternType {
        self.owner.decoded().extern_type(self.export.item)
    }

    /// Where it is a function, the name that backtraces know that by: from the name section, or `$` and its index.
    pub fn function_name(&self) -> Option<String> {
        let ExternIdx::Func(func) = self.export.item else { return None };
        let names = FunctionNames::parse(self.owner.decoded());
        Some(names.get(func).map_or_else(|| format!("${}", func.0), str::to_owned))
    }
}
