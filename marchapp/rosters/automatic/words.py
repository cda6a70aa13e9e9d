"""What is said about computed rosters, in whole sentences."""

from collections.abc import Sequence

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from marchapp.i18n import figure
from marchapp.models import AssignmentRun, RunState
from marchapp.rosters.automatic.applying import (
    ChangedMeanwhile,
    NobodyLeft,
    NotApplied,
    Obstacle,
)
from marchapp.rosters.automatic.facts import GroupFacts
from marchapp.rosters.automatic.preview import Missing
from marchapp.rosters.automatic.results import Proposal
from marchapp.rosters.automatic.services import NotAsked, UnderWay

NAMES_AT_MOST = 5
A_BROKEN_RULE = 1_000_000  # what one costs at least; wishes together cost less


def why_not_asked(refusal: NotAsked) -> str:
    """Say why no roster is computed, and what to do about it."""
    if isinstance(refusal, UnderWay):
        return _("A roster of this stage is being computed already. Here it is.")
    return _(
        "There is nothing to assign: the stage needs people who walk it, and groups that are not locked."
    )


def why_not_applied(refusal: NotApplied) -> str:
    """Say why nobody was moved, and what to do about it."""
    match refusal:
        case ChangedMeanwhile():
            return _(
                "Nobody was moved, because something changed meanwhile: %(who)s. "
                "Move the rest, or compute again.",
                who=obstacles(refusal.obstacles),
            )
        case NobodyLeft():
            return _("Everybody was moved otherwise meanwhile, so nothing was changed. Compute again.")
    return _("Somebody else was faster: here is how it stands now.")


def why_failed(run: AssignmentRun) -> str:
    """Say why there is no roster."""
    if run.problem == "nothing_to_assign":
        return _("When its turn came, there was nobody left to assign or no group that is not locked.")
    return _(
        "The computation broke off and nothing was changed. Try again; if it breaks off once more, tell "
        "whoever runs this program."
    )


def obstacles(found: Sequence[Obstacle]) -> str:
    """Name those who cannot be moved, each with the reason, the first few by name."""
    said = [_obstacle(one) for one in found[:NAMES_AT_MOST]]
    more = len(found) - len(said)
    if more:
        said.append(ngettext("and %(num)s more person", "and %(num)s more people", more))
    return ", ".join(said)


def _obstacle(found: Obstacle) -> str:
    match found.kind:
        case "away":
            return _("%(name)s does not walk this stage any more", name=found.name)
        case "locked":
            return _("%(name)s is locked in the group now", name=found.name)
        case "not_allowed":
            return _("%(name)s may not be placed on this stage any more", name=found.name)
        case "group_closed":
            return _("%(name)s is in or would come into a group that is locked or gone", name=found.name)
    if found.number is None:
        return _("%(name)s is in no group now", name=found.name)
    return _("%(name)s is in group %(number)s now", name=found.name, number=found.number)


def what_changes(proposal: Proposal) -> str:
    """Say in one sentence how many people a roster moves."""
    if not proposal.moves:
        return _("Nobody would be moved: the roster is as good as it gets with these choices.")
    return ngettext(
        "%(num)s person would be moved. Nothing is changed before you apply it.",
        "%(num)s people would be moved. Nothing is changed before you apply it.",
        len(proposal.moves),
    )


def what_it_lacks(proposal: Proposal) -> str:
    """Introduce the list of what is missing: whether another roster could lack less."""
    in_all = [one.proven for one in proposal.broken if one.group_id is None]
    if in_all and all(in_all):
        return _("No roster can do better with these people, guides and groups. What is missing:")
    return _("The best roster found does not hold every rule. What is missing:")


def how_good(run: AssignmentRun) -> str:
    """Say whether a better roster may exist."""
    if run.status == "optimal" or (run.cost is not None and run.cost == run.bound):
        return _("With these choices there is no better roster: that is proven.")
    if run.stop_asked_at:
        return _("This is the best roster found until it was stopped. More time may find a better one.")
    return _("This is the best roster found in the time given. More time may find a better one.")


def how_far(run: AssignmentRun) -> str:
    """Say what the process does now."""
    if run.state == RunState.WAITING:
        return _("Waiting its turn")
    if run.state == RunState.STOPPING:
        return _("Stopping with the best found")
    return {
        "placing": _("Placing everybody"),
        "repairing": _("Repairing what is broken"),
        "improving": _("Making it better"),
    }.get(run.phase, _("Gathering people and groups"))


def cost_so_far(run: AssignmentRun) -> str:
    """Say what the best roster costs so far."""
    if run.cost is None:
        return _("none yet")
    if run.cost >= A_BROKEN_RULE:
        return _("%(cost)s, with some rules still broken", cost=figure(round(run.cost % A_BROKEN_RULE)))
    return figure(round(run.cost))


def bound_so_far(run: AssignmentRun) -> str:
    """Say below which cost no roster can be."""
    if run.bound is None:
        return _("not known yet")
    return figure(round(max(run.bound, 0) % A_BROKEN_RULE))


def lacks_of(facts: GroupFacts) -> list[str]:
    """Name what a group lacks, each in a few words for a badge."""
    return [_lack(code, facts) for code in facts.lacks]


def _lack(code: str, facts: GroupFacts) -> str:
    match code:
        case "too_many":
            return _("Too many")
        case "too_small":
            return _("Too small")
        case "children":
            return _("Too few adults")
        case "guide":
            return _("No guide")
        case "first_aid":
            return _("No first aid")
    return _("No adult speaks %(languages)s", languages=", ".join(map(_language, facts.languages)))


def _language(code: str) -> str:
    """Write the name of a language as it stands within a sentence."""
    return get_locale().languages.get(code, code)


def what_is_missing(missing: Missing) -> str:
    """Say in a sentence which rule cannot be held, in a group or on the whole stage."""
    if missing.broken.rule == "unplaced":
        return _unplaced(missing)
    if missing.broken.rule == "lock":
        return _("Who is locked cannot stay in that group: %(names)s.", names=_some(missing))
    return _in_a_group(missing) if missing.number is not None else _on_the_stage(missing)


def _unplaced(missing: Missing) -> str:
    return ngettext(
        "%(num)s person finds no place in a group: %(names)s.",
        "%(num)s people find no place in a group: %(names)s.",
        missing.broken.count,
        names=_some(missing),
    )


def _some(missing: Missing) -> str:
    """Name the people concerned, the first few of them."""
    said, more = list(missing.names), missing.broken.count - len(missing.names)
    if more > 0:
        said.append(ngettext("and %(num)s more person", "and %(num)s more people", more))
    return ", ".join(said)


def _in_a_group(missing: Missing) -> str:
    broken, number = missing.broken, missing.number
    match broken.rule:
        case "max_size":
            return ngettext(
                "Group %(number)s has %(num)s person more than its largest size.",
                "Group %(number)s has %(num)s people more than its largest size.",
                broken.count,
                number=number,
            )
        case "min_size":
            return ngettext(
                "Group %(number)s lacks %(num)s person to its smallest size.",
                "Group %(number)s lacks %(num)s people to its smallest size.",
                broken.count,
                number=number,
            )
        case "children_per_adult":
            return ngettext(
                "Group %(number)s lacks %(num)s adult for its children.",
                "Group %(number)s lacks %(num)s adults for its children.",
                broken.count,
                number=number,
            )
        case "guide":
            return _("Group %(number)s has no guide.", number=number)
        case "first_aid":
            return _("Nobody in group %(number)s knows first aid.", number=number)
    return _(
        "In group %(number)s no adult speaks %(language)s, the only language of a child there.",
        number=number,
        language=_language(broken.language),
    )


def _on_the_stage(missing: Missing) -> str:
    broken = missing.broken
    match broken.rule:
        case "max_size":
            return ngettext(
                "The groups of this stage have %(num)s place too few.",
                "The groups of this stage have %(num)s places too few.",
                broken.count,
            )
        case "min_size":
            return ngettext(
                "The groups need %(num)s person more to reach their smallest sizes.",
                "The groups need %(num)s people more to reach their smallest sizes.",
                broken.count,
            )
        case "children_per_adult":
            return ngettext(
                "The stage lacks %(num)s adult for so many children.",
                "The stage lacks %(num)s adults for so many children.",
                broken.count,
            )
        case "guide":
            return ngettext(
                "The stage lacks %(num)s guide in all.",
                "The stage lacks %(num)s guides in all.",
                broken.count,
            )
        case "first_aid":
            return ngettext(
                "The stage lacks %(num)s person in all who knows first aid.",
                "The stage lacks %(num)s people in all who know first aid.",
                broken.count,
            )
    return ngettext(
        "The stage lacks %(num)s adult in all who speaks %(language)s.",
        "The stage lacks %(num)s adults in all who speak %(language)s.",
        broken.count,
        language=_language(broken.language),
    )


def rule_word(rule: str) -> str:
    """Name a rule or a wish in a table of what a roster costs."""
    return {
        "unplaced": _("Everybody has a group"),
        "max_size": _("No group is too large"),
        "min_size": _("No group is too small"),
        "children_per_adult": _("Enough adults for the children"),
        "guide": _("A guide in every group"),
        "first_aid": _("First aid in every group"),
        "language": _("An adult who speaks with each child"),
        "lock": _("Locked people stay"),
        "classes": _("School classes stay together"),
        "previous": _("People stay with those they walked with before"),
        "nationality": _("Nationalities as chosen"),
        "sizes": _("Groups of even size"),
        "moved": _("As few people as possible are moved"),
    }.get(rule, rule)
