"""Fetch the browser's libraries from npm at their recorded versions and lay the needed files under static/.

    python tools/vendor.py

Needs npm. To take a newer version, change it in PACKAGES, run this, look at the pages, and commit both.
"""

import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
SOURCE_MAP = re.compile(rb"\s*(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")


@dataclass(frozen=True)
class Package:
    """One npm package: which version, what it is for, and which of its files go where below static/."""

    name: str
    version: str
    licence: str
    purpose: str
    files: dict[str, str]


def _fonts() -> dict[str, str]:
    """Map the variable Inter (upright, all weights) to static/fonts, one file for each script."""
    return {
        f"files/inter-{script}-wght-normal.woff2": f"fonts/inter-{script}.woff2"
        for script in ("latin", "latin-ext", "cyrillic")
    } | {"LICENSE": "fonts/LICENSE.txt"}


PACKAGES = (
    Package(
        "bootstrap",
        "5.3.9",
        "MIT",
        "style sheet under our theme; none of its scripts",
        {
            "dist/css/bootstrap.min.css": "vendor/bootstrap/bootstrap.min.css",
            "LICENSE": "vendor/bootstrap/LICENSE.txt",
        },
    ),
    Package(
        "leaflet",
        "1.9.4",
        "BSD-2-Clause",
        "the maps (global `L`)",
        {
            "dist/leaflet.js": "vendor/leaflet/leaflet.js",
            "dist/leaflet.css": "vendor/leaflet/leaflet.css",
            "dist/images/layers.png": "vendor/leaflet/images/layers.png",
            "dist/images/layers-2x.png": "vendor/leaflet/images/layers-2x.png",
            "dist/images/marker-icon.png": "vendor/leaflet/images/marker-icon.png",
            "LICENSE": "vendor/leaflet/LICENSE.txt",
        },
    ),
    Package(
        "uplot",
        "1.6.32",
        "MIT",
        "the charts under the map (global `uPlot`)",
        {
            "dist/uPlot.iife.min.js": "vendor/uplot/uplot.min.js",
            "dist/uPlot.min.css": "vendor/uplot/uplot.min.css",
            "LICENSE": "vendor/uplot/LICENSE.txt",
        },
    ),
    Package(
        "sortablejs",
        "1.15.7",
        "MIT",
        "dragging cards between groups (global `Sortable`)",
        {
            "Sortable.min.js": "vendor/sortablejs/sortable.min.js",
            "LICENSE": "vendor/sortablejs/LICENSE.txt",
        },
    ),
    Package(
        "qr",
        "0.7.0",
        "MIT OR Apache-2.0",
        "reads badges where the browser has no BarcodeDetector",
        {
            "decode.js": "vendor/qr/decode.js",
            "index.js": "vendor/qr/index.js",
            "LICENSE-MIT": "vendor/qr/LICENSE.txt",
        },
    ),
    Package("@fontsource-variable/inter", "5.3.0", "OFL-1.1", "the typeface", _fonts()),
)


def main() -> None:
    """Fetch every package and write the table of what was taken."""
    for package in PACKAGES:
        for target, content in _fetch(package):
            path = STATIC / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    (VENDOR / "README.md").write_text(_table(), encoding="utf-8")


def _fetch(package: Package) -> Iterator[tuple[str, bytes]]:
    """Yield each wanted file of a package as (path below static/, content)."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as tar:
            for source, target in package.files.items():
                member = tar.extractfile(f"package/{source}")
                if member is None:
                    raise FileNotFoundError(f"{package.name}: {source}")
                yield target, _without_source_map(member.read())


def _without_source_map(content: bytes) -> bytes:
    """Drop a closing line that names a source map, as we do not ship the maps."""
    return SOURCE_MAP.sub(b"\n", content)


def _table() -> str:
    """Return the README of static/vendor: what is here, at which version, under which licence, what for."""
    rows = "\n".join(
        f"| {package.name} | {package.version} | {package.licence} | {package.purpose} |"
        for package in PACKAGES
    )
    return (
        "# Libraries of others\n\n"
        "Laid here by `python tools/vendor.py`; never edited by hand. Inter lies in static/fonts.\n\n"
        f"| package | version | licence | what for |\n|---|---|---|---|\n{rows}\n"
    )


if __name__ == "__main__":
    main()
