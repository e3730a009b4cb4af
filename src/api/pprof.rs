//! Profiles in pprof's format, a compressed protocol buffer, which `go tool pprof`, speedscope and others open.
//!
//! A location is a place in the code, with a line for each function that was inlined there, innermost first. Everything
//! that is text stands in one table, and is referred to by its position there.
//! spec: <https://github.com/google/pprof/blob/main/proto/profile.proto>

use super::{Frame, Profile, ProfileKind};
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;
use std::collections::HashMap;
use std::io::Write;

impl Profile {
    /// The profile as the contents of a file.
    pub fn to_pprof(&self) -> Vec<u8> {
        compressed(&Builder::default().message(self).encode_to_vec())
    }
}

/// Writing to memory does not fail; if it did, the bytes go out as they are, which readers also take.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
        Ok(compressed) => compressed,
        Err(_) => bytes.to_vec(),
    }
}

/// The tables of a file being made.
#[derive(Default)]
struct Builder {
    strings: Vec<String>,
    positions: HashMap<String, i64>,
    functions: Vec<Function>,
    /// Functions by name and file.
    known: HashMap<(i64, i64), u64>,
}

impl Builder {
    fn message(mut self, profile: &Profile) -> File {
        // The first string is always the empty one.
        self.string("");
        let mut pair = |ty: &str, unit: &str| ValueType { ty: self.string(ty), unit: self.string(unit) };
        let (sample_type, period_type, period) = match profile.kind {
            ProfileKind::Cpu => (
                vec![pair("samples", "count"), pair("cpu", "nanoseconds")],
                pair("cpu", "nanoseconds"),
                i64::try_from(profile.period.as_nanos()).unwrap_or(i64::MAX),
            ),
            // Memories do not shrink, so that what was allocated is in use.
            ProfileKind::Memory => (
                vec![
                    pair("alloc_objects", "count"),
                    pair("alloc_space", "bytes"),
                    pair("inuse_objects", "count"),
                    pair("inuse_space", "bytes"),
                ],
                pair("space", "bytes"),
                1,
            ),
        };
        let per_sample = sample_type.len();
        let location = profile.frames.iter().zip(1..).map(|(frame, id)| self.location(id, frame)).collect();
        let sample = profile.samples.iter().map(|sample| {
            let values = [sample.count, sample.amount].map(|value| i64::try_from(value).unwrap_or(i64::MAX));
            Sample {
                location_id: sample.stack.iter().map(|position| *position as u64 + 1).collect(),
                value: values.into_iter().cycle().take(per_sample).collect(),
            }
        });
        let sample = sample.collect();
        let comment = match profile.lost {
            0 => Vec::new(),
            lost => vec![self.string(&format!("{lost} samples were lost"))],
        };
        // One mapping that says that all names are known, so that no reader looks for a program to find them in.
        let mapping = vec![Mapping {
            id: 1,
            filename: self.string("wasm"),
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        }];
        File {
            sample_type,
            sample,
            mapping,
            location,
            function: self.functions,
            string_table: self.strings,
            period_type: Some(period_type),
            period,
            comment,
        }
    }

    /// The position of a text in the table of strings.
    fn string(&mut self, text: &str) -> i64 {
        if let Some(position) = self.positions.get(text) {
            return *position;
        }
        let position = self.strings.len() as i64;
        self.strings.push(text.to_owned());
        self.positions.insert(text.to_owned(), position);
        position
    }

    fn location(&mut self, id: u64, frame: &Frame) -> Location {
        let own_name = printable(&frame.func);
        let mut line = Vec::new();
        for location in &frame.locations {
            // The outermost function is the one that the module has; its own name is what backtraces call it.
            let inlined = location.function.as_deref().filter(|_| location.inlined);
            let name = inlined.map_or_else(|| own_name.clone(), printable);
            let function_id = self.function(&name, &printable(&location.file));
            line.push(Line { function_id, line: location.line.into(), column: location.column.into() });
        }
        if line.is_empty() {
            line.push(Line { function_id: self.function(&own_name, ""), line: 0, column: 0 });
        }
        Location { id, mapping_id: 1, address: frame.offset.unwrap_or(0).into(), line }
    }

    /// The number of a function, counted from 1.
    fn function(&mut self, name: &str, file: &str) -> u64 {
        let (name, filename) = (self.string(name), self.string(file));
        *self.known.entry((name, filename)).or_insert_with(|| {
            let id = self.functions.len() as u64 + 1;
            self.functions.push(Function { id, name, system_name: name, filename });
            id
        })
    }
}

/// A name that the guest chose, so that it cannot speak to the terminal of whoever reads the profile.
fn printable(name: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    name.chars().map(escape).collect()
}

#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    ty: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Mapping {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "5")]
    filename: i64,
    #[prost(bool, tag = "7")]
    has_functions: bool,
    #[prost(bool, tag = "8")]
    has_filenames: bool,
    #[prost(bool, tag = "9")]
    has_line_numbers: bool,
    #[prost(bool, tag = "10")]
    has_inline_frames: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping_id: u64,
    #[prost(uint64, tag = "3")]
    address: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
    #[prost(int64, tag = "3")]
    column: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Location as Place, ProfileSample};
    use flate2::read::GzDecoder;
    use std::io::Read;
    use std::time::Duration;

    fn place(function: &str, line: u32, inlined: bool) -> Place {
        Place { function: Some(function.to_owned()), file: "a.c".to_owned(), line, column: 2, inlined }
    }

    #[test]
    fn a_file_says_what_the_profile_says() {
        let inlined = Frame {
            func: "outer".to_owned(),
            offset: Some(7),
            locations: vec![place("inner", 3, true), place("source name", 9, false)],
            ..Frame::default()
        };
        let root = Frame { func: "_start\u{1b}".to_owned(), ..Frame::default() };
        let profile = Profile {
            kind: ProfileKind::Cpu,
            period: Duration::from_millis(2),
            frames: vec![root, inlined],
            samples: vec![ProfileSample { stack: vec![1, 0], count: 3, amount: 6_000_000 }],
            lost: 4,
        };
        let mut bytes = Vec::new();
        GzDecoder::new(&*profile.to_pprof()).read_to_end(&mut bytes).expect("gzip");
        let file = File::decode(&*bytes).expect("pprof");
        let text = |position: i64| file.string_table[position as usize].as_str();
        let types: Vec<_> = file.sample_type.iter().map(|pair| (text(pair.ty), text(pair.unit))).collect();
        assert_eq!(types, [("samples", "count"), ("cpu", "nanoseconds")]);
        assert_eq!((text(0), text(file.comment[0]), file.period), ("", "4 samples were lost", 2_000_000));
        assert_eq!(file.sample, [Sample { location_id: vec![2, 1], value: vec![3, 6_000_000] }]);
        let lines = |location: &Location| -> Vec<_> {
            let function = |line: &Line| &file.function[line.function_id as usize - 1];
            location
                .line
                .iter()
                .map(|line| (text(function(line).name), text(function(line).filename), line.line))
                .collect()
        };
        assert_eq!(lines(&file.location[0]), [("_start\\u{1b}", "", 0)]);
        assert_eq!(lines(&file.location[1]), [("inner", "a.c", 3), ("outer", "a.c", 9)]);
        assert_eq!(file.location[1].address, 7);
    }

    #[test]
    fn memory_is_both_allocated_and_in_use() {
        let samples = vec![ProfileSample { stack: Vec::new(), count: 1, amount: 65_536 }];
        let kind = ProfileKind::Memory;
        let profile = Profile { kind, period: Duration::ZERO, frames: Vec::new(), samples, lost: 0 };
        let file = Builder::default().message(&profile);
        assert_eq!(file.sample_type.len(), 4);
        assert_eq!(file.sample[0].value, [1, 65_536, 1, 65_536]);
    }
}
