"""Small GPX files for the tests: a line due east with waypoints on it."""

from collections.abc import Sequence

LAT, LON = 69.6, 30.5
DEGREES_PER_KM = 1 / 38.91  # of longitude, at this latitude


def east(km: float) -> float:
    """Return the longitude so many kilometres along the line."""
    return LON + km * DEGREES_PER_KM


def route_file(
    *waypoints: tuple[str, float], length_km: float = 4.0, heights: Sequence[float] = (100.0, 160.0, 120.0)
) -> bytes:
    """Return a GPX file of the line, with waypoints by name and kilometre, heights spread evenly along it."""
    step_km = length_km / max(len(heights) - 1, 1)
    points = "".join(
        f'<trkpt lat="{LAT}" lon="{east(number * step_km):.6f}"><ele>{height}</ele></trkpt>'
        for number, height in enumerate(heights)
    )
    places = "".join(
        f'<wpt lat="{LAT}" lon="{east(km):.6f}"><name>{name}</name></wpt>' for name, km in waypoints
    )
    return (
        '<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="test">'
        f"{places}<trk><trkseg>{points}</trkseg></trk></gpx>"
    ).encode()
