"""Bill of materials: what the pinned requirements put on a user's machine (scripts/sbom).

CycloneDX 1.6 as JSON. Every pinned version with the hashes of its files; licence and dependencies
of those that are installed here, as their own metadata tell them. Of versions for another Python
they are left open.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from distribution.packages import build_time
from kiezreach.licences.declared import distributions, licence_of, needed_by

ROOT = Path(__file__).parents[2]
# What builds a wheel from a checkout; it is never needed to run one.
_BUILD = ("hatchling", "editables")


@dataclass(frozen=True)
class Pin:
    """A pinned requirement.

    Parameters
    ----------
    name, version
        Of the distribution; the name is normalised.
    marker
        For which machines, or nothing.
    sha256
        Of each of its files.
    """

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]


def read_pins(path: Path) -> list[Pin]:
    """Read pinned requirements, in the order of the file."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        one = Requirement(line.partition(" --hash=")[0])
        (version,) = (part.version for part in one.specifier)
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
        found.append(Pin(canonicalize_name(one.name), version, str(one.marker or ""), hashes))
    return found


def bill(root: Path = ROOT) -> str:
    """Return the bill of materials of a checkout as JSON; the same pins give the same bytes."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    path = root / "requirements/user.txt"
    tools = set(
        _build_tools({canonicalize_name(Requirement(d).name) for d in project["dependencies"]})
    )
    parts = {pin: _component(pin) for pin in read_pins(path) if pin.name not in tools}
    own = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION,
        bom_ref=project["name"], description=project["description"],
        licenses=[LicenseFactory().make_from_string(project["license"])],
    )  # fmt: skip
    bom = Bom(
        components=parts.values(), serial_number=uuid5(NAMESPACE_URL, path.read_text("utf-8"))
    )
    bom.metadata.timestamp = datetime.fromtimestamp(build_time(root), UTC)
    bom.metadata.tools.components.clear()
    bom.metadata.component = own
    direct = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    bom.register_dependency(own, [part for pin, part in parts.items() if pin.name in direct])
    for pin, part in parts.items():
        if (installed := _installed(pin)) is not None:
            needed = {canonicalize_name(name) for name in needed_by(installed)}
            here = [other for other in parts if other.name in needed and _installed(other)]
            bom.register_dependency(part, [parts[other] for other in here])
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return text + "\n"


def fault_of(text: str) -> str:
    """Return what is wrong with a bill by CycloneDX's schema, or nothing."""
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return "" if error is None else str(error)


def _component(pin: Pin) -> Component:
    """Describe a pinned distribution; its address is its name, wherever one has it from."""
    address = PackageURL("pypi", name=pin.name, version=pin.version)
    installed = _installed(pin)
    licence = licence_of(installed) if installed is not None else ""
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{pin.name}@{pin.version}",
        purl=address,
        description=f"where {pin.marker}" if pin.marker else None,
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(address.to_string()),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.sha256],
            )
        ],
    )


def _installed(pin: Pin) -> Distribution | None:
    """Return the installed distribution of exactly this version."""
    try:
        found = distribution(pin.name)
    except PackageNotFoundError:
        return None
    return found if found.version == pin.version else None


def _build_tools(direct: set[str]) -> Iterator[str]:
    """Name what is pinned to build a wheel and not needed by what runs."""
    running = {name for start in direct for name in distributions(start)}
    yield from {name for start in _BUILD for name in distributions(start)} - running


def main(arguments: list[str] | None = None) -> int:
    """Write the bill, or to stdout."""
    parser = argparse.ArgumentParser(prog="scripts/sbom", description=__doc__)
    parser.add_argument("--out", type=Path, help="file to write (default: stdout)")
    options = parser.parse_args(arguments)
    text = bill()
    if fault := fault_of(text):
        print(f"The bill of materials breaks its schema: {fault}", file=sys.stderr)
        return 1
    if options.out is None:
        print(text, end="")
    else:
        try:
            options.out.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            parser.error(f"{options.out}: cannot be written ({error.strerror})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
