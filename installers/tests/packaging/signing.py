"""Signatures: what is signed verifies, and nothing that was altered does."""

import http.server
import os
import threading
import time

from .building import PLACE, WINDOWS, must, package, program, run

KEYS = PLACE / "keys"

TSA_CONFIGURATION = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ordering = yes
ess_cert_id_alg = sha256
"""


def make_certificate(name, usage="codeSigning"):
    """A key and a certificate that signs itself, for two days."""
    KEYS.mkdir(exist_ok=True)
    key, certificate = KEYS / f"{name}.key", KEYS / f"{name}.pem"
    must("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
         f"extendedKeyUsage=critical,{usage}", "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", key, "-out", certificate)
    return key, certificate


def sign(source, target, **environment):
    """Signs with the script and nothing in the environment but what is given."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WAZERO_")}
    return run(WINDOWS / "sign", source, target, env={**env, **{name: str(value) for name, value in environment.items()}})


def verifies(file, certificate, *more):
    """Whether the signature is right and from whom it should be."""
    return run("osslsigncode", "verify", "-CAfile", certificate, *more, "-in", file).returncode == 0


def signed_pair():
    """A program and a package, signed."""
    key, certificate = make_certificate("publisher")
    pair = []
    for source in (program("1.2.3"), package("1.2.3", "user")):
        target = PLACE / f"signed{source.suffix}"
        done = sign(source, target, WAZERO_SIGN_CERT=certificate, WAZERO_SIGN_KEY=key, WAZERO_SIGN_CA=certificate)
        assert done.returncode == 0, done.stderr
        pair.append((source, target))
    return certificate, pair


def check_signed():
    """The signed files verify, are SHA-256, and hold what they held; the unsigned do not verify."""
    certificate, pair = signed_pair()
    _, stranger = make_certificate("stranger")
    later = str(int(time.time()) + 3 * 86400)
    for source, target in pair:
        assert verifies(target, certificate)
        assert not verifies(source, certificate), "an unsigned file verifies"
        assert not verifies(target, stranger), "a stranger's certificate verifies"
        assert not verifies(target, certificate, "-time", later), "an expired certificate verifies"
        assert "sha256" in run("osslsigncode", "verify", "-CAfile", certificate, "-in", target).stdout.lower()
    assert content(pair[1][0]) == content(pair[1][1])


def check_altered_program():
    """A bit is changed at many places of the program; those that a signature leaves out, as it must, are known."""
    certificate, pair = signed_pair()
    right = pair[0][1].read_bytes()
    header = int.from_bytes(right[60:64], "little")
    directory = header + 24 + 112 + 4 * 8
    table = int.from_bytes(right[directory : directory + 4], "little")
    left_out = set(range(header + 88, header + 92)) | set(range(directory, directory + 8))
    places = [place for place in range(2, table, table // 60) if place not in left_out]
    # In the signature itself: its length and kind, and everywhere but the padding behind it.
    places += range(table + 30, len(right) - 16, (len(right) - table) // 20)
    accepted = [place for place in places if altered_verifies(right, place, ".exe", certificate)]
    assert not accepted, f"altered at {accepted}, and still accepted"
    assert len(places) > 70
    assert not altered_verifies(right, None, ".exe", certificate), "shortened, and still accepted"


def check_altered_package():
    """The same for the package. A signature covers what is in its streams: bytes between them say nothing."""
    certificate, pair = signed_pair()
    target = pair[1][1]
    right = target.read_bytes()
    cabinet = right.index(b"MSCF")
    size = int.from_bytes(right[cabinet + 8 : cabinet + 12], "little")
    inside = list(range(cabinet, cabinet + size, max(1, size // 40)))
    accepted = [place for place in inside if altered_verifies(right, place, ".msi", certificate)]
    assert not accepted, f"altered at {accepted}, and still accepted"
    was = content(target)
    for place in range(0, len(right), len(right) // 60):
        if altered_verifies(right, place, ".msi", certificate):
            assert content(PLACE / "altered.msi") == was, f"altered at {place}, other contents, and still accepted"
    assert not altered_verifies(right, None, ".msi", certificate), "shortened, and still accepted"


def altered_verifies(right, place, suffix, certificate):
    """Whether a copy with one bit changed, or shortened to a half, still verifies."""
    altered = bytearray(right if place is not None else right[: len(right) // 2])
    if place is not None:
        altered[place] ^= 1
    file = PLACE / f"altered{suffix}"
    file.write_bytes(altered)
    return verifies(file, certificate)


def content(msi):
    """Everything that a package would install or do, as text."""
    tables = sorted(run("msiinfo", "tables", msi).stdout.split())
    texts = [run("msiinfo", "export", msi, name).stdout for name in tables]
    folder = PLACE / "content"
    run("rm", "-rf", folder)
    run("msiextract", "-C", folder, msi)
    return texts + [file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()]


def check_keys():
    """A PKCS#12 file with a password works; without a key, or with a wrong password, there is no output."""
    key, certificate = make_certificate("publisher")
    both, password, wrong = KEYS / "both.p12", KEYS / "password", KEYS / "wrong"
    password.write_text("very secret")
    wrong.write_text("guessed")
    must("openssl", "pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", both, "-passout", f"file:{password}")
    target = PLACE / "by-p12.exe"
    exe = program("1.2.3")
    done = sign(exe, target, WAZERO_SIGN_PKCS12=both, WAZERO_SIGN_PASSWORD_FILE=wrong)
    assert done.returncode == 1 and not target.exists()
    done = sign(exe, target)
    assert done.returncode == 1 and "no key" in done.stderr and not target.exists()
    _, stranger = make_certificate("stranger")
    done = sign(exe, target, WAZERO_SIGN_PKCS12=both, WAZERO_SIGN_PASSWORD_FILE=password, WAZERO_SIGN_CA=stranger)
    assert done.returncode == 1 and "does not verify" in done.stderr and not target.exists()
    done = sign(exe, target, WAZERO_SIGN_PKCS12=both, WAZERO_SIGN_PASSWORD_FILE=password)
    assert done.returncode == 0 and verifies(target, certificate), done.stderr
    assert "very secret" not in done.stdout + done.stderr
    assert not list(PLACE.glob("*.part.*"))


def check_timestamp():
    """A timestamp of a server is in the signature, which then outlives its certificate; no answer is a failure."""
    key, certificate = make_certificate("publisher")
    _, authority = make_certificate("tsa", "timeStamping")
    (KEYS / "serial").write_text("01\n")
    configuration = KEYS / "tsa.cnf"
    configuration.write_text(TSA_CONFIGURATION.format(folder=KEYS))

    class Handler(http.server.BaseHTTPRequestHandler):
        """A timestamping authority."""

        def log_message(self, format, *arguments):
            """Says nothing."""

        def do_POST(self):
            """Answers a query with a timestamp."""
            query = KEYS / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            must("openssl", "ts", "-reply", "-config", configuration, "-section", "it", "-queryfile", query, "-signer", authority,
                 "-inkey", KEYS / "tsa.key", "-out", KEYS / "reply.tsr")
            reply = (KEYS / "reply.tsr").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keys = {"WAZERO_SIGN_CERT": certificate, "WAZERO_SIGN_KEY": key}
    for source in (program("1.2.3"), package("1.2.3", "user")):
        target = PLACE / f"timestamped{source.suffix}"
        done = sign(source, target, **keys, WAZERO_TIMESTAMP_URL=f"http://127.0.0.1:{server.server_port}")
        assert done.returncode == 0, done.stderr
        said = run("osslsigncode", "verify", "-CAfile", certificate, "-TSA-CAfile", authority, "-in", target)
        assert said.returncode == 0 and "timestamp" in said.stdout.lower(), said.stdout
        target.unlink()
        done = sign(source, target, **keys, WAZERO_TIMESTAMP_URL="http://127.0.0.1:1")
        assert done.returncode == 1 and not target.exists(), "signed although the timestamp was missing"
    server.shutdown()


CHECKS = [check_signed, check_altered_program, check_altered_package, check_keys, check_timestamp]
