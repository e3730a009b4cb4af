"""Collects the cases, and runs each of them in each shell."""

import concurrent.futures
import contextlib
import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

from .releases import Keys, openssl
from .server import Server
from .world import SHELLS, World

TOP = Path(__file__).resolve().parents[3]

# What must be there to run the tests at all, with Debian's package where its name differs.
NEEDED = ["bash", "busybox", "curl", "dash", "gzip", "openssl", "shellcheck", "tar", "wget", "zsh"]

CASES = []

# Bounds that are lowered for the tests, so that reaching them does not take long.
BOUNDS = {"most_archive=134217728": "most_archive=2097152",
          "most_unpacked=536870912": "most_unpacked=4194304",
          "most_seconds=20": "most_seconds=3"}


def case(play):
    """Registers a case: a function that takes a world."""
    CASES.append(play)
    return play


class Suite:
    """What all cases share: keys, servers, the script with the test's key in it."""

    def __init__(self, folder):
        self.folder = folder
        self.keys = Keys(folder, "release")
        self.stranger = Keys(folder, "stranger")
        self.curl = shutil.which("curl")
        self.bare = folder / "bare.sh"
        shutil.copy(TOP / "install.sh", self.bare)
        self.script = folder / "install.sh"
        self.script.write_text(self.with_key(self.keys.public))
        self.certificate = folder / "tls.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "tls.key",
                "-out", self.certificate)
        both = folder / "tls.both"
        both.write_bytes((folder / "tls.key").read_bytes() + self.certificate.read_bytes())
        self.wgetrc = folder / "wgetrc"
        self.wgetrc.write_text(f"ca_certificate = {self.certificate}\n")
        for file in (self.bare, self.script, self.certificate, self.wgetrc):
            file.chmod(0o755)
        self.server = Server()
        self.tls = Server(both)
        self.skipped = []

    def with_key(self, public):
        """The script as a release of version 1.0.0 carries it, with lower bounds."""
        put = [TOP / "installers/signing/put-key", TOP / "install.sh", public, "1.0.0"]
        text = subprocess.run(put, capture_output=True, text=True, check=True).stdout
        for usual, lower in BOUNDS.items():
            assert usual in text, f"install.sh has no {usual}"
            text = text.replace(usual, lower)
        return text

    @contextlib.contextmanager
    def small_disk(self, folder, size):
        """Mounts a small file system, which only root can; says whether it is there."""
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, check=False)
        if done.returncode != 0:
            self.skipped.append("a full disk: no file system can be mounted here")
            yield False
            return
        try:
            yield True
        finally:
            subprocess.run(["umount", folder], check=False)

    def play(self, shell, play):
        """Runs one case in one shell, and returns what went wrong, the number of runs, and the time."""
        began = time.monotonic()
        folder = self.folder / f"{shell}-{play.__name__}"
        folder.mkdir()
        world = World(self, shell, folder)
        try:
            play(world)
            failure = None
        except Exception:  # Whatever it is, it is reported with the case.
            failure = traceback.format_exc(limit=-3)
        return failure, world.runs, time.monotonic() - began


def check_put_key(suite):
    """`put-key` takes a public key on P-256 and nothing else."""
    put = TOP / "installers/signing/put-key"
    both = suite.folder / "both.pem"
    both.write_text(suite.keys.public.read_text() + suite.keys.private.read_text())
    other_curve = Keys(suite.folder, "p384", curve="secp384r1").public
    wrong = [["install.sh"], [TOP / "install.sh", suite.keys.private], [TOP / "install.sh", both], [put, suite.keys.public],
             [TOP / "install.sh", other_curve], [TOP / "install.sh", suite.keys.public, "1.0'; evil; '"]]
    for arguments in wrong:
        done = subprocess.run([put, *arguments], capture_output=True, check=False)
        assert done.returncode != 0 and not done.stdout, f"put-key took {arguments}"
    for script in (TOP / "install.sh", suite.script, put):
        subprocess.run(["shellcheck", "-s", "sh", script], check=True)


def main(folder, wanted):
    """Runs all cases, or those whose name contains a word, and returns the exit code."""
    missing = [tool for tool in NEEDED if not shutil.which(tool)]
    if missing:
        print(f"error: these tests need {', '.join(missing)}, which are not installed", file=sys.stderr)
        return 1
    suite = Suite(folder)
    check_put_key(suite)
    cases = [play for play in CASES if not wanted or any(word in play.__name__ for word in wanted)]
    jobs = [(shell, play) for play in cases for shell in SHELLS]
    totals = {shell: [0, 0] for shell in SHELLS}
    failures = 0
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 2)) as pool:
        futures = {pool.submit(suite.play, *job): job for job in jobs}
        for future in concurrent.futures.as_completed(futures):
            shell, play = futures[future]
            failure, runs, seconds = future.result()
            totals[shell][0] += 1
            totals[shell][1] += runs
            if failure or wanted or seconds > 15:
                print(f"{'FAILED' if failure else 'ok'} {shell} {play.__name__} ({runs} runs, {seconds:.1f} s)")
            if failure:
                failures += 1
                print(failure)
    for shell, (count, runs) in totals.items():
        print(f"{shell}: {count} cases, {runs} runs of install.sh")
    for reason in sorted(set(suite.skipped)):
        print(f"not tested: {reason}")
    print(f"{failures} failed, {time.monotonic() - began:.0f} s")
    return 1 if failures or not cases else 0
