"""What a comparison says in words: one sentence for a tired guide, and what else is worth knowing."""

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from marchapp.i18n import apart, clock, day, figure, km
from marchapp.models import Stage
from marchapp.models.timetable import is_next_day

PUNCTUAL_S = 60.0
WORTH_SAYING_M = 100.0
MUCH_UNKNOWN_SHARE = 0.2
A_DAY = timedelta(days=1)

Result = dict[str, Any]


def verdict(result: Result, *, group: int, zone: str) -> str:
    """Return the verdict on a group as one sentence; `result` as `stored.with_moments` gives it."""
    walked_m = result["route"]["length_m"] * result["coverage"]["walked_share"]
    figures = {
        "group": group,
        "walked": format_decimal(walked_m / 1000, "#,##0.0"),
        "planned": km(result["route"]["length_m"]),
    }
    if result["verdict"] == "not_this_route":
        return _(
            "This is not the planned route: group %(group)s walked only %(walked)s of its %(planned)s.",
            **figures,
        )
    if result["direction"] == "backward":
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, "
            "but from its finish to its start.",
            **figures,
        )
    if not result["off_route"] and result["coverage"]["no_data_share"] >= MUCH_UNKNOWN_SHARE:
        # Of so much nobody knows whether the group left the route, so the sentence does not say it.
        return _(
            "Group %(group)s was recorded on %(walked)s of %(planned)s of the planned route, "
            "and never away from it.",
            **figures,
        )
    figures |= {"times": _times(len(result["off_route"]))}
    if result["off_route"]:
        return _left_route(result["schedule"], figures, zone)
    return _kept_to_route(result["schedule"], figures, zone)


def _kept_to_route(schedule: Result, figures: dict[str, Any], zone: str) -> str:
    late_s, finished_at = schedule["finish_late_s"], schedule["finished_at"]
    if finished_at is None:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, never left it, "
            "and was not recorded at the finish.",
            **figures,
        )
    if late_s is None:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, never left it, "
            "and came in at %(clock)s.",
            clock=clock(finished_at, zone),
            **figures,
        )
    if abs(late_s) < PUNCTUAL_S:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, never left it, "
            "and came in on time.",
            **figures,
        )
    if late_s > 0:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, never left it, "
            "and came in %(time)s late.",
            time=apart(late_s),
            **figures,
        )
    return _(
        "Group %(group)s walked %(walked)s of %(planned)s of the planned route, never left it, "
        "and came in %(time)s early.",
        time=apart(late_s),
        **figures,
    )


def _left_route(schedule: Result, figures: dict[str, Any], zone: str) -> str:
    late_s, finished_at = schedule["finish_late_s"], schedule["finished_at"]
    if finished_at is None:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, left it %(times)s, "
            "and was not recorded at the finish.",
            **figures,
        )
    if late_s is None:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, left it %(times)s, "
            "and came in at %(clock)s.",
            clock=clock(finished_at, zone),
            **figures,
        )
    if abs(late_s) < PUNCTUAL_S:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, left it %(times)s, "
            "and came in on time.",
            **figures,
        )
    if late_s > 0:
        return _(
            "Group %(group)s walked %(walked)s of %(planned)s of the planned route, left it %(times)s, "
            "and came in %(time)s late.",
            time=apart(late_s),
            **figures,
        )
    return _(
        "Group %(group)s walked %(walked)s of %(planned)s of the planned route, left it %(times)s, "
        "and came in %(time)s early.",
        time=apart(late_s),
        **figures,
    )


def _times(count: int) -> str:
    """Return how often something happened, as a word that follows the verb."""
    if count == 1:
        return _("once")
    if count == 2:
        return _("twice")
    return ngettext("%(num)d time", "%(num)d times", count)


def notes(result: Result, *, stage_day: date, zone: str) -> list[str]:
    """Return whole sentences about what the verdict leaves out, only those that are worth saying."""
    sentences = (
        _other_day(result, stage_day),
        _missed(result),
        _no_data(result),
        _not_rejoined(result, zone),
        _ended_early(result),
        _went_back(result),
        _beyond(result),
    )
    return [sentence for sentence in sentences if sentence]


def _other_day(result: Result, stage_day: date) -> str:
    started_at: datetime | None = result["track"]["started_at"]
    if started_at is None or result["schedule"]["planned_start"] is not None:
        return ""
    return _(
        "This recording was made on %(day)s and the stage is on %(stage_day)s, "
        "so it is not compared with the timetable.",
        day=day(started_at.date()),
        stage_day=day(stage_day),
    )


def _missed(result: Result) -> str:
    missed_m = result["route"]["length_m"] * result["coverage"]["missed_share"]
    if missed_m < WORTH_SAYING_M or result["verdict"] == "not_this_route":
        return ""
    return _("%(distance)s of the planned route were not walked in this recording.", distance=km(missed_m))


def _no_data(result: Result) -> str:
    length_m = result["route"]["length_m"] * result["coverage"]["no_data_share"]
    if length_m < WORTH_SAYING_M:
        return ""
    return _(
        "On %(distance)s the recording has no data, so nobody knows where the group was.",
        distance=km(length_m),
    )


def _not_rejoined(result: Result, zone: str) -> str:
    for episode in result["off_route"]:
        if episode["rejoined_at"] is None and episode["rejoined_route_m"] is None:
            return _(
                "At %(clock)s the group left the route at %(place)s, "
                "and the recording does not come back to it.",
                clock=clock(episode["left_at"], zone),
                place=km(episode["left_route_m"]),
            )
    return ""


def _ended_early(result: Result) -> str:
    """Say how far before the finish the group was last on the route."""
    if result["schedule"]["finished_at"] or result["direction"] == "backward":
        return ""
    walked = [part["to_m"] for part in result["coverage"]["intervals"] if part["class"] == "walked"]
    left_m = result["route"]["length_m"] - max(walked, default=result["route"]["length_m"])
    if left_m < WORTH_SAYING_M:
        return ""
    return _("The group was last on the route %(distance)s before the finish.", distance=km(left_m))


def _went_back(result: Result) -> str:
    back_m = sum(part["from_m"] - part["to_m"] for part in result["backwards"])
    if back_m < WORTH_SAYING_M or result["direction"] == "backward":
        return ""
    return _("In between, it walked %(distance)s back along the route.", distance=km(back_m))


def _beyond(result: Result) -> str:
    before, after = (
        result[part]["walked_m"] if result[part] else 0.0 for part in ("approach", "after_finish")
    )
    if before + after < WORTH_SAYING_M:
        return ""
    return _(
        "The recording also holds %(distance)s before the start of the route or after its finish; "
        "they do not count as leaving it.",
        distance=km(before + after),
    )


def dropped(track: Result) -> str:
    """Return how many of the recorded points were used."""
    read, used = track["points_read"], track["points_used"]
    if read == used:
        return _("All %(read)s recorded points were used.", read=figure(read))
    return _("Of %(read)s recorded points, %(used)s were used.", read=figure(read), used=figure(used))


def dropped_reasons(track: Result) -> list[str]:
    """Return why points were left out, each reason with its count, as the engine names it."""
    words = {
        "no_position": _("without a place that can be read"),
        "outside_the_earth": _("with a place that is not on the earth, as recorders write for a pause"),
        "no_fix": _("at 0° N 0° E, where phones wait for their first fix"),
        "no_time": _("without a time"),
        "other_day": _("of other days"),
        "repeated_time": _("with the time of the point before"),
        "overlapping_segment": _("in a part that overlaps another in time"),
        "spike": _("that jump away and back"),
        "recorded_twice": _("of a time that another recording of the group has too"),
    }
    return [
        _("%(count)s %(reason)s", count=figure(count), reason=words.get(reason, reason))
        for reason, count in track["points_dropped"].items()
        if count
    ]


def clock_of(moment: datetime | None, stage: Stage) -> str:
    """Write the clock of a moment of a stage, and that it is the next day if the stage goes past midnight."""
    written = clock(moment, stage.march.time_zone)
    if moment and is_next_day(moment, stage) and moment < stage.starts_at + A_DAY:
        return f"{written}, {_('next day')}"
    return written


def checkpoint_words(checkpoint: Result, stage: Stage) -> tuple[str, str]:
    """Return when a checkpoint was passed, and how that compares with the timetable, as two short texts."""
    if checkpoint["passed_at"]:
        return clock_of(checkpoint["passed_at"], stage), late_words(checkpoint["late_s"])
    if checkpoint["passed_between"]:
        first, last = checkpoint["passed_between"]
        return f"{clock(first, stage.march.time_zone)}–{clock_of(last, stage)}", _("without data")
    return _("not passed"), ""


def late_words(late_s: float | None) -> str:
    """Return early or late in words, nothing where it is not known."""
    if late_s is None:
        return ""
    if abs(late_s) < PUNCTUAL_S:
        return _("on time")
    if late_s > 0:
        return _("%(time)s late", time=apart(late_s))
    return _("%(time)s early", time=apart(late_s))
