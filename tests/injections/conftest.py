"""The doors, and the marches behind them."""

from tests.doors.conftest import doors, long_days_of_guides

__all__ = ["doors", "long_days_of_guides"]
