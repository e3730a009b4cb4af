"""The life of a package under Wine: installed, run, upgraded, not downgraded, removed, and nothing left behind."""

import getpass
import hashlib
import os
import re
import subprocess

from .building import PLACE, package, program, run

PREFIX = PLACE / "prefix"

# The code of msiexec for a failure, 1603, as far as a Unix process can say it.
REFUSED = 1603 & 255

ENVIRONMENT = {**os.environ, "WINEPREFIX": str(PREFIX), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml="}
ENVIRONMENT.pop("DISPLAY", None)

# Folders that every Windows has, and Wine makes only when the first package is installed.
OF_WINDOWS = ["windows/Installer", f"users/{getpass.getuser()}/AppData/Roaming/Microsoft/Installer"]

PLACES = {"machine": "Program Files/wazero", "user": "users/*/AppData/Local/Programs/wazero"}


# What differs in the registry though nobody has installed anything: Wine's view of the graphics, and the installer's own
# lists of products, which are there on every Windows; empty ones are no trace.
NOISE = re.compile(r"Control\\\\Class\\\\|NetworkCards|\\\\(Features|Products|UpgradeCodes|Components)\]$")


def wine(*command):
    """Runs a Windows program to its end, and waits until the registry is written."""
    done = run("wine", *command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, timeout=120)
    run("wineserver", "-w", env=ENVIRONMENT)
    return done


def msiexec(action, msi):
    """Installs or removes without a window, and returns the code; a log tells why, if it was not expected."""
    log = PLACE / "msiexec.log"
    log.unlink(missing_ok=True)
    for _ in range(3):
        done = wine("msiexec", action, msi, "/qn", "/l*v", f"Z:{log}")
        if log.exists():
            break
        # Wine did not get as far as the installer, as may happen on a busy machine; nothing is done.
        print(f"msiexec {action} {msi.name} did not start: {done.returncode}\n{done.stderr}")
    code = done.returncode
    if code not in (0, REFUSED):
        print(f"msiexec {action} {msi.name}: {code}\n{log.read_text(errors='replace') if log.exists() else 'no log'}")
    return code


def search_path():
    """The entries of PATH, of the system and of the user, as new programs get them."""
    entries = []
    for name, wanted in (("system.reg", "Session Manager\\\\Environment]"), ("user.reg", "[Environment]")):
        for _, section, line in registry((name,)):
            if section.endswith(wanted) and line.upper().startswith('"PATH"='):
                entries += line.split('"')[3].replace("\\\\", "\\").split(";")
    return [entry for entry in entries if entry]


def version():
    """What `wazero version` prints, of the program that PATH leads to; or nothing.

    The search is done here: Wine leaves empty entries in PATH where it has removed one, and its own cmd, unlike that of
    Windows, looks no further than the first of them.
    """
    entries = search_path()
    for entry in entries:
        if entry.startswith("C:") and (PREFIX / "drive_c" / entry[3:].replace("\\", "/") / "wazero.exe").exists():
            done = wine(entry.rstrip("\\") + "\\wazero.exe", "version")
            assert done.returncode == 0, done.stderr
            assert entries.count(entry) == 1, f"{entry} is in PATH more than once"
            return done.stdout.strip()
    assert not [entry for entry in entries if "wazero" in entry], entries
    return None


def files():
    """Every file of the drive, with a hash."""
    found = {}
    for path in (PREFIX / "drive_c").rglob("*"):
        is_file = path.is_file() and not path.is_symlink()
        found[str(path.relative_to(PREFIX))] = hashlib.sha256(path.read_bytes()).hexdigest() if is_file else "folder"
    return found


def registry(names=("system.reg", "user.reg", "userdef.reg")):
    """Every value of the registry. Wine leaves a semicolon where an entry of PATH was, which says nothing."""
    found = set()
    for name in names:
        section = ""
        for line in (PREFIX / name).read_text(errors="replace").replace("\\\n  ", "").splitlines():
            if line.startswith("["):
                section = re.sub(r"\] \d+$", "]", line)
                if not NOISE.search(section):
                    found.add((name, section, ""))
            elif line and not line.startswith("#") and "Control\\\\Class" not in section:
                if line.startswith('"PATH"='):
                    line = re.sub(";+", ";", line).replace(';"', '"')
                found.add((name, section, line))
    return found


def entries():
    """The entries in the list of installed programs: their values by name."""
    found = {}
    for _, section, line in registry():
        if "CurrentVersion\\\\Uninstall\\\\{" in section and "=" in line:
            name, value = line.split("=", 1)
            found.setdefault(section, {})[name.strip('"')] = value.strip('"')
    return list(found.values())


def check_life():
    """For both scopes."""
    run("wineboot", "-i", env=ENVIRONMENT, timeout=300)
    run("wineserver", "-w", env=ENVIRONMENT)
    for folder in OF_WINDOWS:
        (PREFIX / "drive_c" / folder).mkdir(parents=True, exist_ok=True)
    assert version() is None, "there is a wazero before one was installed"
    before = files(), registry()
    for scope in PLACES:
        check_scope(scope)
        assert_same(before)
    check_both()
    assert_same(before)
    run("wineserver", "-k", env=ENVIRONMENT)


def check_scope(scope):
    """Install, run, look; install again; upgrade; refuse to downgrade; replace a pre-release; remove."""
    first = package("1.2.3", scope)
    assert msiexec("/i", first) == 0
    assert version() == "1.2.3", version()
    folder = next((PREFIX / "drive_c").glob(PLACES[scope]))
    assert sorted(os.listdir(folder)) == ["LICENSE.rtf", "wazero.exe"]
    assert (folder / "wazero.exe").read_bytes() == program("1.2.3").read_bytes()
    (entry,) = entries()
    assert entry["DisplayName"] == "wazero" and entry["DisplayVersion"] == "1.2.3", entry
    assert entry["NoModify"] == entry["NoRepair"] == "dword:00000001" and entry["HelpLink"], entry
    assert msiexec("/i", first) == 0 and version() == "1.2.3", "installing it once more fails"

    assert msiexec("/i", package("1.3.0", scope)) == 0
    assert version() == "1.3.0"
    assert [entry["DisplayVersion"] for entry in entries()] == ["1.3.0"], "an upgrade leaves two entries"
    assert msiexec("/i", first) == REFUSED, "a downgrade was not refused"
    assert version() == "1.3.0"

    for newer in ("1.4.0-rc.1", "1.4.0"):
        assert msiexec("/i", package(newer, scope)) == 0
        assert version() == newer and len(entries()) == 1
    assert msiexec("/x", package("1.4.0", scope)) == 0
    assert version() is None, "the program is still found after it was removed"


def check_both():
    """The two scopes live side by side, and each is removed without the other."""
    for scope in PLACES:
        assert msiexec("/i", package("1.2.3", scope)) == 0
    assert len(entries()) == 2
    assert msiexec("/x", package("1.2.3", "machine")) == 0
    assert version() == "1.2.3"
    assert msiexec("/x", package("1.2.3", "user")) == 0
    assert version() is None


def assert_same(before):
    """Asserts that drive and registry are what they were."""
    for was, now, what in zip(before, (files(), registry()), ("files", "registry")):
        was = set(was.items()) if isinstance(was, dict) else was
        now = set(now.items()) if isinstance(now, dict) else now
        assert was == now, f"{what}: left {sorted(now - was)[:20]}, lost {sorted(was - now)[:20]}"


CHECKS = [check_life]
