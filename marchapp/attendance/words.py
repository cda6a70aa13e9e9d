"""What is said about marks, points and badges, in whole sentences."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marchapp.attendance.calling import Called
from marchapp.attendance.points import Point
from marchapp.attendance.services import Answer, AnswerKind
from marchapp.i18n import clock, country, local
from marchapp.models import PointKind, RollMark, RollState, Stage

STATES = {
    RollState.NOT_YET: _l("Not called yet"),
    RollState.PRESENT: _l("Here"),
    RollState.MISSING: _l("Not here"),
    RollState.LEFT: _l("Left the march"),
    RollState.HANDED_OVER: _l("Handed over"),
}


def point_name(point: Point) -> str:
    """Name a point by what it is and where."""
    name = local(point.name)
    match point.kind:
        case PointKind.START:
            return _("Start, %(place)s", place=name) if name else _("Start")
        case PointKind.FINISH:
            return _("Finish, %(place)s", place=name) if name else _("Finish")
    return name


def how_they_stand(called: Called, stage: Stage) -> str:
    """Say how somebody stands, when that was marked and by whom."""
    if called.left_at:
        return _("Left the march on stage %(number)s", number=called.left_at.stage_number)
    if called.mark is None or called.state == RollState.NOT_YET:
        return str(STATES[RollState.NOT_YET])
    said = [state_word(called.mark), _when_and_by(called.mark, stage)]
    return ", ".join(said)


def state_word(mark: RollMark) -> str:
    if mark.state == RollState.HANDED_OVER:
        return _("Handed over to %(name)s", name=mark.handed_to)
    return str(STATES[mark.state])


def _when_and_by(mark: RollMark, stage: Stage) -> str:
    at = clock(mark.marked_at, stage.march.time_zone)
    return _("%(clock)s by %(name)s", clock=at, name=mark.account.name) if mark.account else at


def what_came(answer: Answer, stage: Stage) -> str:
    """Say what came of a mark or a scan, and what to do next where it did not count."""
    name = answer.person.name if answer.person else ""
    match answer.kind:
        case AnswerKind.COUNTED:
            return (
                _("%(name)s: %(state)s.", name=name, state=state_word(answer.mark)) if answer.mark else name
            )
        case AnswerKind.AGAIN:
            return _again(answer, stage)
        case AnswerKind.ELSEWHERE:
            return _elsewhere(answer)
        case AnswerKind.CANCELLED:
            return _("%(name)s has cancelled and must not walk. Call a coordinator.", name=name)
        case AnswerKind.WAITING:
            return _("%(name)s waits for a place and has none yet. Call a coordinator.", name=name)
        case AnswerKind.OTHER_STAGE:
            return _(
                "%(name)s does not walk stage %(number)s. Call a coordinator.", name=name, number=stage.number
            )
        case AnswerKind.MOVED:
            return _("This person is not in your group any more. Open the roll call anew.")
        case AnswerKind.KEY_TAKEN:
            return _("This mark was taken for another one. Open the roll call anew and make it again.")
    return _("Nobody on this march has this badge. Look at the number, or call a coordinator.")


def _again(answer: Answer, stage: Stage) -> str:
    mark = answer.mark
    at = clock(mark.marked_at, stage.march.time_zone) if mark else ""
    name = answer.person.name if answer.person else ""
    if mark and mark.account:
        return _(
            "%(name)s was counted already, at %(clock)s by %(who)s.",
            name=name,
            clock=at,
            who=mark.account.name,
        )
    return _("%(name)s was counted already, at %(clock)s.", name=name, clock=at)


def _elsewhere(answer: Answer) -> str:
    name = answer.person.name if answer.person else ""
    if answer.group is None:
        return _("%(name)s is in no group yet and is not counted.", name=name)
    return _(
        "%(name)s belongs to group %(number)s and is not counted here.", name=name, number=answer.group.number
    )


def about(answer: Answer, stage: Stage) -> str:
    """Say who wears a badge: group, age, country."""
    person = answer.person
    if person is None:
        return ""
    age = person.age_on(stage.day)
    said = [ngettext("%(num)s year", "%(num)s years", age), country(person.country)]
    if answer.group:
        said.insert(0, _("Group %(number)s", number=answer.group.number))
    return " · ".join(said)
