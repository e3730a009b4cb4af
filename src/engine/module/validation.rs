//! Validating the bodies of a module: by several threads, and beside a run that has begun.
//!
//! Bodies are taken in stretches by whoever has time: threads of their own, and the one that waits for the outcome. A run may
//! begin before all bodies are known to be valid, as long as each function is checked before it is first called, and
//! everything is before the run has an effect that can be seen from outside. spec: valid/modules

use super::accept::{Acceptor, Signatures};
use super::{BodyValidator, DecodeError, Module, WasmVersion, Width, body_validator, features};
use crate::engine::sys::processors;
use crate::engine::types::DefinedFuncIdx;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use wasmparser::{BinaryReader, FuncValidator, FuncValidatorAllocations, OperatorsReader, ValidatorResources};

/// Bodies of a stretch.
const STRETCH: usize = 32;

/// Bytes of bodies that are worth a thread: half a millisecond of work.
const BYTES_OF_A_THREAD: usize = 64 << 10;

/// The bodies of a module, and what is known of their validity.
pub struct Validation {
    module: Arc<Module>,
    bodies: Vec<BodyValidator>,
    /// For accepting usual bodies quickly; nothing where that cannot be.
    signatures: Option<Signatures>,
    /// For each body whether it is known to be valid.
    valid: Vec<AtomicBool>,
    /// The next body that nobody has taken.
    next: AtomicUsize,
    /// Whether all are validated.
    is_done: AtomicBool,
    progress: Mutex<Progress>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Progress {
    /// Bodies that are validated, or passed over behind an invalid one.
    done: usize,
    /// The first body that is known to be invalid, and why.
    invalid: Option<(usize, DecodeError)>,
    /// Threads have been started.
    is_shared: bool,
}

/// What a thread needs for body after body.
struct Scratch<'a> {
    acceptor: Option<Acceptor<'a>>,
    allocations: FuncValidatorAllocations,
}

impl Validation {
    /// Nothing is validated yet.
    pub fn new(module: Arc<Module>, bodies: Vec<BodyValidator>) -> Arc<Validation> {
        let is_done = AtomicBool::new(bodies.is_empty());
        let is_latest = bodies.first().is_some_and(|body| body.features == features(WasmVersion::Latest));
        let signatures = if is_latest { Signatures::of(&module) } else { None };
        let valid = bodies.iter().map(|_| AtomicBool::new(false)).collect();
        let (next, progress, ended) = (AtomicUsize::new(0), Mutex::default(), Condvar::new());
        Arc::new(Validation { module, bodies, signatures, valid, next, is_done, progress, ended })
    }

    /// Validators for the bodies, in their order.
    pub fn bodies(&self) -> &[BodyValidator] {
        &self.bodies
    }

    /// Whether all bodies are known to be valid, or the first invalid one is known.
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    /// Begins, and leaves the rest to other threads where there is enough of it.
    ///
    /// # Errors
    ///
    /// The first invalid body's, where all of it was done at once.
    pub fn start(self: &Arc<Validation>) -> Result<(), DecodeError> {
        if self.share() { Ok(()) } else { self.finish() }
    }

    /// Validates what is left, and waits for what others are at.
    ///
    /// # Errors
    ///
    /// That of the first invalid body, in the module's order.
    pub fn finish(self: &Arc<Validation>) -> Result<(), DecodeError> {
        if !self.is_done() {
            self.share();
            self.work();
        }
        let mut progress = self.lock();
        while !self.is_done() {
            progress = self.ended.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        progress.invalid.clone().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Validates one body now, if nobody has done so before.
    ///
    /// # Errors
    ///
    /// Why it is not valid.
    pub fn check(&self, body: usize) -> Result<(), DecodeError> {
        self.validate(body, &mut self.scratch())
    }

    /// Starts threads, if that was not done before; false where there is too little for them, or none could be started.
    fn share(self: &Arc<Validation>) -> bool {
        if std::mem::replace(&mut self.lock().is_shared, true) {
            return true;
        }
        let bytes: usize = self.module.bodies.iter().map(ExactSizeIterator::len).sum();
        let wanted = bytes / BYTES_OF_A_THREAD;
        if wanted == 0 {
            return false;
        }
        let others = processors().saturating_sub(1).max(1).min(wanted);
        let start = |_| {
            let own = self.clone();
            thread::Builder::new().name("wazero-validate".to_owned()).spawn(move || own.work()).is_ok()
        };
        (0..others).filter(|number| start(*number)).count() > 0
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Validates stretches until none is left.
    fn work(&self) {
        let mut scratch = self.scratch();
        loop {
            let first = self.next.fetch_add(STRETCH, Ordering::Relaxed);
            if first >= self.bodies.len() {
                return;
            }
            let stretch = first..(first + STRETCH).min(self.bodies.len());
            let is_behind = self.lock().invalid.as_ref().is_some_and(|(invalid, _)| *invalid < first);
            let mut invalid = None;
            for body in stretch.clone().filter(|_| !is_behind) {
                if let Err(error) = self.validate(body, &mut scratch) {
                    invalid = Some((body, error));
                    break;
                }
            }
            self.note(stretch.len(), invalid);
        }
    }

    fn scratch(&self) -> Scratch<'_> {
        let acceptor = self.signatures.as_ref().map(|signatures| Acceptor::new(&self.module, signatures));
        Scratch { acceptor, allocations: FuncValidatorAllocations::default() }
    }

    /// Validates a body that is not known to be valid.
    fn validate<'a>(&'a self, body: usize, scratch: &mut Scratch<'a>) -> Result<(), DecodeError> {
        let Some(is_valid) = self.valid.get(body) else {
            return Err(DecodeError::bug(format_args!("there is no body {body}")));
        };
        // Nothing else depends on the order in which threads see this.
        if !is_valid.load(Ordering::Relaxed) {
            self.decide(body, scratch)?;
            is_valid.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn decide<'a>(&'a self, body: usize, scratch: &mut Scratch<'a>) -> Result<(), DecodeError> {
        let (Some(validator), Some(range)) = (self.bodies.get(body), self.module.bodies.get(body)) else {
            return Err(DecodeError::bug(format_args!("there is no body {body}")));
        };
        let bytes = self.module.bytes.get(range.clone()).unwrap_or_default();
        let func = self.module.func_idx(DefinedFuncIdx::from_usize(body));
        let is_accepted = scratch.acceptor.as_mut().is_some_and(|acceptor| acceptor.accepts(func, bytes));
        if is_accepted && !cfg!(debug_assertions) {
            return Ok(());
        }
        let code = BinaryReader::new_features(bytes, range.start as u64, validator.features);
        let mut validator = body_validator(validator).into_validator(std::mem::take(&mut scratch.allocations));
        match validate_body(&mut validator, code) {
            Err(error) if is_accepted => {
                return Err(DecodeError::bug(format_args!("body {body} was accepted: {error}")));
            }
            outcome => outcome?,
        }
        scratch.allocations = validator.into_allocations();
        Ok(())
    }

    fn note(&self, bodies: usize, invalid: Option<(usize, DecodeError)>) {
        let mut progress = self.lock();
        progress.done += bodies;
        if let Some((body, error)) = invalid
            && progress.invalid.as_ref().is_none_or(|(known, _)| body < *known)
        {
            progress.invalid = Some((body, error));
        }
        if progress.done >= self.bodies.len() {
            self.is_done.store(true, Ordering::Release);
            self.ended.notify_all();
        }
    }
}

/// Validates a body, from its locals on, one operator after the other.
///
/// # Errors
///
/// Why it is not valid, or that it is beyond the limit of [`Width`].
pub(super) fn validate_body(
    validator: &mut FuncValidator<ValidatorResources>,
    mut code: BinaryReader<'_>,
) -> Result<(), DecodeError> {
    let mut width = Width::of_body(code.bytes_remaining());
    validator.read_locals(&mut code)?;
    let mut operators = OperatorsReader::new(code);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        width.count(offset, &operator, validator)?;
        validator.op(offset, &operator)?;
    }
    Ok(operators.finish()?)
}

impl fmt::Debug for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validation").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::module::{Decoded, WasmVersion, decode};

    /// A module with that many functions, of which the named ones are not valid.
    fn validation(functions: usize, invalid: &[usize]) -> Arc<Validation> {
        // Each is long enough for several threads to be worth it.
        let valid = "(drop (i64.const 0x123456789abcdef))".repeat(200);
        let body = |index| if invalid.contains(&index) { "(drop (i32.add))".to_owned() } else { valid.clone() };
        let functions: String = (0..functions).map(|index| format!("(func {})", body(index))).collect();
        let bytes = wat::parse_str(format!("(module {functions})")).expect("text");
        let Decoded { module, bodies } = decode(bytes.into(), WasmVersion::Latest).expect("sections");
        Validation::new(Arc::new(module), bodies)
    }

    #[test]
    fn the_first_invalid_body_is_named_whoever_finds_it() {
        for invalid in [&[][..], &[3], &[499, 4], &[250, 120, 121], &[0]] {
            for starts in [false, true] {
                let validation = validation(500, invalid);
                if starts {
                    validation.start().expect("left to others");
                }
                let outcome = validation.finish();
                let expect = invalid.iter().min().map(|first| validation.check(*first).expect_err("not valid"));
                assert_eq!(outcome.err(), expect, "{invalid:?}");
                assert!(validation.is_done());
            }
        }
    }

    #[test]
    fn a_small_module_is_done_at_once() {
        let validation = validation(3, &[1]);
        assert!(validation.start().is_err());
        assert!(validation.is_done());
    }
}
