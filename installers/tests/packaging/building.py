"""Builds programs and packages for the tests, once each."""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
WINDOWS = TOP / "installers/windows"
PLACE = Path(tempfile.mkdtemp(prefix="wazero-msi-"))

SOURCE = '#include <stdio.h>\nint main(void) { puts(VERSION); return 0; }\n'


def run(*command, **options):
    """Runs a program and returns how it ended."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)


def must(*command, **options):
    """Runs a program that has to succeed, and returns its output."""
    done = run(*command, **options)
    assert done.returncode == 0, f"{command[0]}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def program(version):
    """A Windows program that prints its version, as the real one does."""
    source, exe = PLACE / "program.c", PLACE / f"program-{version}.exe"
    source.write_text(SOURCE)
    must("x86_64-w64-mingw32-gcc", "-Os", "-s", "-Wl,--no-insert-timestamp", f'-DVERSION="{version}"', source, "-o", exe)
    return exe


@functools.cache
def package(version, scope, arch="amd64"):
    """A package of that version."""
    out = PLACE / f"wazero_{version}_{arch}_{scope}.msi"
    build(version, scope, arch, out)
    return out


def build(version, scope, arch, out, **environment):
    """Builds a package with the script."""
    env = {**os.environ, **environment}
    must(WINDOWS / "build-msi", version, arch, program(version), out, scope, env=env)


def table(msi, name):
    """The rows of a table, each as a dictionary by column."""
    lines = [line.split("\t") for line in must("msiinfo", "export", msi, name).splitlines()]
    return [dict(zip(lines[0], row)) for row in lines[3:]]


def properties(msi):
    """The table Property."""
    return {row["Property"]: row["Value"] for row in table(msi, "Property")}


def summary(msi):
    """The summary of a package, by its labels."""
    return dict(line.split(": ", 1) for line in must("msiinfo", "suminfo", msi).splitlines() if ": " in line)
