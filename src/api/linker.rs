//! [`Linker`]: definitions by name, and how a module's imports find theirs.
//!
//! Host functions are kept apart from any store, so that one linker serves many. What an instance exports belongs to its
//! store, and so does every module that is linked with it. spec: exec/modules#instantiation

use super::func::dynamic;
use super::link_error::{ImportError, ImportProblem};
use super::{AsContext, AsContextMut, Caller, Engine, Error, Extern, Func, Instance, Module, Result, Val};
use crate::engine::module::Import;
use crate::engine::runtime::{HostFunc, HostReturn, ImportValue, IntoFunc, StoreOpaque, instantiate};
use crate::engine::types::FuncType;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Definitions for the imports of modules, by their two names.
pub struct Linker<T: 'static> {
    engine: Engine,
    /// By the first name, then by the second.
    modules: HashMap<String, HashMap<String, Definition>>,
    allow_shadowing: bool,
    /// Host functions take stores with this data.
    data: PhantomData<fn(T)>,
}

/// What stands behind a name.
#[derive(Clone, Debug)]
enum Definition {
    /// A closure for any store with the linker's type of data.
    Host(Arc<HostFunc>),
    /// An item of one store.
    Item(Extern),
}

impl<T: 'static> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker {
            engine: self.engine.clone(),
            modules: self.modules.clone(),
            allow_shadowing: self.allow_shadowing,
            data: PhantomData,
        }
    }
}

impl<T: 'static> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linker").field("modules", &self.modules).finish_non_exhaustive()
    }
}

impl<T: 'static> Linker<T> {
    /// Makes a linker without definitions, for modules of one engine.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker { engine: engine.clone(), modules: HashMap::new(), allow_shadowing: false, data: PhantomData }
    }

    /// The engine whose modules it links.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name may be defined again, which replaces its definition. It may not by default.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    /// Defines a function by a closure whose types are wasm's; see [`Func::wrap`].
    ///
    /// # Errors
    ///
    /// Where the name is defined already.
    pub fn func_wrap<P, R: HostReturn>(
        &mut self,
        module: &str,
        name: &str,
        closure: impl IntoFunc<T, P, R>,
    ) -> Result<&mut Self> {
        self.insert(module, name, Definition::Host(HostFunc::wrap(closure)))
    }

    /// Defines a function by a closure that works on lists of values; see [`Func::new`].
    ///
    /// # Errors
    ///
    /// Where the name is defined already.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        closure: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        self.insert(module, name, Definition::Host(dynamic(ty, closure)))
    }

    /// Says of a host function that is defined already that no call of it changes anything which can be seen from outside of the
    /// program. A program whose bodies are validated beside its run need not wait with such calls.
    #[doc(hidden)]
    pub fn without_effect(&mut self, module: &str, name: &str) {
        if let Some(Definition::Host(func)) = self.modules.get(module).and_then(|names| names.get(name)) {
            func.set_without_effect();
        }
    }

    /// Defines a name by an item of a store. Only modules instantiated in that store can import it.
    ///
    /// # Errors
    ///
    /// Where the name is defined already.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Self> {
        self.insert(module, name, Definition::Item(item.into()))
    }

    /// Defines all exports of an instance as items of `module`. A module that exports nothing is defined all the same.
    ///
    /// # Errors
    ///
    /// Where a name is defined already, or the instance belongs to another store.
    pub fn instance(&mut self, store: impl AsContext, module: &str, instance: Instance) -> Result<&mut Self> {
        instance.check_owner(&store)?;
        if !self.modules.contains_key(module) {
            self.modules.insert(module.to_owned(), HashMap::new());
        }
        for (name, item) in instance.exports(&store) {
            self.define(module, name, item)?;
        }
        Ok(self)
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition) -> Result<&mut Self> {
        let names = match self.modules.get_mut(module) {
            Some(names) => names,
            None => self.modules.entry(module.to_owned()).or_default(),
        };
        if !self.allow_shadowing && names.contains_key(name) {
            return Err(Error::link(format!("{name:?} is defined twice in module {module:?}")));
        }
        names.insert(name.to_owned(), definition);
        Ok(self)
    }

    /// The definition of a name as an item of the store; nothing where there is none, or where no code can be made for a
    /// host function.
    pub fn get(&self, store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        match self.modules.get(module)?.get(name)? {
            Definition::Host(func) => Func::from_host(store, func).ok().map(Extern::Func),
            Definition::Item(item) => Some(*item),
        }
    }

    /// Makes an instance: finds every import, fills memories and tables, and runs the start function.
    /// spec: exec/modules#instantiation
    ///
    /// # Errors
    ///
    /// The first import without a fitting definition ([`Error::import_error`]), definitions or a store that belong
    /// elsewhere, too little memory, a segment that does not fit (a trap), and why the start function did not return.
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        let mut store = store.as_context_mut();
        let store = store.opaque();
        if !module.engine().same(store.engine()) {
            return Err(Error::link("the module and the store belong to different engines"));
        }
        let imports = module.decoded().imports.iter().map(|import| self.resolve(module, import, store));
        let imports = imports.collect::<Result<Vec<ImportValue>>>()?;
        let id = instantiate(store, module.compiled(), &imports).map_err(Error::of_instantiation)?;
        Ok(Instance::from_id(id))
    }

    fn resolve(&self, module: &Module, import: &Import, store: &StoreOpaque) -> Result<ImportValue> {
        let unknown = |problem| {
            let expected = module.decoded().extern_type(import.item);
            let (module, name) = (import.module.clone(), import.name.clone());
            Error::import(ImportError { module, name, expected, problem })
        };
        let names = self.modules.get(&import.module).ok_or_else(|| unknown(ImportProblem::UnknownModule))?;
        match names.get(&import.name).ok_or_else(|| unknown(ImportProblem::UnknownName))? {
            Definition::Host(func) => Ok(ImportValue::HostFunc(func.clone())),
            Definition::Item(item) if item.store() == store.id() => Ok(ImportValue::from(item.into_runtime())),
            Definition::Item(_) => {
                Err(Error::wrong_store(&format!("the definition of \"{}.{}\"", import.module, import.name)))
            }
        }
    }
}
