"""The colours of the theme are readable by day and by night: computed, not judged by eye."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

THEME = (Path(__file__).parents[2] / "static" / "css" / "theme.css").read_text(encoding="utf-8")
COLOUR = re.compile(r"--([a-z-]+):\s*#([0-9a-f]{6})")
DAY, NIGHT = (
    dict(COLOUR.findall(THEME[start:end]))
    for start, end in pairwise(
        (THEME.index(":root {"), THEME.index("@media (prefers-color-scheme"), THEME.index("/* Bootstrap's"))
    )
)
PALETTES = pytest.mark.parametrize("palette", [DAY, DAY | NIGHT], ids=["day", "night"])


def luminance(colour):
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@PALETTES
@pytest.mark.parametrize("ground", ["snow", "ice", "moss-tint", "beacon-tint"])
def test_body_text_has_a_contrast_of_seven_everywhere(palette, ground):
    assert contrast(palette["ink"], palette[ground]) >= 7


@PALETTES
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("slate", "snow"),
        ("slate", "ice"),
        ("fjord", "snow"),
        ("fjord", "ice"),
        ("fjord", "beacon-tint"),
        ("fjord", "moss-tint"),
        ("fjord-deep", "ice"),
        ("on-fjord", "fjord"),
        ("on-fjord", "fjord-deep"),
        ("moss", "snow"),
        ("moss", "moss-tint"),
        ("beacon", "snow"),
        ("beacon-deep", "snow"),
        ("beacon", "beacon-tint"),
        ("ink", "frost"),
        ("slate", "frost"),
        ("map-label", "map-land"),
        ("ink", "map-sea"),
        ("casing", "route"),
    ],
)
def test_every_other_text_has_a_contrast_of_four_and_a_half(palette, text, ground):
    assert contrast(palette[text], palette[ground]) >= 4.5


@PALETTES
@pytest.mark.parametrize(
    ("mark", "ground"),
    [
        ("edge", "snow"),
        ("edge", "ice"),
        ("route", "map-land"),
        ("route", "map-sea"),
        ("map-border", "map-land"),
        ("map-border", "map-sea"),
        ("no-data", "map-land"),
        ("offset-near", "map-land"),
        ("offset-far", "map-land"),
    ],
)
def test_edges_and_lines_that_mean_something_have_a_contrast_of_three(palette, mark, ground):
    assert contrast(palette[mark], palette[ground]) >= 3
