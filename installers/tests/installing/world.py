"""A small world to run install.sh in: a home, a temporary directory, a directory with an old program, few tools.

After each run the world is compared with what it was: an installer that fails leaves every byte as it found it, and one
that succeeds changes the one file.
"""

import hashlib
import os
import resource
import shutil
import signal
import stat
import subprocess
from pathlib import Path

from . import releases

SHELLS = {
    "dash": ["dash"],
    "busybox": ["busybox", "sh"],
    "bash": ["bash"],
    "zsh": ["zsh"],
}

# What the script may use, and no more. `sh` is for the programs that it installs.
TOOLS = "cat chmod curl expr gzip mkdir mv openssl rm rmdir sh sleep sync tar tr uname wc".split()

OLD = releases.program("1.0.0")

# Whom the shell runs as when the tests run as root, so that permissions mean something.
NOBODY = 65534


def write_program(path, content):
    """Writes a file that is going to be run, by a process of its own.

    What another thread starts at that moment would inherit a descriptor of ours, and no file runs while it is open for writing.
    """
    subprocess.run(["install", "-m755", "/dev/stdin", path], input=content, check=True)


class Result:
    """How a run ended."""

    def __init__(self, code, output, errors):
        self.code, self.output, self.errors = code, output, errors


class World:
    """One case in one shell."""

    def __init__(self, suite, shell, folder):
        self.suite = suite
        self.shell = [shutil.which(SHELLS[shell][0]), *SHELLS[shell][1:]]
        self.root = folder
        self.id = folder.name
        self.release_folder = folder / "releases"
        self.server = suite.server
        self.cwd = folder / "cwd"
        self.temporary = folder / "tmp"
        self.bin = folder / "bin"
        self.target = self.bin / "wazero"
        self.tools = folder / "tools"
        self.script = suite.script
        self.env = {
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
            "PATH": str(self.tools),
            "WAZERO_BASE_URL": f"{self.server.address}/{self.id}",
        }
        self.limits = []
        self.umask = -1
        self.runs = 0
        for path in (self.release_folder, self.cwd, self.temporary, self.bin, self.tools, folder / "home"):
            path.mkdir(parents=True)
        self.server.folders[self.id] = self.release_folder
        suite.tls.folders[self.id] = self.release_folder
        for tool in TOOLS:
            self.add_tool(tool)
        self.own(self.cwd, self.temporary, self.bin, folder / "home")
        self.put_old()

    def own(self, *paths):
        """Gives what the case has made to whom the shell runs as."""
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def put_old(self, content=OLD):
        """Lays out an older program."""
        write_program(self.target, content)
        self.own(self.target)

    def add_tool(self, name, real=None):
        """Makes a tool reachable, perhaps another one under its name."""
        link = self.tools / name
        link.unlink(missing_ok=True)
        link.symlink_to(shutil.which(real or name) or "/nonexistent")

    def fake_tool(self, name, text):
        """Makes a shell script a tool."""
        link = self.tools / name
        link.unlink(missing_ok=True)
        write_program(link, f"#!/bin/sh\n{text}".encode())

    def remove_tools(self, *names):
        """Makes tools unreachable."""
        for name in names:
            (self.tools / name).unlink()

    def trick(self, path, play, server=None):
        """Lets the server misbehave for one path of the releases."""
        (server or self.server).tricks[f"/{self.id}/{path}"] = play

    def release(self, version="1.2.3", latest=True, **options):
        """A release that is not written yet."""
        if latest:
            releases.set_latest(self.release_folder, version)
        return releases.Release(version, self.suite.keys, **options)

    def good(self, version="1.2.3", **options):
        """A good release, written."""
        release = self.release(version, **options)
        release.write(self.release_folder)
        return release

    def start(self, *arguments, by_file=False, flags=(), script=None):
        """Starts the script, from standard input unless told."""
        text = (script or self.script).read_bytes()
        command = [*self.shell, *flags]
        command += [str(script or self.script), *arguments] if by_file else ["-s", "--", *arguments]
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

        def limit():
            for which, value in self.limits:
                resource.setrlimit(which, (value, value))

        process = subprocess.Popen(
            command, cwd=self.cwd, env=self.env, start_new_session=True, preexec_fn=limit if self.limits else None,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            umask=self.umask, **user,
        )
        try:
            process.stdin.write(b"" if by_file else text)
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdin = None
        return process

    def finish(self, process):
        """Waits for a started script, and ends whatever of it is still there."""
        try:
            output, errors = process.communicate(timeout=40)
        finally:
            end_group(process.pid)
        self.runs += 1
        return Result(process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))

    def run(self, *arguments, **options):
        """Runs the script to its end. Without `-b` among the arguments, into the world's directory."""
        if "-b" not in arguments and "BINDIR" not in self.env:
            arguments = ("-b", str(self.bin), *arguments)
        return self.finish(self.start(*arguments, **options))

    def snapshot(self):
        """Everything in the world, with type, permissions and content."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in folders + files:
                path = os.path.join(folder, name)
                found[os.path.relpath(path, self.root)] = fingerprint(path)
        return found

    def refuses(self, needle, *arguments, code=1, **options):
        """Runs it, and asserts that it fails with that in its message, and that not a byte has changed."""
        before = self.snapshot()
        result = self.run(*arguments, **options)
        assert result.code == code, f"code {result.code}, not {code}: {result.errors}"
        assert "error: " in result.errors, f"no error in {result.errors!r}"
        assert needle in result.errors, f"no {needle!r} in {result.errors!r}"
        assert not result.output, f"unexpected output {result.output!r}"
        self.assert_same(before, self.snapshot())
        return result

    def installs(self, release, *arguments, target=None, **options):
        """Runs it, and asserts that exactly that release's program is the one thing that has changed."""
        target = Path(target or self.target)
        before = self.snapshot()
        result = self.run(*arguments, **options)
        assert result.code == 0, f"code {result.code}: {result.errors}"
        assert target.read_bytes() == release.program, "other bytes than the release's"
        mode = stat.S_IMODE(target.lstat().st_mode)
        assert mode == 0o755, f"mode {mode:o}"
        after = self.snapshot()
        name = os.path.relpath(target, self.root)
        made = [name] + [str(parent) for parent in Path(name).parents if str(parent) not in before]
        self.assert_same(before, after, ignored=made)
        return result

    def assert_same(self, before, after, ignored=()):
        """Asserts that two snapshots differ in nothing but what is ignored."""
        names = (before.keys() | after.keys()) - set(ignored)
        changed = sorted(name for name in names if before.get(name) != after.get(name))
        assert not changed, f"changed: {changed}"


def fingerprint(path):
    """Type, permissions and content of a file."""
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    else:
        content = ""
    return stat.filemode(info.st_mode), info.st_uid, content


def end_group(group):
    """Kills what a script that this test has started may have left, such as a download."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
