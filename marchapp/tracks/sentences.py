"""What is said of recordings: when they were made, and what became of those that were sent."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from marchapp.i18n import clock, day_of, local
from marchapp.models import Recording, Stage
from marchapp.tracks.taking import Taken

AT_THE_SAME_TIME = timedelta(minutes=10)


def span(recording: Recording, stage: Stage) -> str:
    """Return from when to when a recording is, with the day if it is not that of the stage."""
    zone = stage.march.time_zone
    if recording.started_at is None:
        return _("without times")
    clocks = f"{clock(recording.started_at, zone)}–{clock(recording.finished_at, zone)}"
    day = day_of(recording.started_at, zone)
    return clocks if day == day_of(stage.starts_at, zone) else f"{day}, {clocks}"


def said_of_taken(
    taken: Taken,
    in_use: Sequence[Recording],
    stages: dict[int, Stage],
    *,
    is_compared: bool,
    offered: Collection[int],
) -> Iterator[str]:
    """Yield what became of the files that were kept; `in_use` are the recordings of the track now.

    `offered` are the ids of those of which the page says by itself where they belong.
    """
    used = [recording for recording in taken.kept if recording.is_used]
    if used:
        yield _said_of_used(in_use, is_compared=is_compared)
    for recording in used:
        if recording.piece_from is not None:
            yield _(
                "The file goes on over other stages. Only %(span)s, the walk of this stage, is used here.",
                span=span(recording, recording.group.stage),
            )
    for recording in taken.kept:
        if not recording.is_used and recording.id not in offered:
            yield _(
                "This recording was made on %(stages)s. It is kept here, but left out.",
                stages=other_stages(recording, stages),
            )


def _said_of_used(in_use: Sequence[Recording], *, is_compared: bool) -> str:
    if len(in_use) > 1:
        return ngettext(
            "Added: the track now has %(num)s part, %(parts)s.",
            "Added: the track now has %(num)s parts, %(parts)s.",
            len(in_use),
            parts=parts(in_use),
        )
    if is_compared:
        return _("The recording is saved and compared with the planned route.")
    return _("The recording is saved.")


def said_of_overlap(in_use: Sequence[Recording]) -> str:
    """Say what becomes of recordings that were made at the same time, by two phones or two groups."""
    timed = [(one.started_at, one.finished_at) for one in in_use if one.started_at and one.finished_at]
    until: datetime | None = None
    for started_at, finished_at in sorted(timed):
        if until and min(until, finished_at) - started_at > AT_THE_SAME_TIME:
            return _(
                "Some of the recordings were made at the same time: the longest counts, "
                "and the others fill its gaps. If one of them is of another group, leave it out."
            )
        until = max(until or finished_at, finished_at)
    return ""


def said_of_use(in_use: Sequence[Recording], *, is_used: bool) -> str:
    """Return what a group has after a recording was left out or taken back."""
    if not in_use:
        return _("Left out. No recording of this group is in use now.")
    if is_used:
        return ngettext(
            "Taken back: the track now has %(num)s part, %(parts)s.",
            "Taken back: the track now has %(num)s parts, %(parts)s.",
            len(in_use),
            parts=parts(in_use),
        )
    return ngettext(
        "Left out: the track now has %(num)s part, %(parts)s.",
        "Left out: the track now has %(num)s parts, %(parts)s.",
        len(in_use),
        parts=parts(in_use),
    )


def parts(recordings: Sequence[Recording]) -> str:
    """Return when recordings were made as a list: 08:02–10:31 and 10:40–14:05."""
    return format_list([span(one, one.group.stage) for one in recordings], locale=get_locale())


def other_stages(recording: Recording, stages: dict[int, Stage]) -> str:
    """Return of which other stages a recording is: stage 2, Lake camp – Fell camp."""
    names = [
        _("stage %(number)s, %(name)s", number=stages[one].number, name=local(stages[one].name))
        for one in recording.other_stages
        if one in stages
    ]
    return format_list(names, locale=get_locale())
