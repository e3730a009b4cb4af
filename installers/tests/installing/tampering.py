"""Cases in which somebody has altered a release, or serves another one than was asked for."""

import hashlib
import tarfile

from . import releases
from .releases import archive, member, program
from .suite import case

SIGNATURE = "signature of SHA256SUMS is wrong"
CHECKSUM = "checksum of wazero_1.2.3_linux_amd64.tar.gz is wrong"


def flipped(data, position):
    """The bytes with one bit changed."""
    altered = bytearray(data)
    altered[position] ^= 1
    return bytes(altered)


@case
def altered_archive(world):
    """A bit of the archive is changed, at its start, in its middle and at its end; bytes are missing or added."""
    target = world.good().name()
    path = world.release_folder / "download/v1.2.3" / target
    right = path.read_bytes()
    places = [0, 3, 9, 10, len(right) // 3, len(right) // 2, len(right) - 8, len(right) - 1]
    for wrong in [flipped(right, place) for place in places] + [right[:-1], right + b"\0", b"", right + right]:
        path.write_bytes(wrong)
        world.refuses(CHECKSUM)


@case
def altered_sums(world):
    """A character of SHA256SUMS is changed: of a checksum, of the space, of a name; lines are added, lost, turned."""
    release = world.release()
    right = release.sums()
    signature = world.suite.keys.sign(right)
    path = release.write(world.release_folder) / "SHA256SUMS"
    lines = right.splitlines(keepends=True)
    places = [0, 63, 64, 66, len(lines[0]) - 1, len(right) // 2, len(right) - 1]
    wrongs = [flipped(right, place) for place in places]
    wrongs += [right + lines[0], b"".join(lines[1:]), b"".join(reversed(lines)), right[:-1], b"", right + b"\n"]
    for wrong in wrongs:
        path.write_bytes(wrong)
        world.refuses(SIGNATURE)
    assert world.suite.keys.sign(right) != signature, "signatures carry a random number"


@case
def altered_signature(world):
    """A bit of the signature is changed; it is cut, longer, empty, text."""
    path = world.good() and world.release_folder / "download/v1.2.3/SHA256SUMS.sig"
    right = path.read_bytes()
    wrongs = [flipped(right, place) for place in (0, 1, 3, 4, 20, len(right) // 2, len(right) - 1)]
    for wrong in wrongs + [right[:-1], b"", b"\x30\x06\x02\x01\x00\x02\x01\x00", b"Verified OK\n"]:
        path.write_bytes(wrong)
        world.refuses(SIGNATURE)
    path.write_bytes(right + bytes(73 - len(right)))
    world.refuses("SHA256SUMS.sig")


@case
def signed_by_another_key(world):
    """Everything fits together, but it is signed with a key that this script does not have."""
    release = world.release()
    release.write(world.release_folder, signature=world.suite.stranger.sign(release.sums()))
    world.refuses(SIGNATURE)


@case
def signature_of_another_file(world):
    """A good signature of the right key, over other sums."""
    release = world.release()
    release.write(world.release_folder, signature=world.suite.keys.sign(b"something else\n"))
    world.refuses(SIGNATURE)


@case
def sums_of_another_version(world):
    """For v1.2.3 the server gives the signed sums and the archive of 1.2.2, which has a hole."""
    older = releases.Release("1.2.2", world.suite.keys)
    wrong = world.release("1.2.3", platforms=[])
    wrong.files = older.files
    wrong.write(world.release_folder)
    world.refuses("not that of the version asked for", "v1.2.3")


@case
def archive_of_another_version(world):
    """The sums are those of 1.2.3, the archive under its name is the older one."""
    release = world.good()
    older = releases.Release("1.2.2", world.suite.keys)
    path = world.release_folder / "download/v1.2.3" / release.name()
    path.write_bytes(older.files[older.name()])
    world.refuses(CHECKSUM)
    world.refuses(CHECKSUM, "1.2.3")


@case
def archive_of_another_platform(world):
    """The archive for arm64 lies under the name of the one for amd64."""
    release = world.release()
    release.files[release.name("linux_arm64")] = archive([member("wazero", program("1.2.3", padding=9))])
    folder = release.write(world.release_folder)
    (folder / release.name()).write_bytes(release.files[release.name("linux_arm64")])
    world.refuses(CHECKSUM)


@case
def replayed_latest(world):
    """The server serves an old release, with its good signature, as the latest one."""
    old = world.good("1.2.2")
    for installed in ("1.2.3", "1.2.10", "1.10.0", "2.0.0", "1.2.3-rc.1"):
        world.put_old(program(installed))
        world.refuses(f"has version {installed}, and the latest release would be the older 1.2.2")
    for installed in ("1.2.2", "1.2.1", "1.2.2-rc.9", "0.9.9"):
        world.put_old(program(installed))
        world.installs(old)


@case
def replayed_pre_release(world):
    """The same where only the suffixes differ."""
    world.good("1.2.3-rc.2")
    for installed in ("1.2.3-rc.3", "1.2.3-rc.10", "1.2.3-rc.2.1", "1.2.3-rd", "1.2.3-rc.x", "1.2.3"):
        world.put_old(program(installed))
        world.refuses("would be the older 1.2.3-rc.2")


@case
def replay_to_a_new_user(world):
    """Nothing is installed, but the script itself is of a newer release than what the server calls the latest."""
    world.good("0.9.0")
    world.target.unlink()
    world.refuses("the server calls 0.9.0 the latest version")


@case
def wanted_downgrade(world):
    """An older version that was asked for is no attack."""
    old = world.good("0.9.0")
    world.installs(old, "v0.9.0")


@case
def program_of_another_version(world):
    """Signed by mistake: the program says another version than its archive."""
    world.good(content=program("1.2.3", says="1.2.2"))
    world.refuses("says that it is `1.2.2`")


@case
def program_that_does_not_run(world):
    """The program is for another processor, empty, fails, is killed, or never answers."""
    broken = {
        b"\x7fELF" + bytes(200): "does not run here",
        b"": "an empty `wazero`",
        b"#!/bin/sh\necho 1.2.3; exit 3\n": "does not run here",
        b"#!/bin/sh\nkill -9 $$\n": "does not run here",
        b"#!/nonexistent/sh\n": "does not run here",
        b"#!/bin/sh\nexec sleep 30\n": "does not run here",
    }
    for content, needle in broken.items():
        world.good(content=content)
        world.refuses(needle)


def hostile(name, members, needle="does not have one file `wazero`"):
    """A case with an archive that should never have been signed."""

    def play(world):
        release = world.release()
        release.files[release.name()] = archive(members)
        release.write(world.release_folder)
        world.refuses(needle)

    play.__name__ = f"archive_with_{name}"
    play.__doc__ = f"A signed archive with {name.replace('_', ' ')}."
    case(play)


GOOD = program("1.2.3")
hostile("no_member", [])
hostile("no_wazero", [member("LICENSE", b"x")])
hostile("a_way_up", [member("../wazero", GOOD)])
hostile("a_longer_way_up", [member("x/../../wazero", GOOD)])
hostile("an_absolute_path", [member("/tmp/wazero", GOOD)])
hostile("a_folder_in_front", [member("wazero_1.2.3/wazero", GOOD)])
hostile("a_symbolic_link", [member("wazero", kind=tarfile.SYMTYPE, link="/bin/sh")])
hostile("a_hard_link", [member("x", GOOD), member("wazero", kind=tarfile.LNKTYPE, link="x")])
hostile("a_directory", [member("wazero", kind=tarfile.DIRTYPE)])
hostile("a_device", [member("wazero", kind=tarfile.CHRTYPE)])
hostile("a_pipe", [member("wazero", kind=tarfile.FIFOTYPE)])
hostile("two_of_it", [member("wazero", GOOD), member("wazero", GOOD)])
hostile("a_link_and_a_file", [member("wazero", kind=tarfile.SYMTYPE, link="../../x"), member("wazero/x", GOOD)])
hostile("a_huge_member", [member("wazero", bytes(8 << 20))], "cannot be unpacked: it is too large")


@case
def archive_that_is_none(world):
    """A signed archive that is not one, or is damaged inside."""
    for data in (b"<html>", releases.gzip.compress(b"no tar at all" * 99), releases.gzip.compress(GOOD)[:-9]):
        release = world.release()
        release.files[release.name()] = data
        release.write(world.release_folder)
        world.refuses("wazero_1.2.3_linux_amd64.tar.gz")


@case
def archive_with_more(world):
    """What else is in an archive does not matter, wherever it points."""
    release = world.release()
    evil = [
        member("../evil", b"x"),
        member("evil-link", kind=tarfile.SYMTYPE, link="../../../../cwd"),
        member("evil-link/evil", b"x"),
        member("wazero", release.program),
        member("wazero.1", b"manual"),
    ]
    release.files[release.name()] = archive(evil)
    release.write(world.release_folder)
    world.installs(release)


@case
def strange_sums(world):
    """Signed sums that are not a list of checksums as it should be."""
    release = world.release()
    name = release.name()
    right = hashlib.sha256(release.files[name]).hexdigest()
    lists = {
        f"{right}  wazero_1.2.3_plan9_amd64.tar.gz\n": "no archive for linux/amd64",
        f"{right}  wazero_1.2.3_linux_amd64.tar.gz.old\n": "no archive for linux/amd64",
        f"{right}  wazero_../../x_linux_amd64.tar.gz\n": "not that of the version asked for",
        f"{right}  wazero_1.2_linux_amd64.tar.gz\n": "not that of the version asked for",
        f"{right}  wazero_1.2.3-_linux_amd64.tar.gz\n": "not that of the version asked for",
        f"{right}  wazero_01.2.3_linux_amd64.tar.gz\n": "not that of the version asked for",
        f"{right[:-1]}  {name}\n": "no checksum",
        f"{right.upper()}  {name}\n": "no checksum" if right.upper() != right else "",
        f"  {name}\n": "no archive for",
        f"{right}  {name}\n{right}  {name}\n": "two archives",
        "\n\n": "no archive for",
        "\0\1\2\n": "no archive for",
    }
    folder = release.write(world.release_folder)
    for sums, needle in lists.items():
        (folder / "SHA256SUMS").write_text(sums)
        (folder / "SHA256SUMS.sig").write_bytes(world.suite.keys.sign(sums.encode()))
        world.refuses(needle)
