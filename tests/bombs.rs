//! Modules that mean harm: counts that lie, sizes at and beyond every limit, nesting, repetition. Each is compiled, or
//! run, by a process of its own below a limit on its memory. It may succeed or fail with an error; it may not crash, take
//! more memory than a fixed amount and a small multiple of its size, or take long.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test writes the modules that it runs")]
#![allow(clippy::print_stdout, reason = "times are shown where asked for")]

use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What one bomb may take in an unoptimised build on a busy machine.
const MOST_TIME: Duration = Duration::from_secs(30);

/// The same where programs need longer to begin, as in an emulator: so many times what one takes that does nothing.
const MOST_BEGINNINGS: u32 = 100;

/// Address space in bytes for every bomb: the program itself, its threads, and what compiling takes.
const BASE_BYTES: usize = 900 << 20;

/// Address space in bytes for each byte of a bomb.
const BYTES_PER_BYTE: usize = 100;

/// What shall become of a bomb.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// Exit code 0.
    Good,
    /// Exit code 1, with this in the message.
    Bad(&'static str),
    /// The program is stopped by `-timeout`.
    Stopped,
}

use Outcome::{Bad, Good, Stopped};

struct Bomb {
    name: &'static str,
    command: &'static str,
    bytes: Vec<u8>,
    outcome: Outcome,
}

/// A number in LEB128.
fn leb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    joined(&[&[id], &leb(contents.len() as u64), contents])
}

/// A section of `count` items, each the same.
fn repeated(id: u8, count: usize, item: &[u8]) -> Vec<u8> {
    section(id, &joined(&[&leb(count as u64), &item.repeat(count)]))
}

fn module(sections: &[&[u8]]) -> Vec<u8> {
    joined(&[b"\0asm\x01\0\0\0", &sections.concat()])
}

/// The types `[] -> []` and `[] -> [i32]`.
fn types() -> Vec<u8> {
    section(TYPE, &[2, 0x60, 0, 0, 0x60, 0, 1, I32])
}

/// A body with its length.
fn body(locals: &[u8], code: &[u8]) -> Vec<u8> {
    let contents = joined(&[locals, code, &[END]]);
    joined(&[&leb(contents.len() as u64), &contents])
}

/// A module of one function without parameters, which is exported as `_start`.
fn function(locals: &[u8], code: &[u8]) -> Vec<u8> {
    let memory = section(MEMORY, &[1, 0, 1]);
    let exports = section(EXPORT, b"\x02\x06_start\0\0\x06memory\x02\0");
    module(&[&types(), &section(FUNCTION, &[1, 0]), &memory, &exports, &repeated(CODE, 1, &body(locals, code))])
}

const CUSTOM: u8 = 0;
const TYPE: u8 = 1;
const IMPORT: u8 = 2;
const FUNCTION: u8 = 3;
const TABLE: u8 = 4;
const MEMORY: u8 = 5;
const GLOBAL: u8 = 6;
const EXPORT: u8 = 7;
const START: u8 = 8;
const ELEMENT: u8 = 9;
const CODE: u8 = 10;
const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;

const I32: u8 = 0x7f;
const V128: u8 = 0x7b;
const FUNCREF: u8 = 0x70;
const END: u8 = 0x0b;
const NO_LOCALS: &[u8] = &[0];

#[derive(Default)]
struct Bombs(Vec<Bomb>);

impl Bombs {
    fn compile(&mut self, name: &'static str, bytes: Vec<u8>, outcome: Outcome) {
        self.0.push(Bomb { name, command: "compile", bytes, outcome });
    }

    fn run(&mut self, name: &'static str, bytes: Vec<u8>, outcome: Outcome) {
        self.0.push(Bomb { name, command: "run", bytes, outcome });
    }

    /// Counts and sizes that the bytes do not back.
    fn lies(&mut self) {
        let sections = [
            ("type count", TYPE),
            ("import count", IMPORT),
            ("function count", FUNCTION),
            ("table count", TABLE),
            ("memory count", MEMORY),
            ("global count", GLOBAL),
            ("export count", EXPORT),
            ("element count", ELEMENT),
            ("code count", CODE),
            ("data count", DATA),
        ];
        for (name, id) in sections {
            self.compile(name, module(&[&section(id, &leb(u32::MAX.into()))]), Bad(""));
        }
        let believable = leb(900_000);
        for (name, id) in [("believable type count", TYPE), ("believable function count", FUNCTION)] {
            self.compile(name, module(&[&section(id, &believable)]), Bad(""));
        }
        self.compile("data count alone", module(&[&section(DATA_COUNT, &leb(100_000))]), Bad(""));
        self.compile("section size", module(&[&[TYPE], &leb(u32::MAX.into())]), Bad(""));
        self.compile("endless number", module(&[&[TYPE, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]]), Bad(""));
        self.compile("broken number", module(&[&[TYPE, 0x80]]), Bad(""));
        self.compile("unknown section", module(&[&section(99, &[0])]), Bad(""));
        self.compile("no bytes", Vec::new(), Bad("invalid magic number"));
        self.compile("magic number alone", b"\0asm".to_vec(), Bad(""));
        self.compile(
            "parameter count",
            module(&[&section(TYPE, &joined(&[&[1, 0x60], &leb(u32::MAX.into())]))]),
            Bad(""),
        );
        let name = joined(&[&[1], &leb(u32::MAX.into()), b"a"]);
        self.compile("name length", module(&[&section(IMPORT, &name)]), Bad(""));
        let code = joined(&[&[1], &leb(u32::MAX.into()), &[0, END]]);
        self.compile("body size", module(&[&types(), &section(FUNCTION, &[1, 0]), &section(CODE, &code)]), Bad(""));
        let table = joined(&[&[0x41, 0, 0x0e], &leb(u32::MAX.into())]);
        self.compile("br_table count", function(NO_LOCALS, &table), Bad(""));
        let functions = joined(&[&[1, 1, 0], &leb(u32::MAX.into())]);
        let declared = [types(), section(FUNCTION, &[1, 0]), section(ELEMENT, &functions)];
        self.compile("element function count", module(&[&declared.concat()]), Bad(""));
        let groups = joined(&[&leb(u32::MAX.into()), &[1, I32]]);
        self.compile("group count of locals", function(&groups, &[]), Bad(""));
    }

    /// The name section is nobody's business until a trap prints names; then it must not matter what it says.
    fn names(&mut self) {
        let trap = function(NO_LOCALS, &[0]);
        let sections: [(&str, Vec<u8>); 5] = [
            ("count of names", joined(&[&[1], &leb(5), &leb(u32::MAX.into())])),
            ("size of a subsection", joined(&[&[1], &leb(u32::MAX.into()), &[1]])),
            ("length of a name", joined(&[&[1, 7, 1, 0], &leb(u32::MAX.into())])),
            ("names of functions that are not there", joined(&[&[1, 8, 1], &leb(u32::MAX.into()), &[1, b'x']])),
            ("a million names", {
                let names: Vec<u8> = (0..1_000_000u64).flat_map(|index| joined(&[&leb(index), &[1, b'f']])).collect();
                let map = joined(&[&leb(1_000_000), &names]);
                joined(&[&[1], &leb(map.len() as u64), &map])
            }),
        ];
        for (name, contents) in sections {
            let custom = section(CUSTOM, &joined(&[b"\x04name", &contents]));
            self.run(name, joined(&[&trap, &custom]), Bad("wasm stack trace:"));
        }
        let custom = section(CUSTOM, &[0]).repeat(1_000_000);
        self.run("a million custom sections", joined(&[&trap, &custom]), Bad("wasm stack trace:"));
        let line = section(CUSTOM, &joined(&[b"\x0b.debug_line", &[0xff; 64]]));
        let info = section(CUSTOM, &joined(&[b"\x0b.debug_info", &[0xff; 64]]));
        let abbrev = section(CUSTOM, &joined(&[b"\x0d.debug_abbrev", &[0xff; 64]]));
        self.run("nonsense for DWARF", joined(&[&trap, &line, &info, &abbrev]), Bad("wasm stack trace:"));
    }

    /// Locals, parameters and types.
    fn signatures(&mut self) {
        let most = u64::from(u32::MAX);
        let group = |count: u64, ty| joined(&[&[1], &leb(count), &[ty]]);
        self.compile("four billion locals", function(&group(most, I32), &[]), Bad("too many locals"));
        let twice = joined(&[&[2], &leb(most), &[I32], &leb(most), &[I32]]);
        self.compile("twice four billion locals", function(&twice, &[]), Bad("too many locals"));
        self.compile("50,000 locals", function(&group(50_000, V128), &[]), Good);
        self.compile("50,001 locals", function(&group(50_001, I32), &[]), Bad("too many locals"));
        let groups = joined(&[&leb(50_000), &[1, I32].repeat(50_000)]);
        self.compile("50,000 groups of one local", function(&groups, &[]), Good);
        let bodies = repeated(CODE, 1000, &body(&group(50_000, I32), &[]));
        let many = [types(), repeated(FUNCTION, 1000, &[0]), bodies];
        self.compile("1,000 functions of 50,000 locals", module(&[&many.concat()]), Good);
        let different = (0..1000).flat_map(|number| {
            let code = joined(&[&[0x41], &leb(number % 64), &[0x21], &leb(49_999 - number * 7)]);
            body(&group(50_000, I32), &code)
        });
        let bodies = section(CODE, &joined(&[&leb(1000), &different.collect::<Vec<u8>>()]));
        let many = [types(), repeated(FUNCTION, 1000, &[0]), bodies];
        self.compile("1,000 different functions of 50,000 locals", module(&[&many.concat()]), Good);
        let all: Vec<u8> = (0..50_000u64).flat_map(|local| joined(&[&[0x20], &leb(local), &[0x1a]])).collect();
        self.compile("50,000 locals that are used", function(&group(50_000, I32), &all), Good);

        let list = |count: u64| joined(&[&leb(count), &[I32].repeat(count as usize)]);
        for (name, count, outcome) in [("1,000 parameters", 1000, Good), ("1,001 parameters", 1001, Bad(""))] {
            let ty = section(TYPE, &joined(&[&[1, 0x60], &list(count), &[0]]));
            let export = section(EXPORT, &[1, 1, b'f', 0, 0]);
            let code = repeated(CODE, 1, &body(NO_LOCALS, &[]));
            self.compile(name, module(&[&ty, &section(FUNCTION, &[1, 0]), &export, &code]), outcome);
        }
        for (name, count, outcome) in [("1,000 results", 1000, Good), ("1,001 results", 1001, Bad(""))] {
            let ty = section(TYPE, &joined(&[&[1, 0x60, 0], &list(count)]));
            let export = section(EXPORT, &[1, 1, b'f', 0, 0]);
            let code = repeated(CODE, 1, &body(NO_LOCALS, &[0x41, 0].repeat(count as usize)));
            self.compile(name, module(&[&ty, &section(FUNCTION, &[1, 0]), &export, &code]), outcome);
        }
        self.compile("a million types", module(&[&repeated(TYPE, 1_000_000, &[0x60, 0, 0])]), Good);
        self.compile("a million and one types", module(&[&repeated(TYPE, 1_000_001, &[0x60, 0, 0])]), Bad(""));
        let wide = joined(&[&[0x60], &list(1000), &[0]]);
        self.compile("900 types of 1,000 parameters", module(&[&repeated(TYPE, 900, &wide)]), Good);
    }

    /// As many items as there may be, and more.
    fn repetition(&mut self) {
        let million = 1_000_000;
        let empty = |count| {
            module(&[&types(), &repeated(FUNCTION, count, &[0]), &repeated(CODE, count, &body(NO_LOCALS, &[]))])
        };
        self.compile("a million empty functions", empty(million), Good);
        self.compile("a million and one functions", empty(million + 1), Bad(""));
        let different = (0..20_000u64).flat_map(|number| body(NO_LOCALS, &joined(&[&[0x41], &leb(number), &[0x1a]])));
        let code = section(CODE, &joined(&[&leb(20_000), &different.collect::<Vec<u8>>()]));
        self.compile("20,000 different functions", module(&[&types(), &repeated(FUNCTION, 20_000, &[0]), &code]), Good);
        self.compile("functions without bodies", module(&[&types(), &repeated(FUNCTION, million, &[0])]), Bad(""));
        let import = b"\x01a\x01b\0\0";
        self.compile(
            "a million imports",
            module(&[&types(), &repeated(IMPORT, million, import)]),
            Bad("effective type size"),
        );
        self.compile("a million and one imports", module(&[&types(), &repeated(IMPORT, million + 1, import)]), Bad(""));
        self.run(
            "imports of nothing",
            module(&[&types(), &repeated(IMPORT, 100_000, import)]),
            Bad("not instantiated"),
        );
        self.compile("a million globals", module(&[&repeated(GLOBAL, million, &[I32, 1, 0x41, 0, END])]), Good);
        let deep = joined(&[&[I32, 0], &[0x41, 1].repeat(million), &[0x6a].repeat(million - 1), &[END]]);
        self.compile("a constant of a million additions", module(&[&repeated(GLOBAL, 1, &deep)]), Good);
        let exports = (0..100_000u64).flat_map(|number| {
            let name = number.to_string();
            joined(&[&leb(name.len() as u64), name.as_bytes(), &[3, 0]])
        });
        let exports = section(EXPORT, &joined(&[&leb(100_000), &exports.collect::<Vec<u8>>()]));
        let global = repeated(GLOBAL, 1, &[I32, 1, 0x41, 0, END]);
        self.compile("100,000 exports", module(&[&global, &exports]), Good);

        let data = [0, 0x41, 0, END, 0];
        let memory = section(MEMORY, &[1, 0, 1]);
        let segments = |count| module(&[&memory, &repeated(DATA, count, &data)]);
        self.compile("100,000 data segments", segments(100_000), Good);
        self.compile("100,001 data segments", segments(100_001), Bad(""));
        let table = section(TABLE, &[1, FUNCREF, 0, 1]);
        let segments = |count| module(&[&table, &repeated(ELEMENT, count, &[0, 0x41, 0, END, 0])]);
        self.compile("100,000 element segments", segments(100_000), Good);
        self.compile("100,001 element segments", segments(100_001), Bad(""));
        let code = repeated(CODE, 1, &body(NO_LOCALS, &[]));
        let functions = joined(&[&[1, 1, 0], &leb(million as u64), &vec![0; million]]);
        let parts = [types(), section(FUNCTION, &[1, 0]), section(ELEMENT, &functions), code];
        self.compile("a segment of a million functions", module(&[&parts.concat()]), Good);
    }

    /// What single bodies can hold.
    fn bodies(&mut self) {
        let times = |count: usize, code: &[u8]| code.repeat(count);
        self.compile("a body of nothing", function(NO_LOCALS, &times(7_000_000, &[1])), Good);
        self.compile("a body that is too long", function(NO_LOCALS, &times(8_000_000, &[1])), Bad(""));
        for (name, open) in [("blocks", 0x02), ("loops", 0x03)] {
            let code = joined(&[&times(6000, &[open, 0x40]), &times(6000, &[END])]);
            self.compile(name, function(NO_LOCALS, &code), Good);
        }
        let code = joined(&[&times(10_000, &[0x41, 1, 0x04, 0x40]), &times(10_000, &[END])]);
        self.compile("conditions", function(NO_LOCALS, &code), Good);
        let code = joined(&[&[0], &times(500_000, &[0x02, 0x40]), &times(500_000, &[END])]);
        self.compile("blocks that nothing reaches", function(NO_LOCALS, &code), Good);
        let code = joined(&[&[0x41, 0, 0x0e], &leb(1_000_000), &vec![0; 1_000_001]]);
        self.compile("a br_table of a million", function(NO_LOCALS, &code), Good);
        let code = joined(&[&times(20_000, &[0x41, 1]), &times(19_999, &[0x6a]), &[0x1a]]);
        self.compile("a deep operand stack", function(NO_LOCALS, &code), Good);
        self.compile("branches", function(NO_LOCALS, &times(3000, &[0x41, 1, 0x0d, 0])), Good);
        self.compile("calls of itself", function(NO_LOCALS, &times(30_000, &[0x10, 0])), Good);
        self.compile("growth", function(NO_LOCALS, &times(10_000, &[0x41, 1, 0x40, 0, 0x1a])), Good);
        // Every local is changed in every loop, so that each loop's beginning has a value for each.
        let change: Vec<u8> = (0..100u8).flat_map(|local| [0x20, local, 0x41, 1, 0x6a, 0x21, local]).collect();
        let code = joined(&[&times(100, &[0x03, 0x40]), &change, &times(100, &[0x41, 0, 0x0d, 0, END])]);
        self.compile("locals that change in nested loops", function(&[1, 100, I32], &code), Good);
        self.compile("more ends than beginnings", function(NO_LOCALS, &times(1000, &[END])), Bad(""));
        self.compile("beginnings without ends", function(NO_LOCALS, &times(100_000, &[0x02, 0x40])), Bad(""));
    }

    /// Bodies in which two bytes hand on a thousand values.
    fn widths(&mut self) {
        let list = joined(&[&leb(1000), &[I32].repeat(1000)]);
        let kinds = joined(&[&[3, 0x60, 0, 0, 0x60, 0], &list, &[0x60], &list, &list]);
        let wide = body(NO_LOCALS, &[0x41, 0].repeat(1000));
        // A function behind which a second one gives a thousand numbers.
        let with = |code: &[u8]| {
            let bodies = section(CODE, &joined(&[&[2], &body(NO_LOCALS, code), &wide]));
            let exports = section(EXPORT, b"\x01\x06_start\0\0");
            module(&[&section(TYPE, &kinds), &section(FUNCTION, &[2, 0, 1]), &exports, &bodies])
        };
        let (call, many) = ([0x10, 1], 300_000);
        self.compile("results of 95 calls", with(&joined(&[&call.repeat(95), &[0]])), Good);
        // In a block of a thousand results, to which branches go.
        let inside = |code: &[u8]| with(&joined(&[&[0x02, 1], &call, code, &[END, 0]]));
        let beyond = [
            ("results of calls", with(&joined(&[&call.repeat(many), &[0]]))),
            ("results that are handed on", with(&joined(&[&call, &[0x02, 2, END].repeat(many), &[0]]))),
            ("parameters of loops", with(&joined(&[&call, &[0x03, 2].repeat(1000), &[END].repeat(1000), &[0]]))),
            ("conditions", with(&joined(&[&call, &[0x41, 0, 0x04, 2, 0x05, END].repeat(many), &[0]]))),
            ("branches", inside(&[0x41, 0, 0x0d, 0].repeat(many))),
            ("targets", inside(&joined(&[&[0x41, 0, 0x0e], &leb(many as u64), &vec![0; many + 1]]))),
        ];
        for (name, bytes) in beyond {
            self.compile(name, bytes.clone(), Bad("hand on too many values"));
            self.run(name, bytes, Bad("hand on too many values"));
        }
    }

    /// What an instance takes, and what a program does.
    fn instances(&mut self) {
        let start = [types(), section(FUNCTION, &[1, 0])];
        let rest = [section(EXPORT, b"\x01\x06_start\0\0"), repeated(CODE, 1, &body(NO_LOCALS, &[]))];
        let memories = |memory: Vec<u8>| module(&[&start.concat(), &memory, &rest.concat()]);
        let pages = |count: u64| joined(&[&[0], &leb(count)]);
        self.run("a memory of 4 GiB", memories(repeated(MEMORY, 1, &pages(65_536))), Bad(""));
        self.compile("a memory of more", memories(repeated(MEMORY, 1, &pages(65_537))), Bad(""));
        self.run("two memories of 4 GiB", memories(repeated(MEMORY, 2, &pages(65_536))), Bad(""));
        self.compile("100 memories of nothing", memories(repeated(MEMORY, 100, &pages(0))), Good);
        self.compile("101 memories", memories(repeated(MEMORY, 101, &pages(0))), Bad(""));
        let elements = |count: u64| joined(&[&[FUNCREF, 0], &leb(count)]);
        self.run("a table of ten million", memories(repeated(TABLE, 1, &elements(10_000_000))), Good);
        self.run("a table of four billion", memories(repeated(TABLE, 1, &elements(u32::MAX.into()))), Bad(""));
        self.run(
            "two tables of ten million",
            memories(repeated(TABLE, 2, &elements(10_000_000))),
            Bad("-max-table=20000000"),
        );
        self.compile("100 tables", memories(repeated(TABLE, 100, &elements(1))), Good);
        let data = section(DATA, &[1, 0, 0x41, 0x7f, END, 1, 0]);
        let outside = joined(&[&memories(section(MEMORY, &[1, 0, 1])), &data]);
        self.run("data outside the memory", outside, Bad("out of bounds memory access"));

        let first = |code: &[u8]| {
            let code = repeated(CODE, 1, &body(NO_LOCALS, code));
            module(&[&types(), &section(FUNCTION, &[1, 0]), &section(START, &[0]), &code])
        };
        self.run("a start function that never ends", first(&[0x03, 0x40, 0x0c, 0, END]), Stopped);
        self.run("a start function that calls itself", first(&[0x10, 0]), Bad("stack overflow"));
    }
}

fn bombs() -> Vec<Bomb> {
    let mut bombs = Bombs::default();
    bombs.lies();
    bombs.names();
    bombs.signatures();
    bombs.repetition();
    bombs.bodies();
    bombs.widths();
    bombs.instances();
    bombs.0
}

/// Has the runner take the bomb below a limit on its memory.
fn detonate(bomb: &Bomb) -> Output {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("bomb.wasm");
    std::fs::write(&path, &bomb.bytes).expect("module");
    let kilobytes = (BASE_BYTES + bomb.bytes.len() * BYTES_PER_BYTE) >> 10;
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -v {kilobytes} && exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_wazero"));
    command.arg(bomb.command);
    if bomb.outcome == Stopped {
        command.arg("-timeout=300ms");
    }
    command.arg(&path).stdin(Stdio::null()).output().expect("a shell")
}

/// What one bomb may take here.
fn most_time() -> Duration {
    let start = Instant::now();
    let nothing = Bomb { name: "nothing", bytes: module(&[]), command: "compile", outcome: Good };
    assert_eq!(detonate(&nothing).status.code(), Some(0));
    MOST_TIME.max(start.elapsed() * MOST_BEGINNINGS)
}

/// What is wrong with how a bomb ended, if anything.
fn verdict(bomb: &Bomb, most_time: Duration) -> Option<String> {
    let start = Instant::now();
    let output = detonate(bomb);
    let took = start.elapsed();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let shown: String = stderr.chars().take(300).collect();
    let (code, message) = match bomb.outcome {
        Good => (0, ""),
        Bad(message) => (1, message),
        Stopped => (255, "context deadline exceeded"),
    };
    let is_bug = stderr.contains("bug in wazero") || stderr.contains("panicked");
    if output.status.code() != Some(code) || !stderr.contains(message) || is_bug {
        return Some(format!("{} ({} bytes): {} {shown}", bomb.name, bomb.bytes.len(), output.status));
    }
    (took > most_time).then(|| format!("{} took {took:?}", bomb.name))
}

#[test]
fn no_module_harms_the_runner() {
    let (bombs, most_time) = (bombs(), most_time());
    assert!(bombs.len() >= 80, "{} bombs", bombs.len());
    let (next, findings) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(bomb) = bombs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    findings.lock().expect("findings").extend(verdict(bomb, most_time));
                    if std::env::var_os("BOMB_TIMES").is_some() {
                        println!("{:>8.2?} {}", start.elapsed(), bomb.name);
                    }
                }
            });
        }
    });
    let findings = findings.into_inner().expect("findings");
    assert!(findings.is_empty(), "{} of {} bombs:\n{}", findings.len(), bombs.len(), findings.join("\n"));
}

/// A real module cut off at every byte, and with every byte changed: an error, or valid after all.
#[test]
fn broken_modules_are_errors() {
    let engine = wazero::Engine::new(&wazero::Config::new()).expect("engine");
    let whole = include_bytes!("dwarf/trace.wasm");
    for len in 0..whole.len() {
        let _ = wazero::Module::validate(&engine, &whole[..len]);
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = whole.to_vec();
            changed[len] ^= flip;
            if wazero::Module::validate(&engine, &changed).is_ok() {
                wazero::Module::new(&engine, &changed).expect("a valid module compiles");
            }
        }
    }
}
