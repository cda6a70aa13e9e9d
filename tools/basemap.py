"""Make marchapp/geo/data/basemap.npz out of Natural Earth's countries at 1:10 million.

    python tools/basemap.py

Needs npm for the package world-atlas and Babel for the countries' two-letter codes. Natural Earth is
in the public domain.

The package is TopoJSON: lines ("arcs") that neighbours share, as whole-number steps on a grid. We keep the
steps of all arcs in one run, so that one cumulative sum decodes the world, and name each ring by its arcs.
"""

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from babel.core import get_global

PACKAGE = "world-atlas@2.0.2"
TARGET = Path(__file__).resolve().parent.parent / "marchapp" / "geo" / "data" / "basemap.npz"


def main() -> None:
    """Fetch the package and write the compact file."""
    topology = _topology()
    countries = topology["objects"]["countries"]["geometries"]
    polygons = [
        (number, [ring for ring in rings if _is_visible(ring, topology["arcs"])])
        for number, country in enumerate(countries)
        for rings in _polygons(country)
        if _is_visible(rings[0], topology["arcs"])
    ]
    rings = [(number, ring) for number, (_, outer_first) in enumerate(polygons) for ring in outer_first]
    places, starts = _one_run(topology["arcs"])
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        TARGET,
        lon_steps=np.diff(places[:, 0], prepend=0).astype(np.int32),
        lat_steps=np.diff(places[:, 1], prepend=0).astype(np.int32),
        scale=np.array(topology["transform"]["scale"]),
        translate=np.array(topology["transform"]["translate"]),
        arc_starts=starts,
        ring_starts=np.cumsum([0] + [len(arcs) for _, arcs in rings]).astype(np.int32),
        ring_arcs=np.array([arc for _, arcs in rings for arc in arcs], dtype=np.int32),
        ring_polygons=np.array([number for number, _ in rings], dtype=np.int32),
        polygon_countries=np.array([number for number, _ in polygons], dtype=np.int32),
        names=np.array([country["properties"]["name"] for country in countries]),
        codes=np.array([_code(country) for country in countries]),
    )


def _topology() -> dict[str, Any]:
    """Return the countries' TopoJSON out of the npm package."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", PACKAGE]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as tar:
            member = tar.extractfile("package/countries-10m.json")
            if member is None:
                raise FileNotFoundError("countries-10m.json")
            topology: dict[str, Any] = json.load(member)
            return topology


def _one_run(arcs: list[list[list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the grid places of all arcs in one array, and where in it each arc starts and the last ends."""
    places = np.concatenate([np.cumsum(arc, axis=0) for arc in arcs])
    return places, np.cumsum([0] + [len(arc) for arc in arcs]).astype(np.int32)


def _polygons(country: dict[str, Any]) -> list[list[list[int]]]:
    """Return the polygons of a country, each a list of rings (the outer first), each a list of arcs."""
    arcs: list[Any] = country["arcs"]
    return [arcs] if country["type"] == "Polygon" else arcs


def _is_visible(ring: list[int], arcs: list[Any]) -> bool:
    """Tell whether the grid left a ring enough points to enclose anything."""
    return sum(len(arcs[arc if arc >= 0 else ~arc]) for arc in ring) >= 4


def _code(country: dict[str, Any]) -> str:
    """Return a country's ISO 3166 two-letter code, empty for a place without one."""
    return next(iter(get_global("territory_aliases").get(country.get("id", ""), [])), "")


if __name__ == "__main__":
    main()
