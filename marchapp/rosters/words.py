"""What is said about groups and moves, in whole sentences."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from marchapp.i18n import clock, figure, language
from marchapp.models import Barrier, Group
from marchapp.naming import group_name as group_name
from marchapp.rosters.board import Counts, SizedGroup
from marchapp.rosters.following import Deed
from marchapp.rosters.moves import (
    AlreadyThere,
    GroupFull,
    GroupLocked,
    MayNotCrossYet,
    MayNotWalk,
    Moved,
    MovedMeanwhile,
    MoveRefused,
    NoSuchGroup,
    NotAllowedYet,
    NothingToUndo,
    PeopleLocked,
)
from marchapp.rosters.rules import Check, Rule, State
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
        case MayNotWalk():
            return _why_kept_out(refusal)
        case PeopleLocked():
            return ngettext(
                "Nobody was moved: %(names)s is locked. Unlock the card first.",
                "Nobody was moved: %(names)s are locked. Unlock their cards first.",
                len(refusal.names),
                names=_names(refusal.names),
            )
        case GroupLocked():
            return _(
                "Nobody was moved: group %(number)s is locked. Unlock the group first.", number=refusal.number
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


def _why_kept_out(refusal: MayNotWalk) -> str:
    people = [
        _("%(name)s has %(lack)s", name=name, lack=lacking(barrier)) for name, barrier in refusal.people
    ]
    return _(
        "Nobody was moved, because this stage crosses the border: %(people)s. "
        "Papers are added on the page of the person.",
        people=_names(people),
    )


def lacking(barrier: Barrier) -> str:
    """Say what somebody lacks, to go on after "has" or to stand alone."""
    match barrier:
        case Barrier.CONSENT:
            return _("no consent")
        case Barrier.CROSSING_CONSENT:
            return _("no consent to the crossing")
        case Barrier.DOCUMENT:
            return _("no travel document")
        case Barrier.DOCUMENT_EXPIRES:
            return _("no travel document that is valid on that day")
        case Barrier.NOTARISED_CONSENT:
            return _("no notarised consent")
        case Barrier.NOTARISED_DAYS:
            return _("no notarised consent for that day")


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


def what_somebody_did(deed: Deed) -> str:
    """Say what another coordinator did on the board."""
    if deed.moved is None:
        return _("%(who)s changed the groups.", who=deed.who)
    return f"{deed.who}: {what_was_moved(deed.moved)}"


def how_many_walk(counts: Counts) -> str:
    return _(
        "%(walkers)s walk this stage, %(unplaced)s in no group",
        walkers=figure(counts.walkers),
        unplaced=figure(counts.unplaced),
    )


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
    if sized.group.is_locked:
        return _("%(group)s: locked", group=group_name(sized.group))
    if not sized.places_left:
        return _("%(group)s: full", group=group_name(sized.group))
    return ngettext(
        "%(group)s: %(num)s place left",
        "%(group)s: %(num)s places left",
        sized.places_left,
        group=group_name(sized.group),
    )


def starts(group: Group) -> str:
    """Say when and where a group meets, as far as it is not like the stage."""
    zone = group.stage.march.time_zone
    at = clock(group.start, zone)
    if group.meeting_point:
        return _("%(clock)s, %(place)s", clock=at, place=group.meeting_point)
    return at


def check_word(check: Check) -> str:
    """Name a rule and how it stands, for a badge."""
    facts = check.facts
    match check.rule, check.state:
        case Rule.MAY_WALK, _state:
            return ngettext("%(num)s may not walk", "%(num)s may not walk", len(facts.kept_out))
        case Rule.SIZE, State.FULL:
            return _("Full")
        case Rule.SIZE, State.TOO_FEW:
            return _("Too small")
        case Rule.SIZE, State.TOO_MANY:
            return _("Too many")
        case Rule.SIZE, _state:
            return _("Size")
        case Rule.ADULTS, State.TOO_FEW:
            return _("Too few adults")
        case Rule.ADULTS, _state:
            return _("Adults")
        case Rule.GUIDE, State.MISSING:
            return _("No guide")
        case Rule.GUIDE, _state:
            return _("Guide")
        case Rule.FIRST_AID, State.MISSING:
            return _("No first aid")
        case Rule.FIRST_AID, _state:
            return _("First aid")
        case Rule.LANGUAGES, State.MISSING:
            return _("No common language")
        case _rule:
            return _("Languages")


def breach_word(check: Check) -> str:
    """Name what is wrong with several groups, whatever the numbers are in each."""
    return _("People who may not walk") if check.rule == Rule.MAY_WALK else check_word(check)


def check_sentence(check: Check, group: Group) -> str:
    """Explain what is wrong with a group, and what it needs; nothing where a rule is kept."""
    if check.is_kept:
        return ""
    match check.rule:
        case Rule.MAY_WALK:
            return _why_they_may_not_walk(check, group)
        case Rule.SIZE:
            return _why_size(check, group)
        case Rule.ADULTS:
            return _why_adults(check, group)
        case Rule.GUIDE:
            return _("Group %(number)s has no guide.", number=group.number)
        case Rule.FIRST_AID:
            return _("Nobody in group %(number)s knows first aid.", number=group.number)
        case Rule.LANGUAGES:
            return _why_languages(check, group)


def _why_they_may_not_walk(check: Check, group: Group) -> str:
    return _(
        "In group %(number)s consent or papers are missing for %(names)s. Take them out, or see to what "
        "is missing.",
        number=group.number,
        names=_names(check.facts.kept_out),
    )


def _why_size(check: Check, group: Group) -> str:
    people = ngettext("%(num)s person", "%(num)s people", check.facts.size)
    if check.state == State.TOO_MANY:
        return _(
            "Group %(number)s has %(people)s; it holds %(most)s at most.",
            number=group.number,
            people=people,
            most=check.most,
        )
    return _(
        "Group %(number)s has %(people)s; it needs at least %(least)s.",
        number=group.number,
        people=people,
        least=check.least,
    )


def _why_adults(check: Check, group: Group) -> str:
    return _(
        "Group %(number)s has %(children)s and %(adults)s; it needs %(needed)s.",
        number=group.number,
        children=ngettext("%(num)s child", "%(num)s children", check.facts.children),
        adults=_adults(check.facts.adults),
        needed=_adults(check.least),
    )


def _adults(count: int) -> str:
    return ngettext("%(num)s adult", "%(num)s adults", count)


def _why_languages(check: Check, group: Group) -> str:
    lonely = [
        ngettext(
            "%(num)s child who speaks only %(languages)s",
            "%(num)s children who speak only %(languages)s",
            count,
            languages=", ".join(language(code) for code in languages),
        )
        for languages, count in check.facts.unspoken
    ]
    return _(
        "In group %(number)s no adult speaks a language of %(children)s.",
        number=group.number,
        children=_names(lonely),
    )


def name_of_column(group: Group | None) -> str:
    return group_name(group) if group else _("In no group yet")


def places_words(group: Group, places_left: int) -> str:
    """Say how much room a group has, for somebody who chooses one."""
    if group.is_locked:
        return _("locked")
    if not places_left:
        return _("full")
    return ngettext("%(num)s place left", "%(num)s places left", places_left)
