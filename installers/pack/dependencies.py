"""What the released binaries are made of, as Cargo knows it: the union over all machines that are released.

Shared by the bill of materials (sbom.py) and the licences (licences.py). Crates that a binary contains are told from
those that only build it: build scripts and procedural macros, with all they need. Tests' dependencies are left out.
"""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent


def triples():
    """The machines in installers/targets."""
    lines = (SOURCE / "installers/targets").read_text().splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def package():
    """The `[package]` table of Cargo.toml: version, repository, description and licence stand there alone."""
    with open(SOURCE / "Cargo.toml", "rb") as file:
        return tomllib.load(file)["package"]


def licence_expression(crate):
    """The crate's licence as SPDX has it: older crates write a slash for OR."""
    return re.sub(r"\s*/\s*", " OR ", crate["license"] or "")


def metadata():
    """What Cargo resolves for the machines that are released, and for no other."""
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--format-version=1", "--locked"]
    command += ["--manifest-path", str(SOURCE / "Cargo.toml")]
    for triple in triples():
        command += ["--filter-platform", triple]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def is_macro(crate):
    return any("proc-macro" in target["kind"] for target in crate["targets"])


class Dependencies:
    """All crates by id, the edges between them, and which of them are in a binary."""

    def __init__(self):
        known = metadata()
        crates = {crate["id"]: crate for crate in known["packages"]}
        nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
        self.edges, self.shipped, self.root = {}, set(), known["resolve"]["root"]
        waiting, seen = [(self.root, True)], set()
        while waiting:
            id, ships = waiting.pop()
            ships = ships and not is_macro(crates[id])
            if (id, ships) in seen:
                continue
            seen.add((id, ships))
            if ships:
                self.shipped.add(id)
            edges = self.edges.setdefault(id, set())
            for dependency in nodes[id]["deps"]:
                kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
                if kinds & {None, "build"}:
                    edges.add(dependency["pkg"])
                    waiting.append((dependency["pkg"], ships and None in kinds))
        # Cargo lists more than is used, such as what only tests need.
        self.crates = {id: crates[id] for id in self.edges}

    def sorted(self):
        """All crates but our own, in order of name and version."""
        others = [crate for id, crate in self.crates.items() if id != self.root]
        return sorted(others, key=lambda crate: (crate["name"], crate["version"]))


def checksums():
    """SHA-256 of the crates' archives by name and version, from Cargo.lock."""
    with open(SOURCE / "Cargo.lock", "rb") as file:
        packages = tomllib.load(file)["package"]
    return {(crate["name"], crate["version"]): crate.get("checksum") for crate in packages}


def rust_version():
    """The version of the standard library that is in the binaries."""
    command = [os.environ.get("RUSTC", "rustc"), "--version"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[1]
