"""A part of a roster, some groups and all who walk in them, as a model of CP-SAT."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from threading import Event

from ortools.sat.python import cp_model

from marchapp.rosters.assigning.alike import alike, deciding_classes, in_order
from marchapp.rosters.assigning.problem import Content, Kind, Problem
from marchapp.rosters.assigning.scoring import PRICES, SMALL_GROUP, prices
from marchapp.rosters.assigning.values import Rule

Term = tuple[cp_model.IntVar, int]


@dataclass(frozen=True)
class Part:
    """Groups by number, what walks in each now, and units without a group that may find one here."""

    places: tuple[int, ...]
    contents: tuple[Content, ...]
    waiting: Content

    @property
    def available(self) -> Content:
        total: Counter[int] = Counter(self.waiting)
        for content in self.contents:
            total.update(content)
        return dict(sorted(total.items()))


@dataclass(frozen=True)
class Limits:
    """work: deterministic time of CP-SAT, alike on all machines. seconds: wall clock. Either ends it."""

    work: float
    seconds: float
    seed: int


@dataclass(frozen=True)
class Solved:
    """The part as it should be. bound: a class counts in each group. cut: the clock or a stop ended it."""

    part: Part
    bound: float
    is_optimal: bool
    work: float
    cut: bool


class Watch(cp_model.CpSolverSolutionCallback):
    """The best cost and bound of a search that goes on, and the means to end it from another thread.

    enough: a roster that costs less ends it by itself.
    """

    def __init__(self, enough: float = -math.inf) -> None:
        super().__init__()
        self.cost = math.inf
        self.bound = -math.inf
        self.enough = enough
        self.stopped = Event()

    @property
    def has_enough(self) -> bool:
        return self.cost < self.enough

    def on_solution_callback(self) -> None:
        self.cost, self.bound = self.objective_value, self.best_objective_bound
        if self.stopped.is_set() or self.has_enough:
            self.stop_search()


def solve(problem: Problem, part: Part, limits: Limits, watch: Watch, *, strict: bool) -> Solved:
    """Return the best roster of a part that was found in the limits; the part as it was where none was.

    strict: no rule may be broken, which must hold already; such a model is smaller and its bound better.
    """
    model = _Model(problem, part, strict=strict)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = limits.seed
    solver.parameters.max_deterministic_time = limits.work
    solver.parameters.max_time_in_seconds = max(0.01, limits.seconds)
    solver.parameters.linearization_level = 2
    solver.best_bound_callback = lambda bound: _note(watch, solver, bound)
    status = solver.solve(model.model, watch)
    work = solver.response_proto.deterministic_time
    return Solved(
        part=model.read(solver) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else part,
        bound=solver.best_objective_bound,
        is_optimal=status == cp_model.OPTIMAL,
        work=work,
        cut=status != cp_model.OPTIMAL and work < 0.98 * limits.work and not watch.has_enough,
    )


def _note(watch: Watch, solver: cp_model.CpSolver, bound: float) -> None:
    watch.bound = bound
    if watch.stopped.is_set():
        solver.stop_search()


class _Model:
    """Variables and constraints. `walk[kind, place]` is how many units of a kind walk in a group."""

    def __init__(self, problem: Problem, part: Part, *, strict: bool) -> None:
        self.problem, self.part, self.strict = problem, part, strict
        self.price = prices(problem)
        self.available = part.available
        self.model = cp_model.CpModel()
        self.walk: dict[tuple[int, int], cp_model.IntVar] = {}
        self.wait: dict[int, cp_model.IntVar] = {}
        self.of_place: defaultdict[int, list[tuple[Kind, int, cp_model.IntVar]]] = defaultdict(list)
        self.cost: list[Term] = []
        self.offset = 0
        self._place_units()
        self.open = {place: self._opening(place) for place in part.places}
        for place in part.places:
            self._hold_size(place)
            self._hold_adults(place)
            self._hold_skills(place)
            self._hold_languages(place)
            self._wish_countries(place)
        self._wish_classes()
        variables, coefficients = zip(*self.cost, strict=True) if self.cost else ((), ())
        self.model.minimize(
            cp_model.LinearExpr.weighted_sum(list(variables), list(coefficients)) + self.offset
        )

    def read(self, solver: cp_model.CpSolver) -> Part:
        """Return the part as the solver found it."""
        contents: dict[int, Content] = {place: {} for place in self.part.places}
        for (kind, place), variable in self.walk.items():
            if count := solver.value(variable):
                contents[place][kind] = count
        waiting = {kind: count for kind, variable in self.wait.items() if (count := solver.value(variable))}
        return Part(self.part.places, tuple(contents[place] for place in self.part.places), waiting)

    def _place_units(self) -> None:
        now = in_order(
            self.problem, dict(zip(self.part.places, self.part.contents, strict=True)), self.available
        )
        for number, count in self.available.items():
            kind = self.problem.kinds[number]
            everywhere = []
            for place in self.part.places:
                most = min(count, self.problem.places[place].cap // kind.size)
                if most and kind.locked in (-1, place):
                    variable = self._number(most)
                    self.walk[number, place] = variable
                    self.of_place[place].append((kind, most, variable))
                    self._pay(variable, self.price.previous * kind.moved(place))
                    self.model.add_hint(variable, now[place].get(number, 0))
                    everywhere.append(variable)
            if (not self.strict or number in self.part.waiting) and kind.locked < 0:
                self.wait[number] = self._number(count)
                self._pay(self.wait[number], PRICES[Rule.UNPLACED] * self.price.broken * kind.size)
                self.model.add_hint(self.wait[number], self.part.waiting.get(number, 0))
                everywhere.append(self.wait[number])
            self.model.add(cp_model.LinearExpr.sum(everywhere) == count)

    def _number(self, most: int) -> cp_model.IntVar:
        return self.model.new_bool_var("") if most == 1 else self.model.new_int_var(0, most, "")

    def _pay(self, variable: cp_model.IntVar, cost: int) -> None:
        if cost:
            self.cost.append((variable, cost))

    def _lack(self, most: int, rule: Rule) -> list[Term]:
        """Return a variable for what is missing, at its price, or nothing where nothing may be missing."""
        if self.strict or most <= 0:
            return []
        variable = self._number(most)
        self._pay(variable, PRICES[rule] * self.price.broken)
        return [(variable, 1)]

    def _sum(self, terms: Iterable[Term]) -> cp_model.LinearExpr:
        listed = [term for term in terms if term[1]]
        if not listed:
            return cp_model.LinearExpr.constant(0)
        return cp_model.LinearExpr.weighted_sum([term[0] for term in listed], [term[1] for term in listed])

    def _size(self, place: int) -> list[Term]:
        return [(variable, kind.size) for kind, _, variable in self.of_place[place]]

    def _opening(self, place: int) -> cp_model.IntVar | None:
        """Return whether anybody walks in a group, or None where somebody always does."""
        group = self.problem.places[place]
        if self.strict and group.min_size > 0:
            return None
        is_open = self.model.new_bool_var("")
        size = self._size(place)
        self.model.add(self._sum([*size, (is_open, -group.cap)]) <= 0)
        self.model.add(self._sum([*size, (is_open, -1)]) >= 0)
        return is_open

    def _hold_size(self, place: int) -> None:
        group, size = self.problem.places[place], self._size(place)
        lack = self._lack(group.min_size, Rule.MIN_SIZE)
        if lack:
            small = self.model.new_bool_var("")
            self._pay(small, SMALL_GROUP * self.price.broken)
            self.model.add(self._sum([*lack, (small, -group.min_size)]) <= 0)
        self.model.add(self._sum(size + lack) >= group.min_size)
        self.model.add(self._sum(size) <= group.cap)
        if group.cap > group.max_size:
            over = self.model.new_int_var(0, group.cap - group.max_size, "")
            self._pay(over, PRICES[Rule.MAX_SIZE] * self.price.broken)
            self.model.add(self._sum([*size, (over, -1)]) <= group.max_size)
        least, most = group.even
        above, below = self._number(max(1, group.cap - most)), self._number(max(1, least))
        self._pay(above, self.price.sizes)
        self._pay(below, self.price.sizes)
        self.model.add(self._sum([*size, (above, -1)]) <= most)
        self.model.add(self._sum([*size, (below, 1)]) >= least)

    def _hold_adults(self, place: int) -> None:
        group, per_adult = self.problem.places[place], self.problem.options.children_per_adult
        load = [(v, kind.children - per_adult * kind.adults) for kind, _, v in self.of_place[place]]
        lack = [(variable, -1) for variable, _ in self._lack(group.cap, Rule.CHILDREN)]
        self.model.add(self._sum(load + lack) <= per_adult * group.staff.adults)

    def _hold_skills(self, place: int) -> None:
        staff = self.problem.places[place].staff
        if not staff.guides:
            self._hold_skill(place, Rule.GUIDE, [v for kind, _, v in self.of_place[place] if kind.guides])
        if not staff.first_aiders:
            able = [v for kind, _, v in self.of_place[place] if kind.first_aiders]
            self._hold_skill(place, Rule.FIRST_AID, able)

    def _hold_skill(self, place: int, rule: Rule, able: list[cp_model.IntVar]) -> None:
        terms: list[Term] = [(variable, 1) for variable in able] + self._lack(1, rule)
        is_open = self.open[place]
        if is_open is None:
            self.model.add(self._sum(terms) >= 1)
        else:
            self.model.add(self._sum([*terms, (is_open, -1)]) >= 0)

    def _hold_languages(self, place: int) -> None:
        needing: defaultdict[str, list[tuple[cp_model.IntVar, int]]] = defaultdict(list)
        for kind, most, variable in self.of_place[place]:
            for language in kind.needs:
                needing[language].append((variable, most))
        for language in sorted(needing.keys() - self.problem.places[place].staff.languages):
            needed = self.model.new_bool_var("")
            for variable, most in needing[language]:
                self.model.add(self._sum([(variable, 1), (needed, -most)]) <= 0)
            speaking: list[Term] = [(v, 1) for kind, _, v in self.of_place[place] if language in kind.speaks]
            lack = self._lack(1, Rule.LANGUAGE)
            self.model.add(self._sum([*speaking, *lack, (needed, -1)]) >= 0)

    def _wish_classes(self) -> None:
        total: Counter[str] = Counter()
        for number, count in self.available.items():
            for name, people in self.problem.kinds[number].classes:
                total[name] += people * count
        there: defaultdict[str, dict[int, cp_model.IntVar]] = defaultdict(dict)
        for place in self.part.places:
            for name, terms in self._by("classes", place).items():
                is_there = self._whether(terms, min(self.problem.places[place].cap, total[name]))
                self._pay(is_there, self.price.classes)
                self._hold_children(place, name, is_there)
                there[name][place] = is_there
        self._order_alike(there)
        if self.strict and not self.wait:
            largest = max(self.problem.places[place].cap for place in self.part.places)
            for name, used in there.items():
                least = math.ceil(total[name] / largest)
                self.model.add(cp_model.LinearExpr.sum(list(used.values())) >= least)

    def _order_alike(self, there: dict[str, dict[int, cp_model.IntVar]]) -> None:
        weights = deciding_classes(self.problem, self.available)
        for places in alike(self.problem, self.part.places, self.available):
            ranks = [
                self._sum(
                    (there[name][place], weight) for name, weight in weights.items() if place in there[name]
                )
                for place in places
            ]
            for rank, following in pairwise(ranks):
                self.model.add(rank >= following)

    def _hold_children(self, place: int, name: str, is_there: cp_model.IntVar) -> None:
        """Say what follows from size and ratio together: of nine at most eight are children."""
        if not self.strict:
            return
        group, per_adult = self.problem.places[place], self.problem.options.children_per_adult
        most = per_adult * (group.cap + group.staff.adults) // (per_adult + 1)
        terms = [
            (variable, min(kind.children, dict(kind.classes)[name]))
            for kind, _, variable in self.of_place[place]
            if kind.children and not kind.adults and name in dict(kind.classes)
        ]
        self.model.add(self._sum([*terms, (is_there, -most)]) <= 0)

    def _by(self, name: str, place: int) -> dict[str, list[tuple[Term, int]]]:
        """Return for each class or country the terms that count its people in a group and their limits."""
        found: defaultdict[str, list[tuple[Term, int]]] = defaultdict(list)
        for kind, most, variable in self.of_place[place]:
            for key, people in getattr(kind, name):
                found[key].append(((variable, people), most))
        return found

    def _whether(self, terms: list[tuple[Term, int]], most: int) -> cp_model.IntVar:
        """Return whether any of these people is in the group."""
        is_there = self.model.new_bool_var("")
        self.model.add(self._sum([*(term for term, _ in terms), (is_there, -most)]) <= 0)
        for (variable, _), units in terms:
            self.model.add(self._sum([(variable, 1), (is_there, -units)]) <= 0)
        return is_there

    def _wish_countries(self, place: int) -> None:
        if self.price.mixed:
            self._mix(place)
        elif self.price.separate:
            self._separate(place)

    def _mix(self, place: int) -> None:
        cap = self.problem.places[place].cap
        for country, terms in self._by("countries", place).items():
            fair = self.problem.fair(country, place)
            if fair < cap:
                above = self._number(cap - fair)
                self._pay(above, self.price.mixed)
                self.model.add(self._sum([*(term for term, _ in terms), (above, -1)]) <= fair)

    def _separate(self, place: int) -> None:
        countries = []
        for terms in self._by("countries", place).values():
            countries.append(self._whether(terms, self.problem.places[place].cap))
        beyond = self._number(max(1, len(countries)))
        self.model.add(self._sum([*((country, 1) for country in countries), (beyond, -1)]) <= 1)
        self._pay(beyond, self.price.separate)
