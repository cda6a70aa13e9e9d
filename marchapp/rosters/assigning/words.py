"""What is broken in a roster, as facts and in English sentences."""

from collections import Counter
from collections.abc import Iterator
from math import ceil

from marchapp.rosters.assigning.problem import Content, Problem
from marchapp.rosters.assigning.scoring import breaches, sums
from marchapp.rosters.assigning.shortage import shortage
from marchapp.rosters.assigning.values import Broken, Rule

LANGUAGES = {
    "ab": "Abkhaz",
    "ar": "Arabic",
    "be": "Belarusian",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "is": "Icelandic",
    "it": "Italian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nb": "Norwegian",
    "nl": "Dutch",
    "nn": "Norwegian",
    "no": "Norwegian",
    "pl": "Polish",
    "ru": "Russian",
    "se": "Northern Sami",
    "so": "Somali",
    "sv": "Swedish",
    "ti": "Tigrinya",
    "tr": "Turkish",
    "uk": "Ukrainian",
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def broken(
    problem: Problem, contents: list[Content], waiting: Content, *, is_least: bool
) -> tuple[Broken, ...]:
    """Return what does not hold, for the stage, then for each group; is_least: no roster costs less."""
    groups = [fact for place, content in enumerate(contents) for fact in _of_group(problem, place, content)]
    return (*_locks(problem), *_without_place(problem, waiting), *_in_all(problem, groups, is_least), *groups)


def _locks(problem: Problem) -> Iterator[Broken]:
    for clash in problem.clashes:
        who = f"The unit {clash.unit}" if clash.unit else f"Person {clash.people[0]}"
        known = {place.id for place in problem.places}
        unknown = [group for group in clash.groups if group not in known]
        if unknown:
            text = f"{who} is locked to {_listed(unknown)}, which is not a group of this stage."
        else:
            text = f"{who} is locked to several groups at once: {_listed(clash.groups)}."
        yield Broken(
            rule=Rule.LOCK,
            count=len(clash.people),
            unit=clash.unit,
            people=clash.people,
            groups=clash.groups,
            text=text,
        )


def _without_place(problem: Problem, waiting: Content) -> Iterator[Broken]:
    largest = max((place.cap for place in problem.places), default=0)
    left: list[str] = []
    for number, count in sorted(waiting.items()):
        units = problem.units[number][-count:]
        if problem.places and problem.kinds[number].size > largest:
            yield from (_too_large(people, largest) for people in units)
        else:
            left += [person for people in units for person in people]
    if left:
        yield Broken(
            rule=Rule.UNPLACED,
            count=len(left),
            people=tuple(left),
            proven=shortage(problem).places >= len(left),
            text=f"{_people(len(left))} {_have(len(left))} no group: there is no room for them.",
        )


def _too_large(people: tuple[str, ...], largest: int) -> Broken:
    return Broken(
        rule=Rule.UNPLACED,
        count=len(people),
        people=people,
        proven=True,
        text=f"{_listed(people)} stay together: {len(people)} people, but the largest group holds {largest}.",
    )


def _of_group(problem: Problem, place: int, content: Content) -> Iterator[Broken]:
    group, found = problem.places[place], sums(problem, place, content)
    lacks, name = breaches(problem, place, content), f"Group {problem.places[place].id}"
    if count := lacks[Rule.MIN_SIZE]:
        have = f"has {_people(found.size).lower()}" if found.size else "is empty"
        yield _fact(Rule.MIN_SIZE, group.id, count, f"{name} {have}; it needs at least {group.min_size}.")
    if count := lacks[Rule.MAX_SIZE]:
        text = f"{name} has {found.size} people locked to it, but holds {group.max_size}."
        yield _fact(Rule.MAX_SIZE, group.id, count, text)
    if lacks[Rule.CHILDREN]:
        per_adult = problem.options.children_per_adult
        count = ceil(lacks[Rule.CHILDREN] / per_adult) if per_adult else found.children
        walking = f"{_some(found.children, 'child', 'children')} with {_some(found.adults, 'adult')}"
        text = f"{name} lacks {_some(count, 'adult')}: {walking}, at most {per_adult} to each."
        yield _fact(Rule.CHILDREN, group.id, count, text)
    if lacks[Rule.GUIDE]:
        yield _fact(Rule.GUIDE, group.id, 1, f"{name} lacks a guide.")
    if lacks[Rule.FIRST_AID]:
        yield _fact(Rule.FIRST_AID, group.id, 1, f"{name} lacks a first-aider.")
    if lacks[Rule.LANGUAGE]:
        for language in sorted(found.needs.keys() - found.speaks):
            count = found.needs[language]
            whose = _some(count, "child speaks", "children speak")
            text = f"{name} lacks {_speaker(language)}: {whose} nothing else."
            yield _fact(Rule.LANGUAGE, group.id, 1, text, language)


def _in_all(problem: Problem, groups: list[Broken], is_least: bool) -> Iterator[Broken]:
    """Sum up what groups lack; where the shortage can be counted, say that no roster could do better."""
    least = shortage(problem)
    total: Counter[tuple[Rule, str]] = Counter()
    for fact in groups:
        total[fact.rule, fact.language] += fact.count
    per_adult = problem.options.children_per_adult
    known = {
        (Rule.GUIDE, ""): (least.guides, "guide"),
        (Rule.FIRST_AID, ""): (least.first_aiders, "first-aider"),
        (Rule.CHILDREN, ""): (ceil(least.children / per_adult) if per_adult else least.children, "adult"),
        (Rule.MIN_SIZE, ""): (least.people, "person"),
    }
    for language, lack in least.languages.items():
        known[Rule.LANGUAGE, language] = (lack, f"{language_name(language)} speaker")
    for (rule, language), (lack, thing) in known.items():
        if count := total[rule, language]:
            some = _some(count, thing, "people" if thing == "person" else "")
            proven = is_least or lack >= count
            text = f"The stage lacks {some} in all."
            if not proven:
                text = f"In all {some} {'is' if count == 1 else 'are'} missing in this roster."
            yield Broken(rule=rule, count=count, language=language, proven=proven, text=text)


def language_name(code: str) -> str:
    """Return a language in English, or what was written where the code is not known."""
    return LANGUAGES.get(code.lower(), code)


def _fact(rule: Rule, group: str, count: int, text: str, language: str = "") -> Broken:
    return Broken(rule=rule, group=group, count=count, language=language, text=text)


def _speaker(language: str) -> str:
    name = language_name(language)
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name} speaker"


def _some(count: int, thing: str, things: str = "") -> str:
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"{number} {thing if count == 1 else things or thing + 's'}"


def _people(count: int) -> str:
    return "One person" if count == 1 else f"{count} people"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
