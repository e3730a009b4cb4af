"""Makes signed releases, good ones and bad ones, in the layout of GitHub's release pages.

A release's program is a shell script that prints its version: the installer only asks it for that.
"""

import gzip
import hashlib
import io
import random
import subprocess
import tarfile
from pathlib import Path

PLATFORMS = [
    f"{system}_{processor}"
    for system in ("linux", "darwin", "freebsd")
    for processor in ("amd64", "arm64", "riscv64", "s390x")
]


def program(version, says=None, padding=0):
    """The bytes of a program of that version; `padding` random bytes make it larger, also when compressed."""
    noise = random.Random(version).randbytes(padding).hex()
    return f"#!/bin/sh\necho '{says or version}'\nexit\n{noise}\n".encode()


def member(name, content=b"", kind=tarfile.REGTYPE, link=""):
    """A member of an archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, link, 0o755, len(content)
    return info, content


def archive(members):
    """The bytes of a .tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), 6, mtime=0)


class Keys:
    """A key pair on P-256, in a folder."""

    def __init__(self, folder, name, curve="prime256v1"):
        self.private = folder / f"{name}.pem"
        self.public = folder / f"{name}.pub.pem"
        openssl("ecparam", "-name", curve, "-genkey", "-noout", "-out", self.private)
        openssl("pkey", "-in", self.private, "-pubout", "-out", self.public)

    def sign(self, text):
        """The signature over those bytes, as a release carries it."""
        return openssl("dgst", "-sha256", "-sign", self.private, input=text)


def openssl(*arguments, input=b""):
    """Runs openssl and returns its output."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=input, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Release:
    """The files of one version; write it after having altered what a case wants altered."""

    def __init__(self, version, keys, content=None, platforms=PLATFORMS):
        self.version = version
        self.keys = keys
        self.program = content if content is not None else program(version)
        packed = archive([member("LICENSE", b"licence\n"), member("wazero", self.program)])
        self.files = {self.name(platform): packed for platform in platforms}

    def name(self, platform="linux_amd64"):
        """The archive's file name."""
        return f"wazero_{self.version}_{platform}.tar.gz"

    def sums(self):
        """SHA256SUMS of the files as they are now."""
        lines = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(self.files.items()))
        return "".join(lines).encode()

    def write(self, folder, sums=None, signature=None):
        """Writes it as `download/v<version>` below `folder`."""
        target = Path(folder) / "download" / f"v{self.version}"
        target.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (target / name).write_bytes(data)
        sums = self.sums() if sums is None else sums
        (target / "SHA256SUMS").write_bytes(sums)
        (target / "SHA256SUMS.sig").write_bytes(self.keys.sign(sums) if signature is None else signature)
        return target


def set_latest(folder, version):
    """Makes that version the one below `latest`."""
    latest = Path(folder) / "latest"
    latest.mkdir(exist_ok=True)
    link = latest / "download"
    link.unlink(missing_ok=True)
    link.symlink_to(f"../download/v{version}")
