"""What msiinfo and msiextract see in a package."""

import filecmp
import re
import uuid

from .building import PLACE, TOP, WINDOWS, build, must, package, program, properties, run, summary, table

SCOPES = ("machine", "user")


def check_properties():
    """The product, and its entry in the list of programs."""
    for scope in SCOPES:
        found = properties(package("1.2.3", scope))
        expected = {
            "ProductName": "wazero",
            "ProductVersion": "1.2.3",
            "ProductLanguage": "1033",
            "ARPNOMODIFY": "1",
            "ARPNOREPAIR": "1",
            "ARPPRODUCTICON": "wazero.ico",
            "SecureCustomProperties": "OLDERFOUND;NEWERFOUND",
        }
        assert expected.items() <= found.items(), found
        assert found["ARPHELPLINK"].startswith("https://") and found["Manufacturer"]
        assert found.get("ALLUSERS") == ("1" if scope == "machine" else None), found
        uuid.UUID(found["ProductCode"])


def check_codes():
    """The code of upgrades never changes, that of a product does with everything that makes it another one."""
    codes = {"machine": "9208805b-a983-4d2d-ae25-71bb9f5084b8", "user": "a994ec48-f4a0-441f-953b-8739eeb1d735"}
    products = set()
    packages = set()
    count = 0
    for scope in SCOPES:
        for version in ("1.2.3", "1.3.0", "1.4.0-rc.1", "1.4.0"):
            for arch in ("amd64", "arm64"):
                msi = package(version, scope, arch)
                found = properties(msi)
                assert found["UpgradeCode"].strip("{}").lower() == codes[scope]
                products.add(found["ProductCode"])
                packages.add(summary(msi)["Revision number (UUID)"])
                count += 1
    assert len(products) == count and len(packages) == count


def check_versions():
    """How versions become Windows' versions, and what cannot become one."""
    pairs = {"0.1.0": "0.1.0", "v1.2.3": "1.2.3", "1.4.0-rc.12": "1.4.0.12", "1.4.0-alpha": "1.4.0.0"}
    for version, expected in pairs.items():
        out = PLACE / "version.msi"
        must(WINDOWS / "build-msi", version, "amd64", program("1.2.3"), out)
        assert properties(out)["ProductVersion"] == expected
    for version in ("1.2", "256.0.0", "1.0.65536", "1.2.3; evil", "dev", ""):
        out = PLACE / "wrong.msi"
        done = run(WINDOWS / "build-msi", version, "amd64", program("1.2.3"), out)
        assert done.returncode == 1 and done.stderr.startswith("error: ") and not out.exists(), version


def check_upgrades():
    """Older versions and equal ones are replaced, newer ones refuse."""
    for scope in SCOPES:
        msi = package("1.2.3", scope)
        rows = {row["ActionProperty"]: row for row in table(msi, "Upgrade")}
        older, newer = rows["OLDERFOUND"], rows["NEWERFOUND"]
        assert (older["VersionMin"], older["VersionMax"], older["Attributes"]) == ("0.0.0", "1.2.3", "768"), older
        assert (newer["VersionMin"], newer["Attributes"]) == ("1.2.3", "2"), newer
        condition = table(msi, "LaunchCondition")
        assert condition == [{"Condition": "Installed OR NOT NEWERFOUND",
                              "Description": "A newer version of wazero is already installed."}], condition


def check_environment():
    """PATH of the system or of the user is extended, and shortened on removing; the actions for that are there."""
    for scope, name in (("machine", "=-*PATH"), ("user", "=-PATH")):
        msi = package("1.2.3", scope)
        rows = table(msi, "Environment")
        assert rows == [{"Environment": "PATH", "Name": name, "Value": "[~];[INSTALLDIR]", "Component_": "Program"}], rows
        numbers = {row["Action"]: int(row["Sequence"]) for row in table(msi, "InstallExecuteSequence")}
        order = ["FindRelatedProducts", "LaunchConditions", "CostFinalize", "InstallInitialize", "RemoveExistingProducts",
                 "RemoveEnvironmentStrings", "RemoveFiles", "InstallFiles", "WriteEnvironmentStrings", "InstallFinalize"]
        assert sorted(order, key=numbers.__getitem__) == order, numbers


def check_places():
    """Where the files go, and that their components are 64-bit ones with codes of their own."""
    codes = set()
    for scope, parent in (("machine", "ProgramFiles64Folder"), ("user", "ProgramsFolder")):
        msi = package("1.2.3", scope)
        folders = {row["Directory"]: row for row in table(msi, "Directory")}
        assert folders["INSTALLDIR"]["Directory_Parent"] == parent and folders["INSTALLDIR"]["DefaultDir"] == "wazero"
        if scope == "user":
            assert folders["ProgramsFolder"]["Directory_Parent"] == "LocalAppDataFolder"
        for row in table(msi, "Component"):
            assert row["Attributes"] == "256" and row["Directory_"] == "INSTALLDIR", row
            codes.add(row["ComponentId"])
        assert properties(msi).get("MSIINSTALLPERUSER") is None
        files = {row["File"]: row["Component_"] for row in table(msi, "File")}
        assert files == {"wazero.exe": "Program", "LICENSE.rtf": "Licence"}, files
    assert len(codes) == 4
    again = {row["ComponentId"] for row in table(package("1.3.0", "user"), "Component")}
    assert again < codes, "a component has the same code in every version"


def check_contents():
    """The program inside is the one that was given, the licence is a document, the icon is one."""
    for scope in SCOPES:
        folder = PLACE / f"extracted-{scope}"
        listed = must("msiextract", "-C", folder, package("1.2.3", scope)).splitlines()
        names = sorted(name.rsplit("/", 1)[-1] for name in listed if name)
        assert names == ["LICENSE.rtf", "wazero.exe"], listed
        exe = next(folder.rglob("wazero.exe"))
        assert filecmp.cmp(exe, program("1.2.3"), shallow=False)
        licence = next(folder.rglob("LICENSE.rtf")).read_text()
        assert licence.startswith("{\\rtf1") and "Apache License" in licence
        assert licence.count("{") - licence.count("\\{") == licence.count("}") - licence.count("\\}")
        words = re.findall(r"[A-Za-z]{4,}", (TOP / "LICENSE").read_text())
        assert words == [word for word in re.findall(r"[A-Za-z]{4,}", licence.split("\\fs18", 1)[1]) if word != "line"]
    icon = must("msiinfo", "streams", package("1.2.3", "user"))
    assert "Icon.wazero.ico" in icon and "wazero.cab" in icon, icon


def check_summary():
    """Processor, needed Windows Installer, rights, and a fixed time."""
    for scope, source in (("machine", "2 (2)"), ("user", "10 (a)")):
        for arch, template in (("amd64", "x64;1033"), ("arm64", "Arm64;1033")):
            found = summary(package("1.2.3", scope, arch))
            assert found["Template"] == template and found["Version"] == "500 (1f4)" and found["Source"] == source, found
            assert found["Created"].endswith("2020") and found["Created"] == found["Last saved"], found


def check_same_bytes():
    """Built again, elsewhere, later, in another time zone and language, a package is the same."""
    for scope in SCOPES:
        out = PLACE / "again.msi"
        elsewhere = PLACE / "else where"
        elsewhere.mkdir(exist_ok=True)
        program("1.2.3").touch()
        build("1.2.3", scope, "amd64", out, TZ="Asia/Tokyo", LC_ALL="C.UTF-8", TMPDIR=str(elsewhere))
        assert filecmp.cmp(out, package("1.2.3", scope), shallow=False), f"{scope}: another build, other bytes"
        build("1.2.3", scope, "amd64", out, SOURCE_DATE_EPOCH="1700000000")
        assert summary(out)["Created"].endswith("2023"), summary(out)
        other = PLACE / "other.msi"
        must(WINDOWS / "build-msi", "1.2.3", "amd64", program("1.3.0"), other, scope)
        assert summary(other)["Revision number (UUID)"] != summary(out)["Revision number (UUID)"]


CHECKS = [check_properties, check_codes, check_versions, check_upgrades, check_environment, check_places, check_contents,
          check_summary, check_same_bytes]
