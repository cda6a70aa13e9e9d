"""The search for a roster: at once where there are few people, else part after part, two side by side.

Every step is fixed by the seed and by the deterministic time of CP-SAT, of which there is a fixed amount. The
two solvers of a round work on groups of their own and are waited for, so their order does not matter.
"""

import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from marchapp.rosters.assigning.model import Limits, Part, Solved, Watch, solve
from marchapp.rosters.assigning.placing import first_roster
from marchapp.rosters.assigning.problem import Content, Problem
from marchapp.rosters.assigning.scoring import breaches, group_cost, prices, unplaced_cost
from marchapp.rosters.assigning.shortage import least_cost
from marchapp.rosters.assigning.values import Progress, Rule, Tell

WHOLE_PEOPLE = 250
SIDE_BY_SIDE = 2
TOLD_EVERY_S = 0.25
# Deterministic time to spend in a second of the time limit: about half of what two free cores do, so that the
# wall clock is not reached. Many small models spend much of their second on being built.
WORK_PER_S_AT_ONCE = 0.35
WORK_PER_S_IN_PARTS = 0.12
# A part begins with so few groups, and grows while parts are solved to the end within their work. Many small
# parts find in the same time what few large ones do not.
FEWEST_GROUPS, MOST_GROUPS = 3.0, 10.0
GROW, SHRINK = 0.05, 0.1
PART_WORK = 0.03
BUILDING_WORK = 2e-5
CHOOSING_WORK = 1e-6
GIVE_UP_AFTER = 3


@dataclass(frozen=True)
class Found:
    """The roster at the end, what is known of it, and whether it can be repeated."""

    contents: list[Content]
    waiting: Content
    bound: float
    is_optimal: bool
    is_repeatable: bool


class Search:
    """A roster that gets better."""

    def __init__(self, problem: Problem, tell: Tell | None) -> None:
        self.problem = problem
        self.tell = tell
        self.began = time.monotonic()
        self.ends = self.began + problem.options.time_limit_s
        self.is_small = problem.people <= WHOLE_PEOPLE
        work_per_s = WORK_PER_S_AT_ONCE if self.is_small else WORK_PER_S_IN_PARTS
        self.work = self.work_left = problem.options.time_limit_s * work_per_s
        self.random = random.Random(problem.options.seed)  # noqa: S311 (to be repeated, not to be secret) # nosec B311
        self.bound = least_cost(problem)
        self.phase = "placing"
        self.is_stopped = self.is_cut = False
        self.room = FEWEST_GROUPS
        self.contents, self.waiting = first_roster(problem)
        self.costs = [group_cost(problem, place, content) for place, content in enumerate(self.contents)]
        self.first_of_classes = prices(problem).classes * len(problem.class_sizes)

    def run(self) -> Found:
        """Search until the roster is proven best, or the work, the time or the patience is used up."""
        is_optimal = False
        self._say()
        if self.is_small:
            is_optimal = self._at_once()
        else:
            self._in_parts()
        return Found(self.contents, self.waiting, self.bound, is_optimal, not self.is_cut)

    @property
    def cost(self) -> int:
        return sum(self.costs) + unplaced_cost(self.problem, self.waiting) - self.first_of_classes

    def _say(self, cost: float = math.inf) -> None:
        if self.tell and not self.is_stopped:
            seconds = time.monotonic() - self.began
            limit = self.problem.options.time_limit_s
            done = max(seconds / limit if limit else 1.0, 1 - self.work_left / max(self.work, 1e-9))
            told = Progress(seconds, float(min(cost, self.cost)), self.bound, self.phase, min(done, 1.0), 1.0)
            if not self.tell(told):
                self.is_stopped = self.is_cut = True

    def _broken(self) -> list[int]:
        return [
            place
            for place, content in enumerate(self.contents)
            if self.costs[place] >= self.problem.options.weights.broken
            and breaches(self.problem, place, content)
        ]

    # Few people: one model.

    def _at_once(self) -> bool:
        if not self.problem.places or not self.problem.people or self.cost <= self.bound:
            return self.cost <= self.bound
        if not self._is_whole(self._everything()):
            self.phase = "repairing"
            if self._solve_everything(enough=self.problem.options.weights.broken):
                return True
            if not self._is_whole(self._everything()):
                return False
            self._say()
        self.phase = "improving"
        return self._solve_everything()

    def _everything(self) -> Part:
        return Part(tuple(range(len(self.problem.places))), tuple(self.contents), self.waiting)

    def _solve_everything(self, enough: float = -math.inf) -> bool:
        """Look for the best roster, or one that costs less than enough; return whether it is proven best."""
        part = self._everything()
        found = self._solve([part], self.work_left, enough)[0]
        self._take(part, found)
        self.bound = max(self.bound, found.bound - self.first_of_classes)
        if found.is_optimal:
            self.bound = self.cost
        return found.is_optimal

    # Many people: parts.

    def _in_parts(self) -> None:
        self.phase = "repairing"
        self._mend()
        self.phase = "improving"
        for parts in _pairs(self._blocks()):
            if self._is_over():
                return
            self._improve(parts)
        self._mend()
        while not self._is_over() and self.cost > self.bound:
            self._improve(self._neighbourhoods())

    def _is_over(self) -> bool:
        if time.monotonic() >= self.ends:
            self.is_cut = True
        return self.is_stopped or self.is_cut or self.work_left <= 0

    def _mend(self) -> None:
        """Work on groups with broken rules, with other groups that have more than they need."""
        tried: Counter[int] = Counter()
        while not self._is_over():
            ill = [place for place in self._broken() if tried[place] < GIVE_UP_AFTER]
            if not ill and self.waiting and tried[-1] < GIVE_UP_AFTER:
                tried[-1] += 1
                ill = [min(range(len(self.contents)), key=lambda place: (self._filled(place), place))]
            if not ill:
                return
            parts: list[Part] = []
            used: set[int] = set()
            for _ in range(SIDE_BY_SIDE):
                if rest := [place for place in ill if place not in used]:
                    seed = min(rest, key=lambda place: (tried[place], place))
                    tried[seed] += 1
                    places = self._helpers(seed, used)
                    used.update(places)
                    parts.append(self._part(places, with_waiting=not parts))
            self._improve(parts)

    def _filled(self, place: int) -> int:
        size = sum(self.problem.kinds[kind].size * count for kind, count in self.contents[place].items())
        return size - self.problem.places[place].cap

    def _helpers(self, seed: int, used: set[int]) -> list[int]:
        """Return the group with those that can best give what it lacks, and some by chance."""
        lacks = breaches(self.problem, seed, self.contents[seed])
        others = [place for place in range(len(self.contents)) if place not in used and place != seed]
        self.random.shuffle(others)
        others.sort(key=lambda place: -self._spare(place, lacks, seed))
        room = self._groups_in_part()
        return [seed, *others[: room - 1]]

    def _spare(self, place: int, lacks: Counter[Rule], seed: int) -> int:
        """Return how much a group has beyond its own need of what another lacks."""
        kinds = self.problem.kinds
        content = self.contents[place]
        spare = 0
        if lacks[Rule.GUIDE]:
            spare += 3 * (sum(count for kind, count in content.items() if kinds[kind].guides) - 1)
        if lacks[Rule.FIRST_AID]:
            spare += 3 * (sum(count for kind, count in content.items() if kinds[kind].first_aiders) - 1)
        if lacks[Rule.CHILDREN]:
            per_adult = self.problem.options.children_per_adult
            load = sum((kinds[k].children - per_adult * kinds[k].adults) * c for k, c in content.items())
            spare += (-load) // per_adult
        if lacks[Rule.LANGUAGE]:
            wanted = {language for kind in self.contents[seed] for language in kinds[kind].needs}
            spare += 3 * sum(c for k, c in content.items() if wanted & set(kinds[k].speaks))
        if lacks[Rule.MIN_SIZE]:
            spare += (
                self._filled(place) + self.problem.places[place].cap - self.problem.places[place].min_size
            )
        return spare

    def _groups_in_part(self) -> int:
        return max(2, min(len(self.problem.places), int(self.room)))

    def _learn(self, found: Solved) -> None:
        """Let the next parts be larger or smaller."""
        change = GROW if found.is_optimal else -SHRINK
        self.room = max(FEWEST_GROUPS, min(MOST_GROUPS, self.room + change))

    def _blocks(self) -> Iterator[list[int]]:
        """Yield all groups in parts of neighbours by class."""
        left = dict.fromkeys(range(len(self.contents)))
        near = self._by_class()
        while left:
            block = self._grow(next(iter(left)), near, lambda place: place in left)
            for place in block:
                del left[place]
            yield block

    def _by_class(self) -> dict[str, list[int]]:
        near: defaultdict[str, set[int]] = defaultdict(set)
        for place, content in enumerate(self.contents):
            for kind in content:
                for name, _ in self.problem.kinds[kind].classes:
                    near[name].add(place)
        return {name: sorted(places) for name, places in near.items()}

    def _grow(self, seed: int, near: dict[str, list[int]], is_free: Callable[[int], bool]) -> list[int]:
        """Return groups around one: those with the same classes, then those with the classes of these."""
        room = self._groups_in_part()
        grown = [seed]
        for place in grown:
            names = sorted(
                {name for kind in self.contents[place] for name, _ in self.problem.kinds[kind].classes}
            )
            self.random.shuffle(names)
            for name in names:
                for other in near[name]:
                    if len(grown) < room and other not in grown and is_free(other):
                        grown.append(other)
        missing = room - len(grown)
        if missing:
            free = [place for place in range(len(self.contents)) if is_free(place) and place not in grown]
            grown += self.random.sample(free, min(missing, len(free)))
        return grown

    def _neighbourhoods(self) -> list[list[int]]:
        """Return parts around classes that walk in more groups than they must, no group in two of them."""
        near = self._by_class()
        used: set[int] = set()
        chosen = []
        for _ in range(SIDE_BY_SIDE):
            free = [place for place in range(len(self.contents)) if place not in used]
            if len(free) < 2:
                break
            weights = [1 + self.costs[place] % self.problem.options.weights.broken for place in free]
            seed = self.random.choices(free, weights)[0]
            chosen.append(self._grow(seed, near, lambda place: place not in used))
            used.update(chosen[-1])
        return chosen

    def _improve(self, parts: list[list[int]] | list[Part]) -> None:
        posed = [part if isinstance(part, Part) else self._part(part) for part in parts]
        for part, found in zip(posed, self._solve(posed, PART_WORK), strict=True):
            self._learn(found)
            self._take(part, found)
        self._say()

    def _part(self, places: list[int], *, with_waiting: bool = False) -> Part:
        places = sorted(places)
        waiting = dict(self.waiting) if with_waiting else {}
        return Part(tuple(places), tuple(self.contents[place] for place in places), waiting)

    def _solve(self, parts: list[Part], work: float, enough: float = -math.inf) -> list[Solved]:
        """Solve parts side by side, telling how it goes meanwhile; charge the work."""
        watches = [Watch(enough) for _ in parts]
        seconds = self.ends - time.monotonic()
        work = min(work, self.work_left)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            running = [
                pool.submit(self._solve_one, part, Limits(work, seconds, self.random.randrange(2**30)), watch)
                for part, watch in zip(parts, watches, strict=True)
            ]
            self._wait(running, watches)
        solved = [future.result() for future in running]
        self.is_cut |= any(found.cut for found in solved)
        self.work_left -= CHOOSING_WORK * self.problem.people + max(
            BUILDING_WORK * len(part.available) * len(part.places) + found.work
            for part, found in zip(parts, solved, strict=True)
        )
        return solved

    def _solve_one(self, part: Part, limits: Limits, watch: Watch) -> Solved:
        return solve(self.problem, part, limits, watch, strict=self._is_whole(part))

    def _is_whole(self, part: Part) -> bool:
        """Return whether everybody of a part has a group and no rule is broken: then none needs to be."""
        return not part.waiting and all(
            not breaches(self.problem, place, content)
            for place, content in zip(part.places, part.contents, strict=True)
        )

    def _wait(self, running: list[Future[Solved]], watches: list[Watch]) -> None:
        while wait(running, timeout=TOLD_EVERY_S).not_done:
            if len(running) == 1 and self.is_small:
                self.bound = max(self.bound, watches[0].bound - self.first_of_classes)
                self._say(watches[0].cost - self.first_of_classes)
            else:
                self._say()
            if self.is_stopped:
                for watch in watches:
                    watch.stopped.set()

    def _take(self, part: Part, found: Solved) -> None:
        """Put what was found into the roster, if it costs no more."""
        old = sum(self.costs[place] for place in part.places) + unplaced_cost(self.problem, part.waiting)
        new = found.part
        costs = [
            group_cost(self.problem, place, content)
            for place, content in zip(new.places, new.contents, strict=True)
        ]
        if sum(costs) + unplaced_cost(self.problem, new.waiting) > old:
            return
        for place, content, cost in zip(new.places, new.contents, costs, strict=True):
            self.contents[place], self.costs[place] = content, cost
        left = Counter(self.waiting)
        left.subtract(part.waiting)
        left.update(new.waiting)
        self.waiting = dict(sorted((+left).items()))


def _pairs(blocks: Iterator[list[int]]) -> Iterator[list[list[int]]]:
    several = []
    for block in blocks:
        several.append(block)
        if len(several) == SIDE_BY_SIDE:
            yield several
            several = []
    if several:
        yield several
