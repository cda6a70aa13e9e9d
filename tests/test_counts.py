"""What counts tries where there is no Redis: windows begin, end, and are forgotten."""

from threading import Thread, active_count

import pytest

from marchapp import counts
from marchapp.counts import OwnCounts


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(counts, "time", lambda: now[0])
    return now


def test_tries_are_counted_until_their_window_ends(clock: list[float]) -> None:
    own = OwnCounts()
    assert [own.incr("school", 60), own.incr("school", 60, amount=2)] == [1, 3]
    clock[0] += 59
    assert (own.get("school"), own.get_expiry("school")) == (3, 1060)
    clock[0] += 1
    assert own.get("school") == 0
    assert own.incr("school", 60) == 1
    assert own.get_expiry("school") == 1120


def test_what_was_never_tried_has_no_count(clock: list[float]) -> None:
    own = OwnCounts()
    assert (own.get("nobody"), own.get_expiry("nobody")) == (0, 1000)


def test_counts_can_be_taken_back(clock: list[float]) -> None:
    own = OwnCounts()
    for who in ("one", "other"):
        own.incr(who, 60)
    own.clear("one")
    assert (own.get("one"), own.get("other")) == (0, 1)
    assert own.reset() == 1
    assert own.get("other") == 0


def test_windows_that_are_over_do_not_pile_up(clock: list[float]) -> None:
    own = OwnCounts()
    for number in range(10_000):
        clock[0] += 1
        own.incr(f"address {number}", 60)
    assert len(own._windows) <= counts.KEPT_AT_FIRST + 2 * 60 + 1
    assert own.get("address 9999") == 1


def test_none_is_lost_where_many_count_at_once() -> None:
    own, before = OwnCounts(), active_count()
    threads = [Thread(target=lambda: [own.incr("all", 60) for _ in range(1000)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert own.get("all") == 8000
    assert active_count() == before  # and none goes on for it
