//! What a run shows of itself, driven the same way for every executor, and how two runs are compared.
//!
//! ```text
//!  Case ──> Guest (one for each executor) ──> Record: a step for the instantiation and for each call
//!                                               host calls, results or trap, globals
//!                                             and at the end sizes and digests of memories and tables
//! ```
//!
//! Executors have stacks of different depth, so a comparison ends, without a finding, at the first step in which either
//! side used its stack up.

use crate::generate::Case;
use crate::values::Value;
use std::fmt::Debug;

/// Why a call did not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    Unreachable,
    DivideByZero,
    IntegerOverflow,
    BadConversion,
    MemoryBounds,
    TableBounds,
    UndefinedElement,
    UninitializedElement,
    IndirectType,
    StackOverflow,
    /// A host function refused.
    Host,
    /// Something that no run may end with; never equal to anything but the same failure.
    Other(String),
}

impl Trap {
    /// The trap as wasmi tells it, which has one kind for all that is beyond the end of a table.
    pub(crate) fn seen_by_wasmi(self) -> Trap {
        match self {
            Trap::UndefinedElement => Trap::TableBounds,
            other => other,
        }
    }

    /// The trap as V8's messages tell it.
    pub(crate) fn seen_by_v8(self) -> Trap {
        match self {
            Trap::UndefinedElement => Trap::TableBounds,
            Trap::UninitializedElement => Trap::IndirectType,
            Trap::BadConversion => Trap::IntegerOverflow,
            other => other,
        }
    }
}

/// A host function that was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostCall {
    /// Position among the imports.
    pub(crate) import: usize,
    pub(crate) params: Vec<Value>,
}

/// What one call, or the instantiation, did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) host_calls: Vec<HostCall>,
    pub(crate) outcome: Result<Vec<Value>, Trap>,
    /// All globals afterwards; none where there is no instance.
    pub(crate) globals: Vec<Value>,
    /// Sizes and digests of memories and tables, after the last step; after each one where details are wanted.
    pub(crate) state: Vec<(u64, u32)>,
}

/// All that a run showed: the instantiation, then every call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) steps: Vec<Step>,
}

/// A module in the hands of an executor.
pub(crate) trait Guest {
    /// Makes the instance, which runs the start function.
    fn instantiate(&mut self) -> Result<(), Trap>;
    /// Gives the next call its fuel.
    fn refuel(&mut self);
    /// Calls an exported function.
    fn call(&mut self, name: &str, params: &[Value]) -> Result<Vec<Value>, Trap>;
    /// The host calls since the last time this was asked.
    fn take_host_calls(&mut self) -> Vec<HostCall>;
    fn global(&mut self, name: &str) -> Value;
    /// Pages and digest of a memory.
    fn memory(&mut self, name: &str) -> (u64, u32);
    /// Elements and digest of a table.
    fn table(&mut self, name: &str) -> (u64, u32);
}

/// How much of a guest's state is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Memories and tables at the end.
    Quick,
    /// Memories and tables after each call, to find the one that went wrong.
    EachCall,
}

/// Runs a case to its end.
pub(crate) fn record(case: &Case, guest: &mut dyn Guest, detail: Detail) -> Record {
    let mut record = Record::default();
    let made = guest.instantiate();
    let is_made = made.is_ok();
    record.steps.push(step(case, guest, made.map(|()| Vec::new()), is_made, detail == Detail::EachCall));
    if !is_made {
        return record;
    }
    for (number, call) in case.calls.iter().enumerate() {
        guest.refuel();
        let outcome = guest.call(&case.functions[call.function].name, &call.params);
        let overflowed = outcome == Err(Trap::StackOverflow);
        let is_last = number + 1 == case.calls.len();
        record.steps.push(step(case, guest, outcome, true, is_last || detail == Detail::EachCall));
        if overflowed {
            break;
        }
    }
    record
}

fn step(
    case: &Case,
    guest: &mut dyn Guest,
    outcome: Result<Vec<Value>, Trap>,
    has_instance: bool,
    with_state: bool,
) -> Step {
    let mut step = Step { host_calls: guest.take_host_calls(), outcome, globals: Vec::new(), state: Vec::new() };
    if has_instance {
        step.globals = case.globals.iter().map(|(name, _)| guest.global(name)).collect();
    }
    if has_instance && with_state {
        step.state = case.memories.iter().map(|name| guest.memory(name)).collect();
        step.state.extend(case.tables.iter().map(|name| guest.table(name)));
    }
    step
}

impl Record {
    /// The first difference, with traps seen through `view`.
    pub(crate) fn difference(&self, other: &Record, case: &Case, view: fn(Trap) -> Trap) -> Option<String> {
        let overflowed = |step: &Step| step.outcome == Err(Trap::StackOverflow);
        for (number, (one, two)) in self.steps.iter().zip(&other.steps).enumerate() {
            if overflowed(one) || overflowed(two) {
                return None;
            }
            if let Some(difference) = one.difference(two, view) {
                return Some(format!("{}: {difference}", case.step_name(number)));
            }
        }
        (self.steps.len() != other.steps.len())
            .then(|| format!("{} steps against {}", self.steps.len(), other.steps.len()))
    }

    /// How many calls there were, and how many of them returned.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let calls = self.steps.iter().skip(1);
        (calls.clone().count() as u64, calls.filter(|step| step.outcome.is_ok()).count() as u64)
    }
}

impl Step {
    fn difference(&self, other: &Step, view: fn(Trap) -> Trap) -> Option<String> {
        let seen = |step: &Step| step.outcome.clone().map_err(view);
        differ("host calls", &self.host_calls, &other.host_calls)
            .or_else(|| differ("outcome", &seen(self), &seen(other)))
            .or_else(|| differ("globals", &self.globals, &other.globals))
            .or_else(|| differ("memories and tables", &self.state, &other.state))
    }
}

fn differ<T: PartialEq + Debug>(what: &str, one: &T, two: &T) -> Option<String> {
    (one != two).then(|| format!("{what}\n    {one:x?}\n    {two:x?}"))
}
