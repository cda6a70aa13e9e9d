"""What is said about groups and moves, in whole sentences."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from marchapp.models import Group
from marchapp.rosters.board import SizedGroup
from marchapp.rosters.moves import (
    AlreadyThere,
    GroupFull,
    MayNotCrossYet,
    Moved,
    MovedMeanwhile,
    MoveRefused,
    NoSuchGroup,
    NotAllowedYet,
    NothingToUndo,
)
from marchapp.rosters.services import (
    GroupInUse,
    GroupRefused,
    GuideBusy,
    NotAGuide,
    NumberTaken,
    StageHasGroups,
)

NAMES_AT_MOST = 5


def why_not_moved(refusal: MoveRefused) -> str:
    """Say why nobody was moved, and what to do about it."""
    match refusal:
        case GroupFull():
            return _why_full(refusal)
        case MovedMeanwhile():
            return _(
                "Nobody was moved, because somebody else was faster: %(places)s. "
                "Look again, then move once more.",
                places=_places(refusal.places),
            )
        case MayNotCrossYet():
            return _(
                "Nobody was moved: this stage crosses the border, and the consent to that is missing for "
                "%(names)s.",
                names=_names(refusal.names),
            )
        case NotAllowedYet():
            return _(
                "Nobody was moved: the consent to taking part is missing for %(names)s.",
                names=_names(refusal.names),
            )
        case NoSuchGroup():
            return _("This group is not there any more. Choose another.")
        case AlreadyThere():
            return _("They are there already, so nothing was changed.")
        case NothingToUndo():
            return _("There is nothing to undo.")
    return _("Somebody you chose does not walk this stage any more. Choose again from the list as it is now.")


def _why_full(refusal: GroupFull) -> str:
    if refusal.left == 0:
        return _(
            "Group %(number)s is full, so nobody was moved. Choose another group.", number=refusal.number
        )
    return ngettext(
        "Group %(number)s has %(num)s place left and you chose %(coming)s people, so nobody was moved. "
        "Choose fewer people or another group.",
        "Group %(number)s has %(num)s places left and you chose %(coming)s people, so nobody was moved. "
        "Choose fewer people or another group.",
        refusal.left,
        number=refusal.number,
        coming=refusal.coming,
    )


def _names(names: Sequence[str]) -> str:
    said = list(names[:NAMES_AT_MOST])
    more = len(names) - len(said)
    if more:
        said.append(ngettext("and %(num)s more person", "and %(num)s more people", more))
    return ", ".join(said)


def _places(places: Sequence[tuple[str, int | None]]) -> str:
    said = [
        _("%(name)s is in no group now", name=name)
        if number is None
        else _("%(name)s is in group %(number)s now", name=name, number=number)
        for name, number in places[:NAMES_AT_MOST]
    ]
    more = len(places) - len(said)
    if more:
        said.append(ngettext("and %(num)s more person", "and %(num)s more people", more))
    return ", ".join(said)


def what_was_moved(moved: Moved) -> str:
    """Say what a move did."""
    if moved.is_mixed:
        return ngettext("%(num)s person is back.", "%(num)s people are back.", moved.people)
    if moved.name:
        return _name_moved(moved)
    if moved.number is None:
        return ngettext(
            "%(num)s person was taken out of the group.",
            "%(num)s people were taken out of their groups.",
            moved.people,
        )
    return ngettext(
        "%(num)s person was moved to group %(number)s.",
        "%(num)s people were moved to group %(number)s.",
        moved.people,
        number=moved.number,
    )


def _name_moved(moved: Moved) -> str:
    if moved.number is None:
        return _("Out of the group: %(name)s.", name=moved.name)
    return _("Moved to group %(number)s: %(name)s.", number=moved.number, name=moved.name)


def why_not_changed(refusal: GroupRefused) -> str:
    """Say why a group stayed as it was, and what to do about it."""
    match refusal:
        case NumberTaken():
            return _("Another group of this stage has this number. Write another.")
        case GuideBusy():
            return _(
                "%(name)s guides group %(number)s of this stage already. Choose somebody else.",
                name=refusal.name,
                number=refusal.number,
            )
        case NotAGuide():
            return _("One of them is not a guide of this march any more. Choose again.")
        case GroupInUse():
            return _(
                "People walk in this group, in the draft or as it was published, or it has recordings, so it "
                "stays. Move its people first, and publish."
            )
        case StageHasGroups():
            return _("This stage has groups already, so nothing was copied.")
    raise TypeError(f"There are no words for {refusal!r}.")


def destination(sized: SizedGroup) -> str:
    """Name a group as somewhere to move people, with its places left."""
    if not sized.places_left:
        return _("%(group)s: full", group=group_name(sized.group))
    return ngettext(
        "%(group)s: %(num)s place left",
        "%(group)s: %(num)s places left",
        sized.places_left,
        group=group_name(sized.group),
    )


def group_name(group: Group) -> str:
    """Name a group by its number, and by its name if it has one."""
    if group.name:
        return _("Group %(number)s, %(name)s", number=group.number, name=group.name)
    return _("Group %(number)s", number=group.number)
