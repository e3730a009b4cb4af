//! What is accepted is valid, for wasmparser has the last word here; and what compilers make is accepted.
//!
//! `WAZERO_BODIES=10000000` alters and makes that many bodies instead of a few.

#![allow(clippy::disallowed_methods, reason = "tests read programs of benchmarks, and how many bodies are wanted")]

use super::super::validation::validate_body;
use super::super::{Decoded, Module, WasmVersion, body_validator, decode, features};
use super::{Acceptor, Signatures};
use crate::engine::types::DefinedFuncIdx;
use std::path::Path;
use wasmparser::{BinaryReader, FuncValidatorAllocations};

/// A module some of whose bodies are replaced by others.
struct Host {
    decoded: Decoded,
    signatures: Signatures,
}

impl Host {
    fn new(bytes: Vec<u8>) -> Host {
        let decoded = decode(bytes.into(), WasmVersion::Latest).expect("sections");
        let signatures = Signatures::of(&decoded.module).expect("nothing unusual");
        Host { decoded, signatures }
    }

    fn module(&self) -> &Module {
        &self.decoded.module
    }

    fn body(&self, func: usize) -> &[u8] {
        self.module().bytes.get(self.module().bodies[func].clone()).expect("in the module")
    }

    fn is_accepted(&self, func: usize, body: &[u8]) -> bool {
        let index = self.module().func_idx(DefinedFuncIdx::from_usize(func));
        Acceptor::new(self.module(), &self.signatures).accepts(index, body)
    }

    fn is_valid(&self, func: usize, body: &[u8]) -> bool {
        let mut validator =
            body_validator(&self.decoded.bodies[func]).into_validator(FuncValidatorAllocations::default());
        validate_body(&mut validator, BinaryReader::new_features(body, 0, features(WasmVersion::Latest))).is_ok()
    }

    /// Whether a body is accepted. One that is must be valid.
    fn check(&self, func: usize, body: &[u8]) -> bool {
        let is_accepted = self.is_accepted(func, body);
        assert!(!is_accepted || self.is_valid(func, body), "accepted, and not valid: function {func}, {body:02x?}");
        is_accepted
    }
}

/// Something of everything that bodies refer to. Each function has another result.
fn small() -> Host {
    let params = "(param i32 i64 f32 f64 v128)";
    let text = format!(
        "(module
           (import \"\" \"\" (func $import (param i32 f64) (result i64)))
           (type $pair (func (param i32 i64) (result i64 i32)))
           (type $same (func (param f32) (result f32)))
           (table 1 funcref) (table 1 externref) (memory 1)
           (global i32 (i32.const 0)) (global (mut i64) (i64.const 0)) (global (mut externref) (ref.null extern))
           (func {params})
           (func {params} (result i32) i32.const 0)
           (func {params} (result i64) i64.const 0)
           (func {params} (result f32) f32.const 0)
           (func {params} (result f64) f64.const 0)
           (func {params} (result v128) local.get 4)
           (func {params} (result i64 i32) i64.const 0 i32.const 0))"
    );
    Host::new(wat::parse_str(text).expect("text"))
}

/// What Rust makes of the programs of a benchmark.
fn programs() -> Vec<Host> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compute");
    let files = std::fs::read_dir(folder).expect("the folder of programs").map(|entry| entry.expect("file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|name| name == "wasm")).collect();
    files.sort();
    files.iter().map(|path| Host::new(std::fs::read(path).expect("program"))).collect()
}

/// How many bodies are tried, and numbers that look like chance.
fn wanted(few: u64) -> u64 {
    std::env::var("WAZERO_BODIES").ok().and_then(|count| count.parse().ok()).unwrap_or(few)
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) as usize) % limit
    }
}

#[test]
fn programs_are_accepted_whole() {
    for host in programs() {
        for func in 0..host.module().bodies.len() {
            assert!(host.check(func, host.body(func)), "{func}");
        }
    }
}

#[test]
fn altered_programs_are_accepted_only_where_they_are_valid() {
    let (hosts, mut chance, mut accepted) = (programs(), Chance(1), 0);
    for _ in 0..wanted(20_000) {
        let host = &hosts[chance.below(hosts.len())];
        let func = chance.below(host.module().bodies.len());
        let mut body = host.body(func).to_vec();
        for _ in 0..=chance.below(3) {
            let at = chance.below(body.len());
            match chance.below(4) {
                0 => body[at] = chance.below(256) as u8,
                1 => body[at] = body[at].wrapping_add(1),
                2 => drop(body.remove(at)),
                _ => body.insert(at, body[chance.below(body.len())]),
            }
            if body.is_empty() {
                body.push(0);
            }
        }
        accepted += u64::from(host.check(func, &body));
    }
    assert!(accepted > wanted(20_000) / 20, "{accepted}");
}

/// Each instruction, behind operands of all kinds, with all kinds of immediates, in functions of all results.
#[test]
fn each_instruction_is_accepted_only_where_it_is_valid() {
    let host = small();
    let mut accepted = 0;
    for (stack, op, immediates) in instructions() {
        for func in 0..host.module().bodies.len() {
            let body = [&[0][..], &stack, &op, immediates, &[0x0b]].concat();
            accepted += u32::from(host.check(func, &body));
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}

/// Operands as instructions that push them, an opcode, and what follows it.
fn instructions() -> impl Iterator<Item = (Vec<u8>, Vec<u8>, &'static [u8])> {
    const IMMEDIATES: &[&[u8]] = &[
        &[],
        &[0],
        &[1],
        &[2],
        &[0, 0],
        &[1, 0],
        &[2, 0],
        &[3, 0],
        &[4, 0],
        &[0, 1],
        &[0, 0, 0],
        &[0x42, 0, 0],
        &[0x40, 1, 0],
    ];
    let stacks = (0..4).flat_map(|depth| {
        (0..1 << (2 * depth)).map(move |kinds| {
            // Parameters are of the four types of numbers.
            (0..depth).flat_map(|place| [0x20, kinds >> (2 * place) & 3]).collect::<Vec<u8>>()
        })
    });
    let stacks: Vec<_> = stacks.chain([vec![0x00]]).collect();
    let plain = (0..=255).map(|op| vec![op]);
    let prefixed = (0..20).map(|op| vec![0xfc, op]);
    plain.chain(prefixed).flat_map(move |op| {
        let stacks = stacks.clone();
        IMMEDIATES.iter().flat_map(move |immediates| {
            let op = op.clone();
            stacks.clone().into_iter().map(move |stack| (stack, op.clone(), *immediates))
        })
    })
}

/// Nothing of vectors but what is relaxed is left to wasmparser.
#[test]
fn each_vector_instruction_is_accepted_where_it_is_valid() {
    // By the parameters that they are, the fourth being the vector.
    const STACKS: &[&[u8]] =
        &[&[], &[0], &[1], &[2], &[3], &[4], &[0, 4], &[4, 0], &[4, 1], &[4, 2], &[4, 3], &[4, 4], &[4, 4, 4]];
    let lanes = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32];
    let accesses = (0..6).map(|alignment| vec![alignment, 0]);
    let lanes_of_accesses = (0..6).flat_map(|alignment| lanes.map(|lane| vec![alignment, 0, lane]));
    let shuffles = lanes.map(|lane| vec![lane; 16]);
    let immediates: Vec<Vec<u8>> = [vec![]]
        .into_iter()
        .chain(lanes.map(|lane| vec![lane]))
        .chain(accesses)
        .chain(lanes_of_accesses)
        .chain(shuffles)
        .collect();
    let host = small();
    for op in 0..0x100_u32 {
        let op = [0xfd, op as u8 & 0x7f | 0x80, (op >> 7) as u8];
        for (stack, immediate) in
            STACKS.iter().flat_map(|stack| immediates.iter().map(move |immediate| (stack, immediate)))
        {
            let operands: Vec<u8> = stack.iter().flat_map(|param| [0x20, *param]).collect();
            for func in [0, 1, 2, 3, 4, 5] {
                let body = [&[0][..], &operands, &op, immediate, &[0x0b]].concat();
                assert_eq!(host.check(func, &body), host.is_valid(func, &body), "{func}, {body:02x?}");
            }
        }
    }
}

#[test]
fn made_up_bodies_are_accepted_only_where_they_are_valid() {
    // What changes blocks and heights, and little else, so that many bodies are valid.
    const PIECES: &[&[u8]] = &[
        &[0x00],
        &[0x02, 0x40],
        &[0x02, 0x7f],
        &[0x02, 0x00],
        &[0x02, 0x01],
        &[0x03, 0x40],
        &[0x03, 0x7e],
        &[0x03, 0x01],
        &[0x04, 0x40],
        &[0x04, 0x7f],
        &[0x04, 0x01],
        &[0x05],
        &[0x0b],
        &[0x0b],
        &[0x0c, 0],
        &[0x0c, 1],
        &[0x0d, 0],
        &[0x0d, 1],
        &[0x0e, 1, 0, 1],
        &[0x0e, 0, 2],
        &[0x0f],
        &[0x10, 0],
        &[0x10, 3],
        &[0x11, 1, 0],
        &[0x11, 1, 1],
        &[0x12, 2],
        &[0x13, 2, 0],
        &[0x1a],
        &[0x1b],
        &[0x20, 0],
        &[0x20, 1],
        &[0x21, 0],
        &[0x22, 1],
        &[0x23, 2],
        &[0x24, 2],
        &[0x41, 0],
        &[0x42, 0],
        &[0x6a],
        &[0xa7],
    ];
    let (host, mut chance, mut accepted) = (small(), Chance(2), 0);
    for _ in 0..wanted(200_000) {
        let mut body = vec![0];
        for _ in 0..=chance.below(12) {
            body.extend_from_slice(PIECES[chance.below(PIECES.len())]);
        }
        body.push(0x0b);
        accepted += u64::from(host.check(chance.below(host.module().bodies.len()), &body));
    }
    assert!(accepted > wanted(200_000) / 500, "{accepted}");
}

/// Numbers of every length, with every kind of last byte: here nothing is left to wasmparser but what is malformed.
#[test]
fn numbers_are_as_long_as_they_may_be() {
    let host = small();
    for (func, op) in [(1, 0x41), (2, 0x42)] {
        for length in 0..12 {
            for first in [0x80, 0xff, 0xc0] {
                for last in 0..=255 {
                    let body = [&[0, op][..], &vec![first; length], &[last, 0x0b]].concat();
                    assert_eq!(host.check(func, &body), host.is_valid(func, &body), "{body:02x?}");
                    let body = [&[0, 0x20][..], &vec![first; length], &[last, 0x0b]].concat();
                    assert_eq!(host.check(func, &body), host.is_valid(func, &body), "{body:02x?}");
                }
            }
        }
    }
}

/// What is beyond the limit on values is left to wasmparser's side, which refuses it; and nothing else is.
#[test]
fn the_limit_on_values_is_the_same() {
    let (kinds, zeros) = ("i32 ".repeat(1000), "i32.const 0 ".repeat(1000));
    let text = format!("(module (func) (func (param {kinds}) (result {kinds})) (func (result {kinds}) {zeros}))");
    let host = Host::new(wat::parse_str(text).expect("text"));
    // In front of a piece, the piece, behind each piece, and behind all of them.
    let shapes: [[&[u8]; 4]; 6] = [
        [&[], &[0x10, 2], &[], &[]],
        [&[0x10, 2], &[0x02, 1], &[0x0b], &[]],
        [&[0x10, 2], &[0x03, 1], &[0x0b], &[]],
        [&[0x10, 2], &[0x41, 0, 0x04, 1, 0x05], &[0x0b], &[]],
        [&[0x02, 2, 0x10, 2], &[0x41, 0, 0x0d, 0], &[], &[0x0b]],
        [&[0x02, 2, 0x00], &[0x10, 1], &[], &[0x0b]],
    ];
    for [before, piece, behind, end] in shapes {
        let body = |count| {
            let pieces = [piece.repeat(count), behind.repeat(count)].concat();
            [&[0][..], before, &pieces, end, &[0x00, 0x0b]].concat()
        };
        let accepted: Vec<usize> = (30..110).filter(|count| host.check(0, &body(*count))).collect();
        let valid: Vec<usize> = (30..110).filter(|count| host.is_valid(0, &body(*count))).collect();
        assert_eq!(accepted, valid, "{piece:02x?}");
        assert!((1..80).contains(&valid.len()), "{piece:02x?}: {valid:?}");
    }
}
