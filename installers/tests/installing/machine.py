"""Cases about the machine: shells, tools, places, disks, signals, and the script itself cut short."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import server
from .releases import Release, program
from .suite import case
from .world import OLD, write_program


@case
def truncated_script(world):
    """The script ends after any of its lines, or after any byte of its first and last ones."""
    world.good()
    whole = world.script.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == 10]
    first = whole.index(b"\n{ ") + 3
    cuts = sorted(set(ends[:-1]) | set(range(len(whole) - 60, len(whole) - 1)) | set(range(1, first)))
    cuts.remove(len(whole) - 1) if len(whole) - 1 in cuts else None
    before = world.snapshot()
    part = world.cwd / "part.sh"
    for cut in cuts:
        code, errors = run_part(world, whole[:cut])
        assert code != 0 or cut < first, f"cut at {cut}: code 0"
        assert b"wazero: " not in errors, f"cut at {cut}: {errors!r}"
        assert not os.listdir(world.temporary) and world.target.read_bytes() == OLD, f"cut at {cut}"
    assert not part.exists()
    world.assert_same(before, world.snapshot())
    world.runs += len(cuts)


def run_part(world, text):
    """Runs a part of the script, with everything there that the whole would need."""
    done = subprocess.run(
        [*world.shell, "-s", "--", "-b", str(world.bin)],
        input=text, capture_output=True, cwd=world.cwd, env=world.env, check=False,
    )
    return done.returncode, done.stderr


@case
def script_with_more(world):
    """What comes behind the script's end, from a proxy or a broken disk, is not run."""
    release = world.good()
    longer = world.root / "longer.sh"
    longer.write_bytes(world.script.read_bytes() + b"echo >evil\n")
    longer.chmod(0o755)
    world.installs(release, script=longer)


@case
def no_key(world):
    """The script as it is in the tree has no key, and says so before it does anything."""
    world.good()
    world.refuses("no public key", script=world.suite.bare)
    assert not [path for path in world.server.asked if world.id in path]


@case
def missing_tools(world):
    """Each program that is needed is missing in turn."""
    world.good()
    for tool in ("openssl", "tar", "gzip", "chmod", "expr", "mkdir", "mv", "rm", "rmdir", "tr", "wc"):
        real = os.readlink(world.tools / tool)
        world.remove_tools(tool)
        world.refuses(f"the program `{tool}` is missing")
        world.add_tool(tool, real)
    world.remove_tools("curl")
    world.refuses("neither `curl` nor `wget`")


@case
def few_tools(world):
    """What is only pleasant to have may be missing."""
    release = world.good()
    world.remove_tools("sync", "cat")
    world.installs(release)
    world.remove_tools("sleep")
    world.installs(release)


@case
def busybox_tools(world):
    """Every program but openssl is busybox's, as on Alpine Linux."""
    release = world.good()
    for tool in ("cat", "chmod", "expr", "gzip", "mkdir", "mv", "rm", "rmdir", "sleep", "sync", "tar", "tr", "uname", "wc"):
        world.add_tool(tool, "busybox")
    world.remove_tools("curl")
    world.add_tool("wget", "busybox")
    world.installs(release)


@case
def platforms(world):
    """Every platform gets its own archive."""
    systems = {"Linux": "linux", "Darwin": "darwin", "FreeBSD": "freebsd"}
    processors = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "riscv64": "riscv64"}
    release = world.good()
    for kernel, system in systems.items():
        for machine, processor in {**processors, "s390x": "s390x"}.items():
            world.fake_tool("uname", f"case $1 in -s) echo {kernel} ;; -m) echo {machine} ;; esac\n")
            result = world.installs(release)
            assert f"downloading {release.name(f'{system}_{processor}')}" in result.errors, result.errors


@case
def rosetta(world):
    """A translated shell on an Apple processor gets the native program."""
    release = world.good()
    world.fake_tool("uname", "case $1 in -s) echo Darwin ;; -m) echo x86_64 ;; esac\n")
    world.fake_tool("sysctl", '[ "$*" = "-n sysctl.proc_translated" ] && echo 1\n')
    assert "darwin_arm64" in world.installs(release).errors
    world.fake_tool("sysctl", "exit 1\n")
    assert "darwin_amd64" in world.installs(release).errors


@case
def other_platforms(world):
    """Systems and processors without a release are told so; Windows is told what to take."""
    world.good()
    for kernel, machine, needle in [
        ("MINGW64_NT-10.0", "x86_64", ".msi"),
        ("MSYS_NT-10.0", "x86_64", ".msi"),
        ("CYGWIN_NT-10.0", "x86_64", ".msi"),
        ("SunOS", "i86pc", "system `SunOS`"),
        ("OpenBSD", "amd64", "system `OpenBSD`"),
        ("Linux", "i686", "processor `i686`"),
        ("Linux", "armv7l", "processor `armv7l`"),
        ("Linux", "", "processor ``"),
    ]:
        world.fake_tool("uname", f"case $1 in -s) echo {kernel} ;; -m) echo {machine} ;; esac\n")
        world.refuses(needle)


@case
def no_archive_for_platform(world):
    """The release is not there for every platform."""
    world.good(platforms=["linux_arm64", "darwin_amd64"])
    world.refuses("has no archive for linux/amd64")


@case
def arguments(world):
    """Wrong arguments are refused with the usage, before anything else."""
    world.good()
    for words in (["-q"], ["-b"], ["v1.2.3", "v1.2.4"], ["latest"], ["v1"], ["1.2"], ["1.2.3.4"], ["v1.2.3/.."],
                  ["v1.2.3 "], ["../1.2.3"], ["-u", "v1.2.3"], ["--bindir=x"], ["1.2.3-"], ["1.02.3"], [""]):
        if words == ["-b"]:
            world.env["BINDIR"] = str(world.bin)
        result = world.refuses("", *words, code=2)
        assert "usage:" in result.errors
    before = world.snapshot()
    for word in ("-h", "--help"):
        result = world.run(word) if word == "-h" else world.finish(world.start(word))
        assert result.code == 0 and "usage: install.sh" in result.output and not result.errors
    world.assert_same(before, world.snapshot())


@case
def empty_directory_argument(world):
    """An empty directory is a mistake, not the current one."""
    world.good()
    world.refuses("is empty", "-b", "", code=2)


@case
def default_directory(world):
    """Without `-b` it is BINDIR, or else ./bin, which is made; a mask that hides everything does not hide the program."""
    release = world.good()
    world.env["BINDIR"] = "from env/x"
    world.installs(release, target=world.cwd / "from env/x/wazero")
    del world.env["BINDIR"]
    result = world.finish(world.start("-d"))
    assert result.code == 0 and (world.cwd / "bin/wazero").read_bytes() == release.program, result.errors


@case
def by_file(world):
    """The script as a file, with its options, in each shell."""
    release = world.good()
    world.installs(release, "-d", by_file=True)
    world.installs(release, "-x", "1.2.3", by_file=True)


@case
def other_modes(world):
    """Shells in other modes than their usual one."""
    release = world.good()
    modes = {"bash": [["--posix"], ["-euCf"]], "zsh": [["--emulate", "sh"], ["-euCf"], ["-o", "shwordsplit"]]}
    for flags in modes.get(Path(world.shell[0]).name, [["-euCf"]]):
        if world.shell[-1] == "sh" and len(world.shell) == 2:
            flags = ["-euCf"]
        world.installs(release, flags=flags)


@case
def strange_environment(world):
    """Variables that change how shells and tools behave."""
    release = world.good()
    world.env.update(IFS="/wazero.", CDPATH="/:/tmp", LANG="tr_TR.UTF-8", LC_ALL="tr_TR.UTF-8", GREP_OPTIONS="-v",
                     TAR_OPTIONS="--exclude=wazero", GZIP="-9v", POSIXLY_CORRECT="1", OPTIND="3", verbose="x", target="/x",
                     work="/nonexistent", stage="/nonexistent", child="1", wanted="9.9.9", SHELL="/bin/fish")
    result = world.installs(release)
    assert "fish_add_path" in result.errors
    for name in ("HOME", "SHELL", "LANG"):
        world.env.pop(name, None)
    world.installs(release)


@case
def umasks(world):
    """The program may be run by everyone, whatever the mask."""
    release = world.good()
    for mask in (0o000, 0o077, 0o177):
        world.umask = mask
        world.put_old()
        world.installs(release)


@case
def strange_places(world):
    """Directories whose names hurt careless scripts."""
    release = world.good()
    names = ["a b", "it's", 'quo"te', "-b", "-rf x", "*", "[a-z]", "$(touch evil)", "`touch evil`", "a\nb", "ends\n", "a;b",
             "ä ö", "back\\slash", "%s%n", "a//b/", "~", "a:b", "\x1b[2J"]
    for name in names:
        place = world.cwd / "places"
        for bindir in (name, f"{place}/{name}"):
            result = world.installs(release, "-b", bindir, target=Path(world.cwd, bindir, "wazero"))
            assert "\x1b" not in result.errors, "a control sequence reached the terminal"
    world.installs(release, "-b", names[0], target=Path(world.cwd, names[0], "wazero"))
    temporary = world.root / "t m'p\n*"
    temporary.mkdir()
    world.own(temporary)
    world.env["TMPDIR"] = str(temporary)
    world.installs(release)


@case
def hint_for_path(world):
    """The line that adds the directory to PATH works, with whatever name; without need there is no line."""
    release = world.good()
    bindir = world.cwd / "it's a $HOME \"dir\""
    result = world.installs(release, "-b", str(bindir), target=bindir / "wazero")
    line = next(line.strip() for line in result.errors.splitlines() if "export PATH=" in line)
    done = subprocess.run([*world.shell, "-c", line + "; wazero"], env=world.env, capture_output=True, check=False)
    assert done.stdout == b"1.2.3\n", (line, done.stderr)
    world.env["PATH"] += f":{world.bin}"
    assert "PATH" not in world.installs(release).errors
    world.fake_tool("wazero", "echo other\n")
    assert "finds another one first" in world.installs(release).errors


@case
def no_temporary_directory(world):
    """TMPDIR does not exist, is a file, or cannot be written to."""
    world.good()
    for place in ("/nonexistent", str(world.script)):
        world.env["TMPDIR"] = place
        world.refuses("temporary directory")
    if os.geteuid() == 0 or not os.access("/", os.W_OK):
        world.env["TMPDIR"] = "/"
        world.refuses("no directory can be made")


@case
def unwritable_target(world):
    """The directory, or the one that it would be made in, may not be written to."""
    world.good()
    os.chown(world.bin, os.geteuid(), os.getegid())
    world.bin.chmod(0o555)
    world.refuses("cannot be written to")
    world.refuses("cannot be written to", "-b", str(world.bin / "below" / "it"))
    world.bin.chmod(0o755)


@case
def target_is_something_else(world):
    """Where the program should go is a directory, a link, a pipe; or the directory is a file."""
    world.good()
    world.target.unlink()
    world.target.mkdir()
    world.refuses("is a directory")
    world.target.rmdir()
    (world.bin / "elsewhere").mkdir()
    for link in ("elsewhere", "/bin/sh", "nowhere", "wazero"):
        world.target.symlink_to(link)
        world.refuses("is a symbolic link")
        world.target.unlink()
    os.mkfifo(world.target)
    world.refuses("is not a file")
    world.target.unlink()
    (world.bin / "file").write_text("x")
    world.refuses("is not a directory", "-b", str(world.bin / "file"))
    world.refuses("is not a directory", "-b", str(world.bin / "file" / "below"))
    (world.bin / "dangling").symlink_to("nowhere")
    world.refuses("is not a directory", "-b", str(world.bin / "dangling"))


@case
def directory_is_a_link(world):
    """A link to the directory is as good as the directory."""
    release = world.good()
    (world.cwd / "link").symlink_to(world.bin)
    world.installs(release, "-b", "link", target=world.target)


@case
def new_installation(world):
    """Where there was nothing before, the directories are made, and are gone again after a failure."""
    release = world.good(content=program("1.2.3", padding=50000))
    new = world.cwd / "x" / "y" / "z"
    world.installs(release, "-b", str(new), target=new / "wazero")
    shutil.rmtree(world.cwd / "x")
    release = Release("1.2.4", world.suite.keys, content=program("1.2.4", says="no"))
    release.write(world.release_folder)
    world.refuses("says that it is `no`", "-b", str(new), "1.2.4")


@case
def old_program_is_strange(world):
    """What is there is no program, hangs, or talks without end; it is replaced."""
    release = world.good()
    for content in (b"garbage", b"#!/bin/sh\nexec sleep 30\n", b"#!/bin/sh\nwhile :; do echo y; done\n", b"", b"#!/bin/sh\necho dev\n"):
        world.put_old(content)
        world.installs(release)
    world.put_old()
    world.target.chmod(0o400)
    world.installs(release)


@case
def no_space(world):
    """The disk is full: that of the temporary directory, and that of the target."""
    release = world.good(content=program("1.2.3", padding=150000))
    small = world.root / "small"
    small.mkdir()
    with world.suite.small_disk(small, 96 * 1024) as mounted:
        if not mounted:
            return
        for name in ("bin", "tmp"):
            (small / name).mkdir()
        write_program(small / "bin/wazero", OLD)
        world.own(small, small / "bin", small / "bin/wazero", small / "tmp")
        world.refuses("cannot be unpacked", "-b", str(small / "bin"))
        usual, world.env["TMPDIR"] = world.env["TMPDIR"], str(small / "tmp")
        world.refuses("could not be downloaded")
        with open(small / "fill", "wb", buffering=0) as fill:
            try:
                while True:
                    fill.write(bytes(4096))
            except OSError:
                pass
        world.refuses("")
        world.env["TMPDIR"] = usual
        world.refuses("", "-b", str(small / "bin"))
        assert release.program not in (OLD,)


@case
def file_size_limit(world):
    """Files may not grow: the limit of the process ends the download or the unpacking."""
    world.good(content=program("1.2.3", padding=100000))
    for limit in (65536, 4096):
        world.limits = [(resource.RLIMIT_FSIZE, limit)]
        world.refuses("")
    world.limits = []


@case
def killed(world):
    """Killed or ended at any moment: the old program or the new one is there, whole, and the next run tidies up."""
    content = program("1.2.3", padding=60000)
    release = world.good(content=content)
    packed = release.files[release.name()]
    world.trick(f"download/v1.2.3/{release.name()}", server.slow(packed, 0.1))
    dice = random.Random(world.id)
    for number in range(14):
        kind = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[number % 4]
        world.put_old()
        process = world.start("-b", str(world.bin))
        time.sleep(dice.uniform(0.0, 0.35))
        process.send_signal(kind)
        result = world.finish(process)
        # Before the script has begun, zsh turns SIGHUP into the code 1.
        ends = (0, -kind, 1) if kind == signal.SIGHUP else (0, -kind)
        assert result.code in ends, f"{kind!r}: code {result.code}: {result.errors}"
        now = world.target.read_bytes()
        assert now in (OLD, content), f"{kind!r}: neither the old program nor the new one"
        assert result.code != 0 or now == content
        left = [*world.temporary.iterdir(), *world.bin.glob(".wazero*")]
        assert len(left) <= (2 if kind == signal.SIGKILL else 0), f"{kind!r} left {left}: {result.errors}"
        for path in left:
            shutil.rmtree(path)
    world.put_old()
    stale = world.bin / ".wazero-install.999999999"
    stale.mkdir()
    world.own(stale)
    result = world.run()
    assert result.code == 0 and sorted(os.listdir(world.bin)) == ["wazero"], result.errors


@case
def no_parsed_substitution(world):
    """Bash 5.2 takes a trap for a part of the `$(...)` that it happens to parse, and ends with code 2 (see `killed`)."""
    code = [line for line in world.script.read_text().splitlines() if not line.lstrip().startswith("#")]
    assert not [line for line in code if re.search(r"\$\((?!\()", line)]


@case
def at_once(world):
    """Several installations into one directory at once: each succeeds, and one of them is there, whole."""
    contents = []
    for version in ("1.2.3", "1.2.4"):
        contents.append(program(version, padding=20000))
        world.good(version, content=contents[-1])
    before = world.snapshot()
    processes = [world.start("-b", str(world.bin), f"v1.2.{3 + number % 2}") for number in range(6)]
    results = [world.finish(process) for process in processes]
    assert [result.code for result in results] == [0] * 6, [result.errors for result in results]
    assert world.target.read_bytes() in contents
    world.assert_same(before, world.snapshot(), ignored=["bin/wazero"])


@case
def uninstall(world):
    """What was installed is removed, and nothing else is."""
    release = world.good()
    (world.bin / "neighbour").write_text("x")
    world.installs(release)
    world.remove_tools("curl", "openssl", "tar", "gzip", "mv")
    before = world.snapshot()
    result = world.run("-u")
    assert result.code == 0 and "removed wazero 1.2.3" in result.errors, result.errors
    world.assert_same(before, world.snapshot(), ignored=["bin/wazero"])
    assert not world.target.exists()
    world.refuses("does not exist", "-u")


@case
def uninstall_of_something_else(world):
    """What is not this program stays."""
    for content in (b"garbage", b"#!/bin/sh\necho hello\n", b"#!/bin/sh\nexec sleep 30\n"):
        world.put_old(content)
        world.refuses("does not answer as wazero", "-u")
    world.target.unlink()
    world.target.symlink_to("/bin/sh")
    world.refuses("is not what this script has installed", "-u")
    world.target.unlink()
    world.target.mkdir()
    world.refuses("is not what this script has installed", "-u")
