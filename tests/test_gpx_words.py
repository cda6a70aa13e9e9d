"""Every reason to refuse a file has words of its own for the person who sent it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from marchapp.geo import errors
from marchapp.gpx_words import explain

EXAMPLES = [
    errors.EmptyFile(),
    errors.NotGpx(),
    errors.TruncatedGpx(1214),
    errors.MalformedGpx(3),
    errors.DamagedFit(),
    errors.ForbiddenDoctype(),
    errors.TooLarge(64 * 2**20),
    errors.TakesTooLong(10.0),
    errors.NoPoints(),
    errors.NoPoints(5, 5),
    errors.NoTimes(200, 1),
    errors.TooFarAway(1_532_000.0),
]
BASES = {errors.UnusableInput, errors.UnreadableGpx}


def refusals(base: type[errors.UnusableInput] = errors.UnusableInput) -> Iterator[type[errors.UnusableInput]]:
    yield base
    for kind in base.__subclasses__():
        yield from refusals(kind)


def test_every_refusal_has_an_example_here() -> None:
    assert {type(error) for error in EXAMPLES} == set(refusals()) - BASES


def test_every_refusal_has_words_of_its_own(app: Flask) -> None:
    with app.test_request_context():
        assert len({explain(error) for error in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (errors.TruncatedGpx(1214), "line 1,214"),
        (errors.TooLarge(64 * 2**20), "64 MiB"),
        (errors.NoPoints(5, 4), "Of the 5 points in the file, 1 can be used"),
        (errors.NoTimes(200, 1), "Only 1 of 200 points has"),
        (errors.NoTimes(200, 12), "Only 12 of 200 points have"),
        (errors.TooFarAway(1_532_000.0), "1,532.0\u202fkm away"),
    ],
)
def test_words_name_the_figures(app: Flask, error: errors.UnusableInput, part: str) -> None:
    with app.test_request_context():
        assert part in explain(error)
