"""Cases in which the network, the server or a download program fails."""

import os
import time

from . import server
from .suite import case

SUMS = "latest/download/SHA256SUMS"
ARCHIVE = "download/v1.2.3/wazero_1.2.3_linux_amd64.tar.gz"


def use(world, downloader):
    """Leaves one program to download with."""
    if downloader == "curl":
        return
    world.remove_tools("curl")
    if downloader == "wget":
        world.add_tool("wget")
    elif downloader == "busybox":
        world.add_tool("wget", "busybox")
    else:
        curl = world.suite.curl
        world.fake_tool("fetch", f'[ "$1 $2 $3 $4" = "-q -T 60 -o" ] || exit 9\nexec {curl} -fsS -o "$5" "$6"\n')


def with_each(*downloaders):
    """Makes a case for each of these programs."""

    def decorate(play):
        for downloader in downloaders:

            def named(world, downloader=downloader):
                use(world, downloader)
                play(world, downloader)

            named.__name__ = f"{play.__name__}_by_{downloader}"
            named.__doc__ = play.__doc__
            case(named)
        return play

    return decorate


@with_each("curl", "wget", "busybox", "fetch")
def installs(world, _):
    """The good case, for the latest and for a given version."""
    release = world.good()
    world.installs(release)
    world.put_old()
    world.installs(release, "v1.2.3")


@with_each("curl", "wget", "busybox", "fetch")
def not_found(world, _):
    """The server does not have the version, or one of the files."""
    world.refuses("download/v9.9.9/SHA256SUMS could not be downloaded", "v9.9.9")
    release = world.good()
    for name in (release.name(), "SHA256SUMS.sig", "SHA256SUMS"):
        (world.release_folder / "download/v1.2.3" / name).unlink()
        world.refuses(f"{name} could not be downloaded")


@with_each("curl", "wget", "busybox")
def web_page(world, _):
    """A proxy answers everything with its login page, and the code of success."""
    world.good()
    world.trick(SUMS, server.page)
    world.trick(SUMS + ".sig", server.page)
    world.refuses("web page in place of SHA256SUMS")


@case
def web_page_for_the_archive(world):
    """The same, but only for the archive."""
    world.good()
    world.trick(ARCHIVE, server.page)
    world.refuses("checksum of wazero_1.2.3")


@with_each("curl", "wget", "busybox")
def connection_cut(world, _):
    """The connection ends in the middle of a file, with and without a length that tells."""
    release = world.good()
    body = release.files[release.name()]
    world.trick(ARCHIVE, server.cut(body))
    if "wget" not in os.listdir(world.tools) or "busybox" in os.readlink(world.tools / "wget"):
        world.refuses("wazero_1.2.3_linux_amd64.tar.gz")
    world.trick(ARCHIVE, server.cut_silently(body))
    world.refuses("wazero_1.2.3_linux_amd64.tar.gz is wrong")
    world.trick(SUMS, server.cut_silently(release.sums()))
    world.refuses("signature of SHA256SUMS is wrong")


@with_each("curl", "wget", "busybox")
def endless_body(world, _):
    """A file that does not end stops at the bound."""
    world.good()
    world.trick(ARCHIVE, server.endless)
    world.refuses("too large")
    world.trick(SUMS + ".sig", server.endless)
    world.refuses("SHA256SUMS.sig could not be downloaded: it is too large")


@case
def length_too_large(world):
    """A length that would fill the disk is not even begun with."""
    world.good()
    world.trick(ARCHIVE, server.claim(1 << 40))
    world.refuses("could not be downloaded")


@case
def no_server(world):
    """Nobody listens there."""
    world.env["WAZERO_BASE_URL"] = "http://127.0.0.1:1"
    world.refuses("could not be downloaded")


@case
def server_error(world):
    """The server refuses."""
    world.good()
    world.trick(ARCHIVE, server.error(403))
    world.refuses("could not be downloaded")


@with_each("curl", "wget", "busybox")
def redirect_to_http(world, _):
    """A server that leads from a safe address to an unsafe one is not followed, or what it led to is not used."""
    world.good()
    secure(world)
    for path in (SUMS, ARCHIVE):
        world.trick(path, server.redirect(f"{world.server.address}/{world.id}/{path}"), world.suite.tls)
        world.refuses("not https")
        del world.suite.tls.tricks[f"/{world.id}/{path}"]


@with_each("curl", "wget", "busybox")
def redirect_to_https(world, _):
    """As at GitHub: every file is elsewhere."""
    release = world.good()
    secure(world)
    for path in (SUMS, SUMS + ".sig", ARCHIVE):
        world.suite.tls.folders["there-" + world.id] = world.release_folder
        world.trick(path, server.redirect(f"{world.suite.tls.address}/there-{world.id}/{path}"), world.suite.tls)
    world.installs(release)


@with_each("curl", "wget")
def redirects_without_end(world, _):
    """The server leads in a circle."""
    secure(world)
    world.trick(SUMS, server.redirect(f"{world.suite.tls.address}/{world.id}/{SUMS}"), world.suite.tls)
    world.refuses("could not be downloaded")


@with_each("curl", "wget", "busybox")
def certificate_of_a_stranger(world, _):
    """The server's certificate is not one that is trusted."""
    world.good()
    secure(world)
    for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "WGETRC"):
        del world.env[name]
    world.refuses("could not be downloaded")


def secure(world):
    """Goes over TLS, with the test's own certificate trusted."""
    world.env["WAZERO_BASE_URL"] = f"{world.suite.tls.address}/{world.id}"
    world.env["CURL_CA_BUNDLE"] = str(world.suite.certificate)
    world.env["WGETRC"] = str(world.suite.wgetrc)
    world.env["SSL_CERT_FILE"] = str(world.suite.certificate)


@case
def unsafe_addresses(world):
    """Addresses without encryption, and those that only look like this machine or like an address."""
    port = world.server.server_port
    unsafe = [
        "http://example.com/x",
        f"http://127.0.0.1:{port}@example.com/x",
        "http://127.0.0.1.example.com/x",
        "http://localhost.example.com",
        "http://127.0.0.1:80:80/x",
        "http://127.0.0.1:/x",
    ]
    for address in unsafe:
        world.env["WAZERO_BASE_URL"] = address
        world.refuses("without encryption")
    for address in ("ftp://x/y", "x", "-o/etc/passwd", "https://", "https://a b", "https://a'b", "https://a\nb", "file://x"):
        world.env["WAZERO_BASE_URL"] = address
        world.refuses("is not an address")


@case
def from_files(world):
    """Releases in a folder, as on a machine without a network; the folder's name has a space and quotes."""
    release = world.good()
    folder = world.root / "a 'b\" $c"
    os.rename(world.release_folder, folder)
    world.remove_tools("curl")
    world.env["WAZERO_BASE_URL"] = f"file://{folder}/"
    world.installs(release)
    os.unlink(folder / "download/v1.2.3" / release.name())
    world.refuses("could not be downloaded", "v1.2.3")
    world.env["WAZERO_BASE_URL"] = "file:///dev"
    world.refuses("could not be downloaded")


@case
def stalled_and_ended(world):
    """A download that hangs ends at once with the script."""
    world.good()
    world.trick(ARCHIVE, server.stall)
    before = world.snapshot()
    process = world.start("-b", str(world.bin))
    while f"/{world.id}/{ARCHIVE}" not in world.server.asked:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    time.sleep(0.05)
    began = time.monotonic()
    process.terminate()
    result = world.finish(process)
    assert time.monotonic() - began < 10, "the script waited for its download"
    assert result.code == -15, f"code {result.code}"
    world.assert_same(before, world.snapshot())
