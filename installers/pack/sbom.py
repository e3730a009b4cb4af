"""Writes the bill of materials in CycloneDX 1.5: `sbom.py > wazero_<version>.cdx.json`.

It has every crate in the binaries of any released machine; what only builds them has the scope `excluded`. Its time is
that of the last commit (SOURCE_DATE_EPOCH) and its serial number is made from its contents, so that the same source
gives the same file.
"""

import datetime
import json
import os
import sys
import uuid

from dependencies import Dependencies, checksums, licence_expression, package, rust_version


def reference(crate):
    return f"pkg:cargo/{crate['name']}@{crate['version']}"


def component(crate, shipped, checksum):
    entry = {
        "type": "library",
        "bom-ref": reference(crate),
        "name": crate["name"],
        "version": crate["version"],
        "scope": "required" if shipped else "excluded",
        "purl": reference(crate),
    }
    if checksum:
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if licence_expression(crate):
        entry["licenses"] = [{"expression": licence_expression(crate)}]
    if crate["repository"]:
        entry["externalReferences"] = [{"type": "vcs", "url": crate["repository"]}]
    return entry


def bill():
    dependencies, sums, about = Dependencies(), checksums(), package()
    own = {"name": "wazero", "version": about["version"]}
    standard = {"name": "std", "version": rust_version()}
    components = [
        component(crate, crate["id"] in dependencies.shipped, sums.get((crate["name"], crate["version"])))
        for crate in dependencies.sorted()
    ]
    components.append({
        "type": "library",
        "bom-ref": "rust-std",
        "name": "std",
        "version": standard["version"],
        "description": "The Rust standard library",
        "scope": "required",
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "externalReferences": [{"type": "vcs", "url": "https://github.com/rust-lang/rust"}],
    })
    graph = []
    for id, edges in dependencies.edges.items():
        on = sorted(reference(dependencies.crates[edge]) for edge in edges)
        if id == dependencies.root:
            on.append("rust-std")
        graph.append({"ref": reference(dependencies.crates[id]), "dependsOn": on})
    graph.append({"ref": "rust-std", "dependsOn": []})
    moment = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": reference(own),
                "name": "wazero",
                "version": about["version"],
                "description": about["description"],
                "licenses": [{"expression": about["license"]}],
                "purl": reference(own),
                "externalReferences": [{"type": "vcs", "url": about["repository"]}],
            },
        },
        "components": components,
        "dependencies": sorted(graph, key=lambda entry: entry["ref"]),
    }


def main():
    contents = bill()
    name = json.dumps(contents, sort_keys=True)
    contents["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    json.dump(contents, sys.stdout, indent=2, sort_keys=True)
    sys.stdout.write("\n")


main()
