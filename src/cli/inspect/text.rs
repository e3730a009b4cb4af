//! [`Facts`] as text for people: a line for each fact, lists indented below their names, nothing that is empty.

use super::facts::{Facts, Kind};
use crate::cli::messages::visible::{visible, visible_lines};
use std::fmt::Write;

/// The whole description.
pub(super) fn print(facts: &Facts) -> String {
    let mut text = Text::default();
    text.line(
        "kind",
        match facts.kind {
            Kind::Command => "command (it exports `_start`)",
            Kind::Reactor => "reactor (it exports `_initialize`)",
            Kind::Library => "library (it exports neither `_start` nor `_initialize`)",
            Kind::Component => "component; rebuild with --target wasm32-wasip1",
        },
    );
    if let Some(name) = &facts.name {
        text.line("name", name);
    }
    text.line("bytes", &facts.bytes.to_string());
    if let Some(error) = &facts.invalid {
        text.line("invalid", error);
    }
    if let Some(index) = facts.start_function {
        text.line("start function", &index.to_string());
    }
    if facts.kind != Kind::Component {
        text.line("functions", &facts.functions.to_string());
    }
    text.list("features", facts.features.iter().cloned());
    text.list("not supported by this runner", facts.unsupported.iter().cloned());
    text.list("wasi functions", facts.wasi_functions.iter().cloned());
    text.list(
        "imports",
        facts.imports.iter().map(|import| item(import.kind, &format!("{}.{}", import.module, import.name), &import.ty)),
    );
    text.list("exports", facts.exports.iter().map(|export| item(export.kind, &export.name, &export.ty)));
    text.list(
        "memories",
        facts.memories.iter().map(|memory| {
            let max = memory.max_pages.map_or_else(|| "no limit".to_owned(), |max| format!("at most {max}"));
            let shared = if memory.shared { ", shared" } else { "" };
            let wide = if memory.memory64 { ", 64-bit" } else { "" };
            format!("{} pages, {max}{shared}{wide}", memory.min_pages)
        }),
    );
    text.list(
        "tables",
        facts.tables.iter().map(|table| {
            let max = table.max.map_or_else(|| "no limit".to_owned(), |max| format!("at most {max}"));
            format!("{} of {}, {max}", table.min, table.element)
        }),
    );
    for (field, producers) in &facts.producers {
        text.list(field, producers.iter().map(|made| format!("{} {}", made.name, made.version).trim_end().to_owned()));
    }
    let sections = facts.sections.iter().map(|s| format!("{:>10}  at {:#010x}  {}", s.bytes, s.offset, s.name));
    text.list("sections, in bytes", sections);
    text.text
}

fn item(kind: &str, name: &str, ty: &str) -> String {
    let gap = if kind == "func" { "" } else { " " };
    format!("{kind} {name}{gap}{ty}")
}

/// Text that grows. Nothing of the module acts on a terminal.
#[derive(Default)]
struct Text {
    text: String,
}

impl Text {
    fn line(&mut self, name: &str, value: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{}: {}", visible(name), visible(value));
    }

    fn list(&mut self, name: &str, lines: impl Iterator<Item = String>) {
        let mut lines = lines.peekable();
        if lines.peek().is_none() {
            return;
        }
        let _ = writeln!(self.text, "{}:", visible(name));
        for line in lines {
            let _ = writeln!(self.text, "  {}", visible(&visible_lines(&line)));
        }
    }
}
