"""What the assignment is asked with and what it answers: people, groups, options, roster."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Nationality(StrEnum):
    """What the coordinator wants of countries: nothing, a mix in every group, or groups of one country."""

    ANY = "any"
    MIXED = "mixed"
    SEPARATE = "separate"


class Rule(StrEnum):
    """The rules that a roster is held to; those of WISHES cost little, the others must hold."""

    UNPLACED = "unplaced"
    MAX_SIZE = "max_size"
    MIN_SIZE = "min_size"
    CHILDREN = "children_per_adult"
    GUIDE = "guide"
    FIRST_AID = "first_aid"
    LANGUAGE = "language"
    LOCK = "lock"
    CLASSES = "classes"
    PREVIOUS = "previous"
    NATIONALITY = "nationality"
    SIZES = "sizes"


WISHES = (Rule.CLASSES, Rule.PREVIOUS, Rule.NATIONALITY, Rule.SIZES)


class Status(StrEnum):
    """How good a roster is known to be.

    optimal: all rules hold and no roster costs less, proven. feasible: all rules hold. relaxed: some rule is
    broken, see `Assignment.broken`; it is the least possible where cost equals bound.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    RELAXED = "relaxed"


@dataclass(frozen=True, kw_only=True)
class Person:
    """One who walks. Ids are unique; empty texts mean none.

    unit: people with the same unit stay together. languages: any codes or names, compared as they are.
    previous_group, locked_group: ids of groups; a previous group that is not there is forgotten.
    """

    id: str
    unit: str = ""
    school_class: str = ""
    country: str = ""
    languages: frozenset[str] = frozenset()
    is_child: bool = False
    is_guide: bool = False
    knows_first_aid: bool = False
    previous_group: str = ""
    locked_group: str = ""


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Those who come with a group and are not among the people: they fulfil its rules and take no place.

    guides, first_aiders, adults: how many of them are that; a guide of age who knows first aid is all three.
    languages: what the adults among them speak.
    """

    guides: int = 0
    first_aiders: int = 0
    adults: int = 0
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class GroupSize:
    """A group: its id, its smallest and largest number of people without its staff, and its staff."""

    id: str
    min_size: int
    max_size: int
    staff: Staff = Staff()


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What one breach of each wish costs, in the order in which wishes give way to each other.

    classes: each group beyond the first that a school class walks in. It weighs as much as two people, for a
    pair that changes group is told so and knows some of its new group, a torn class is torn for the day.
    previous: each person who leaves the group of the stage before. nationality: each person beyond a
    country's fair share of a group (mixed), or each country beyond the first in a group (separate).
    sizes: each person more or fewer than an even group has.
    moved: each person moved by a repair, above all wishes together that a move could fulfil.
    broken: a broken rule, times its price in `scoring.PRICES`, above everything else that a roster costs.
    """

    classes: int = 12
    previous: int = 6
    nationality: int = 3
    sizes: int = 1
    moved: int = 1_000
    broken: int = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to assign.

    children_per_adult: at most, in every group. time_limit_s: wall-clock seconds, never exceeded by much.
    seed: where the search begins. keep_previous: whether leaving the previous group costs anything.
    repair: move as few people as possible from previous_group, whatever the other wishes say.
    """

    children_per_adult: int = 8
    nationality: Nationality = Nationality.ANY
    time_limit_s: float = 60.0
    seed: int = 1
    weights: Weights = field(default_factory=Weights)
    keep_previous: bool = True
    repair: bool = False


@dataclass(frozen=True)
class Progress:
    """How far the search is: seconds since its start, cost of the best roster, proven lower bound of any.

    phase: `placing`, `repairing` (broken rules) or `improving`. done, of: share of the work, as in 3 of 8.
    """

    seconds: float
    cost: float
    bound: float
    phase: str
    done: float
    of: float


# Told now and then, on the caller's thread; answers False to stop with the best roster found.
Tell = Callable[[Progress], bool]


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A rule that does not hold: facts for programs, `text` in English for people.

    group: its id, or empty where the whole stage is meant. count: how many are missing or too many.
    language, unit: where the rule is about one. people: who is concerned, for places and locks.
    proven: no roster could do better in this.
    """

    rule: Rule
    group: str = ""
    count: int = 1
    language: str = ""
    unit: str = ""
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    proven: bool = False
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """The roster and how good it is.

    cost: the sum of cost_by_rule. bound: no roster costs less, proven for all people together. seconds: wall
    clock. assignments: the id of each person → id of the group, or None where there is no place.
    repeatable: the same people, groups and options give the same roster; False where the time limit or a stop
    cut the search short.
    """

    status: Status
    cost: float
    bound: float
    seconds: float
    cost_by_rule: dict[str, float]
    broken: tuple[Broken, ...]
    assignments: dict[str, str | None]
    repeatable: bool = True
