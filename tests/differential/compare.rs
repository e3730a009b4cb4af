//! Everyone who runs a case, and who is compared with whom.
//!
//! The interpreter is the reference. Each seed is run by one of several engines beside it: compiled code with guarded memories or
//! with checked ones, both executors in turn, or moving from one to the other after a few calls and rounds. All have to do what
//! it does, and so have wasmi and V8, where the case is one for them.

use crate::generate::{Case, Kind};
use crate::record::{Detail, Record, Trap};
use crate::with_v8::V8;
use crate::with_wasmi::Wasmi;
use crate::with_wazero::Wazero;
use wazero::{MemoryChecks, Strategy};

/// What is compared with the interpreter, by the seed.
const OTHERS: [(&str, Strategy, MemoryChecks); 8] = [
    ("compiler", Strategy::Compiler, MemoryChecks::Auto),
    ("compiler", Strategy::Compiler, MemoryChecks::Checked),
    ("crossing", Strategy::Crossing, MemoryChecks::Auto),
    ("moving at once", Strategy::TiersAfter(0), MemoryChecks::Auto),
    ("compiler", Strategy::Compiler, MemoryChecks::Auto),
    ("moving in loops", Strategy::TiersAfter(1), MemoryChecks::Checked),
    ("moving in loops", Strategy::TiersAfter(2), MemoryChecks::Auto),
    ("moving later", Strategy::TiersAfter(9), MemoryChecks::Auto),
];

/// All executors, made once for many cases.
pub(crate) struct Peers {
    interpreter: Wazero,
    /// Those that seeds choose from.
    others: Vec<(&'static str, Wazero)>,
    wasmi: Wasmi,
    v8: Option<V8>,
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) modules: u64,
    /// Modules that could be instantiated.
    pub(crate) instances: u64,
    pub(crate) calls: u64,
    /// Calls that returned instead of trapping.
    pub(crate) returned: u64,
    pub(crate) host_calls: u64,
    /// Modules that were also compared with wasmi, and with V8.
    pub(crate) with_wasmi: u64,
    pub(crate) with_v8: u64,
}

impl Peers {
    pub(crate) fn new() -> Peers {
        Peers {
            interpreter: Wazero::new(Strategy::Interpreter, MemoryChecks::Auto),
            others: OTHERS.map(|(name, strategy, checks)| (name, Wazero::new(strategy, checks))).into(),
            wasmi: Wasmi::new(),
            v8: None,
        }
    }

    /// Compares with V8 too, if `node` is installed.
    pub(crate) fn and_v8(mut self) -> Peers {
        self.v8 = V8::start();
        self
    }

    pub(crate) fn has_v8(&self) -> bool {
        self.v8.is_some()
    }

    /// Runs a case everywhere.
    ///
    /// # Errors
    ///
    /// The first difference, in words.
    pub(crate) fn check(&mut self, case: &Case) -> Result<Tally, String> {
        let reference = self.interpreter.run(case, Detail::Quick);
        let (name, other) = self.other(case);
        let mut tally = Tally { modules: 1, ..Tally::default() };
        let names = format!("interpreter and {name}");
        agree(&names, case, &reference, &other.run(case, Detail::Quick), |trap| trap)
            .map_err(|difference| self.explain(case, difference))?;
        if case.kind != Kind::Relaxed {
            tally.with_wasmi = 1;
            agree("interpreter and wasmi", case, &reference, &self.wasmi.run(case, Detail::Quick), Trap::seen_by_wasmi)
                .map_err(|difference| self.explain(case, difference))?;
        }
        if let Some(v8) = self.v8.as_mut().filter(|_| case.suits_v8()) {
            tally.with_v8 = 1;
            v8.compare(case, &reference)?;
        }
        (tally.calls, tally.returned) = reference.counts();
        tally.instances = u64::from(reference.steps[0].outcome.is_ok());
        tally.host_calls = reference.steps.iter().map(|step| step.host_calls.len() as u64).sum();
        Ok(tally)
    }

    /// Who is compared with the interpreter.
    fn other(&self, case: &Case) -> (&'static str, &Wazero) {
        let (name, other) = &self.others[case.seed as usize % self.others.len()];
        (name, other)
    }

    /// Compares again with the state after each call, to name the first call that went wrong.
    fn explain(&self, case: &Case, difference: String) -> String {
        let (name, other) = self.other(case);
        let reference = self.interpreter.run(case, Detail::EachCall);
        let names = format!("interpreter and {name}");
        let compiled = agree(&names, case, &reference, &other.run(case, Detail::EachCall), |t| t);
        let wasmi = match case.kind {
            Kind::Relaxed => Ok(()),
            _ => agree(
                "interpreter and wasmi",
                case,
                &reference,
                &self.wasmi.run(case, Detail::EachCall),
                Trap::seen_by_wasmi,
            ),
        };
        let all: Vec<String> = [compiled, wasmi].into_iter().filter_map(Result::err).collect();
        if all.is_empty() { difference } else { all.join("\n") }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.modules += other.modules;
        self.instances += other.instances;
        self.calls += other.calls;
        self.returned += other.returned;
        self.host_calls += other.host_calls;
        self.with_wasmi += other.with_wasmi;
        self.with_v8 += other.with_v8;
    }
}

fn agree(who: &str, case: &Case, one: &Record, two: &Record, view: fn(Trap) -> Trap) -> Result<(), String> {
    let bug = one.steps.iter().chain(&two.steps).find_map(|step| match &step.outcome {
        Err(Trap::Other(message)) => Some(message),
        _ => None,
    });
    match bug.cloned().or_else(|| one.difference(two, case, view)) {
        Some(difference) => Err(format!("{who}: {difference}")),
        None => Ok(()),
    }
}
