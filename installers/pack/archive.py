"""Packs a folder so that the same files give the same bytes: `archive.py OUT.tar.gz|OUT.zip FOLDER`.

Entries are in order of their names, without folders, owned by nobody in particular, and as old as the last commit
(SOURCE_DATE_EPOCH). What is executable stays so.
"""

import gzip
import os
import stat
import sys
import tarfile
import time
import zipfile
from pathlib import Path

EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])


def entries(folder):
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.is_file():
            mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
            yield path.relative_to(folder).as_posix(), path.read_bytes(), mode


def pack_tar(out, folder):
    with open(out, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, contents, mode in entries(folder):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.mtime = len(contents), mode, EPOCH
                with open(folder / name, "rb") as source:
                    archive.addfile(entry, source)


def pack_zip(out, folder):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, contents, mode in entries(folder):
            entry = zipfile.ZipInfo(name, time.gmtime(EPOCH)[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever this runs on, because of the modes.
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, contents)


def main():
    out, folder = sys.argv[1], Path(sys.argv[2])
    (pack_zip if out.endswith(".zip") else pack_tar)(out, folder)


main()
