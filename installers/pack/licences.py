"""Writes the licences of everything that is in the binaries: `licences.py > THIRD-PARTY.txt`.

Texts are those that the crates carry. A text that several carry stands there once, below the names of all of them. A
crate without a text of its own is listed with what it says of its licence and its authors. The standard library and
what the linker adds come last.
"""

import re
import subprocess
import sys
from pathlib import Path

from dependencies import Dependencies, licence_expression, rust_version

NAMES = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|unlicense)([-._].*)?$")
RULE = "=" * 78


def texts(folder):
    """Licence files in a folder, in order of their names."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and NAMES.match(path.name))
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths]


def normal(text):
    """What two copies of a text have in common, however their lines are broken."""
    return " ".join(text.split())


def zig_library():
    """The folder of the C libraries that cargo-zigbuild links, if Zig is here."""
    for zig in (["zig"], [sys.executable, "-m", "ziglang"]):
        try:
            command = zig + ["env"]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        # Older ones write JSON, newer ones Zig's own notation.
        found = re.search(r'lib_dir"?\s*[:=]\s*"([^"]+)"', said.stdout)
        if found:
            return Path(found.group(1))
    return None


def linked():
    """What is in binaries and no crate: name, licence, texts."""
    yield f"Rust standard library {rust_version()}", "MIT OR Apache-2.0", []
    library = zig_library()
    parts = [
        ("musl, in binaries for Linux", "MIT", "libc/musl/COPYRIGHT"),
        ("LLVM libunwind", "Apache-2.0 WITH LLVM-exception", "libunwind/LICENSE.TXT"),
        ("Zig's compiler runtime", "MIT", "../LICENSE"),
    ]
    for name, licence, path in parts:
        file = library / path if library else None
        yield name, licence, [file.read_text()] if file and file.is_file() else []
    yield "mingw-w64 runtime, in binaries for Windows", "ZPL-2.1 and public domain", []


def main():
    dependencies = Dependencies()
    entries = [
        (f"{crate['name']} {crate['version']}", licence_expression(crate), texts(Path(crate["manifest_path"]).parent), crate["authors"])
        for crate in dependencies.sorted()
        if crate["id"] in dependencies.shipped
    ]
    entries += [(name, licence, found, []) for name, licence, found in linked()]
    print("wazero itself is under the Apache License 2.0, see LICENSE. Its binaries contain what follows.\n")
    bearers = {}
    for name, licence, found, authors in entries:
        print(f"{name}: {licence}" + (f" ({', '.join(authors)})" if authors and not found else ""))
        for text in found:
            bearers.setdefault(normal(text), (text, []))[1].append(name)
    for text, names in bearers.values():
        print(f"\n{RULE}\n{chr(10).join(names)}\n{RULE}\n\n{text.strip()}")


main()
