"""The doors, and the marches behind them."""

from collections.abc import Generator

import pytest

from tests.doors.conftest import doors, long_days_of_guides

__all__ = ["doors", "long_days_of_guides"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what is logged here travel between processes, which half a pair of signs does not."""
    report = yield
    report.sections = [
        (name, words.encode("utf-8", "backslashreplace").decode()) for name, words in report.sections
    ]
    return report
