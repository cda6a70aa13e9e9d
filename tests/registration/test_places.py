"""Places are given out, given back and handed on; many want the last at once and no more get one."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, true, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models import (
    Category,
    March,
    Message,
    Participant,
    Party,
    PartyKind,
    Quota,
    QuotaKind,
    Stage,
    Standing,
    WhenFull,
)
from marchapp.registration import line, places, room, services
from marchapp.registration.coordination.merging import merge
from marchapp.registration.line import serve_lines, serve_lines_left
from marchapp.registration.people import PartyAnswers, Person
from marchapp.registration.room import LineGoesFirst, NotEnoughPlaces, Room
from tests.factories import make_account, make_march, make_participant, make_stage, quota_of
from tests.registration.conftest import answers

CROWD = 60
LAST_PLACES = 7
ADULT, CHILD = date(1980, 5, 17), date(2003, 5, 17)
NOW = datetime(2014, 5, 1, 10, 0, tzinfo=UTC)
_numbers = count(1)


def person(march: March, **given: Any) -> Person:
    """Return the answers of an adult walker who walks every stage."""
    values: dict[str, Any] = {
        "category": Category.WALKER,
        "stage_ids": frozenset(stage.id for stage in march.stages),
        "given_name": "Kari",
        "family_name": f"N{next(_numbers)}",
        "birth_date": ADULT,
        "country": "NO",
        "language": "nb",
        "emergency_name": "Ola",
        "emergency_phone": "+47 400 00 000",
    }
    return Person(**values | given)


def party_of(*people: Person, when_full: WhenFull = WhenFull.ALL) -> PartyAnswers:
    return PartyAnswers(
        kind=PartyKind.FAMILY,
        contact_name="Kari",
        contact_email="kari@example.org",
        language="nb",
        when_full=when_full,
        people=people,
    )


def sign_up(session: Session, march: March, *people: Person, minute: int = 0, **given: Any) -> Party:
    answers_ = party_of(*people, **given)
    now = NOW + timedelta(minutes=minute)
    party, _link = services.sign_up(session, march=march, party=answers_, form_key=uuid4(), now=now)
    session.commit()
    return party


def standings(party: Party) -> str:
    """Return how the people of a party stand, a letter each: p, w or c."""
    return "".join(one.standing[0] for one in party.participants)


def limit(session: Session, march: March, which: Category | QuotaKind | Stage, capacity: int | None) -> None:
    quota_of(march, which).capacity = capacity
    session.commit()


def assert_counts_are_true(session: Session, march: March) -> None:
    """Every quota has counted exactly who has a place, and no more than there are."""
    session.expire_all()
    placed = select(Participant).where(
        Participant.march_id == march.id, Participant.standing == Standing.PLACED
    )
    people = session.scalars(placed).all()
    categories = Counter(one.category for one in people)
    stages = Counter(stage_id for one in people for stage_id in one.stage_ids)
    counted: dict[str, Callable[[Quota], int]] = {
        QuotaKind.MARCH: lambda _quota: len(people),
        QuotaKind.CHILDREN: lambda _quota: sum(march.is_minor(one.birth_date) for one in people),
        QuotaKind.CATEGORY: lambda quota: categories[quota.category],
        QuotaKind.STAGE: lambda quota: stages[quota.stage_id],
    }
    for quota in session.scalars(select(Quota).where(Quota.march_id == march.id)):
        assert quota.taken == counted[quota.kind](quota), quota.kind
        assert quota.left is None or quota.left >= 0
    session.commit()


@pytest.fixture
def march(session: Session) -> March:
    march = make_march(session, slug="victory", capacity=100)
    for number in (1, 2, 3):
        make_stage(session, march, number=number)
    session.commit()
    return march


# One after another


def test_a_party_takes_its_places_together_or_waits_together(session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 3)
    first = sign_up(session, march, person(march), person(march))
    second = sign_up(session, march, person(march), person(march))
    assert (standings(first), standings(second)) == ("pp", "ww")
    assert_counts_are_true(session, march)


def test_a_party_that_wants_so_gets_as_many_places_as_fit(session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 2)
    party = sign_up(session, march, *(person(march) for _ in range(3)), when_full=WhenFull.FIT)
    assert standings(party) == "ppw"
    assert_counts_are_true(session, march)


@pytest.mark.parametrize("which", [QuotaKind.MARCH, Category.WALKER, "stage"])
def test_each_limit_holds_by_itself(session: Session, march: March, which: Any) -> None:
    limit(session, march, march.stages[1] if which == "stage" else which, 1)
    one, other = sign_up(session, march, person(march)), sign_up(session, march, person(march))
    assert (standings(one), standings(other)) == ("p", "w")
    elsewhere = person(march, category=Category.OFFICIAL, stage_ids=frozenset({march.stages[0].id}))
    assert standings(sign_up(session, march, elsewhere)) == ("w" if which == QuotaKind.MARCH else "p")


def test_a_free_place_goes_to_the_first_in_line_that_fits(session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 2)
    there = sign_up(session, march, person(march), person(march))
    family = sign_up(session, march, person(march), person(march), minute=1)
    single, late = (sign_up(session, march, person(march), minute=minute) for minute in (2, 3))

    services.cancel(session, there.participants[0], now=NOW)
    session.commit()
    assert (standings(family), standings(single), standings(late)) == ("ww", "p", "w")

    for leaving in (there.participants[1], single.participants[0]):
        services.cancel(session, leaving, now=NOW)
    session.commit()
    assert (standings(family), standings(late)) == ("ww", "p")  # one place at a time never fits the two

    limit(session, march, QuotaKind.MARCH, 3)
    services.hand_on_places(session, march, now=NOW)
    session.commit()
    assert (standings(family), standings(late)) == ("pp", "p")
    assert_counts_are_true(session, march)


def test_who_gets_a_place_from_the_line_is_told_once(session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 2)
    there = sign_up(session, march, person(march), person(march))
    family = sign_up(session, march, person(march), person(march))
    for leaving in there.participants:
        services.cancel(session, leaving, now=NOW)
        session.commit()
    assert standings(family) == "pp"
    told = select(Message.party_id).where(Message.kind == "promoted")
    assert session.scalars(told).all() == [family.id]


def test_one_who_leaves_the_line_lets_the_rest_of_the_party_in(session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 1)
    party = sign_up(session, march, person(march), person(march))
    assert standings(party) == "ww"
    services.cancel(session, party.participants[0], now=NOW)
    session.commit()
    assert standings(party) == "cp"
    assert_counts_are_true(session, march)


def test_the_line_is_counted_by_people_of_other_parties(session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 0)
    first = sign_up(session, march, person(march), person(march))
    second = sign_up(session, march, person(march), minute=1)
    for party, ahead in ((first, 0), (second, 2)):
        for one in party.participants:
            assert places.people_ahead(session, one) == ahead


def test_who_waits_for_other_places_is_not_before_in_line(session: Session, march: March) -> None:
    for minute, category in enumerate((Category.OFFICIAL, Category.WALKER)):
        limit(session, march, category, 1)
        sign_up(session, march, person(march, category=category))
        waiting = sign_up(session, march, person(march, category=category), minute=minute)
    assert standings(waiting) == "w"
    assert places.people_ahead(session, waiting.participants[0]) == 0
    assert places.preview(session, march, [person(march)]).in_line == 1


def test_fewer_stages_free_a_place_for_the_line(session: Session, march: March) -> None:
    full = march.stages[1]
    limit(session, march, full, 1)
    walks_all, waits = person(march), person(march)
    walker = sign_up(session, march, walks_all).participants[0]
    waiting = sign_up(session, march, waits)

    fewer = Person(**vars(walks_all) | {"stage_ids": frozenset({march.stages[0].id})})
    services.change_person(session, walker, fewer, now=NOW)
    session.commit()
    assert (walker.standing, standings(waiting)) == (Standing.PLACED, "p")
    assert_counts_are_true(session, march)

    with pytest.raises(NotEnoughPlaces) as refusal:
        services.change_person(session, walker, walks_all, now=NOW)
    assert refusal.value.quota.stage_id == full.id
    session.rollback()
    assert walker.stage_ids == {march.stages[0].id}
    assert_counts_are_true(session, march)


def test_another_category_takes_its_place_and_gives_the_old_one_back(session: Session, march: March) -> None:
    limit(session, march, Category.WALKER, 1)
    answers_ = person(march)
    walker = sign_up(session, march, answers_).participants[0]
    waiting = sign_up(session, march, person(march))
    official = Person(**vars(answers_) | {"category": Category.OFFICIAL, "body": "Fjord kommune"})
    services.change_person(session, walker, official, now=NOW)
    session.commit()
    assert standings(waiting) == "p"
    assert_counts_are_true(session, march)


def test_who_is_restored_gets_a_free_place_or_the_end_of_the_line(session: Session, march: March) -> None:
    coordinator = make_account(session, "Clara Coordinator")
    limit(session, march, QuotaKind.MARCH, 1)
    walker = sign_up(session, march, person(march)).participants[0]
    services.cancel(session, walker, now=NOW)
    services.restore(session, walker, now=NOW, by=coordinator)
    session.commit()
    assert walker.standing == Standing.PLACED
    services.cancel(session, walker, now=NOW)
    session.commit()
    sign_up(session, march, person(march))
    services.restore(session, walker, now=NOW, by=coordinator)
    session.commit()
    assert walker.standing == Standing.WAITING
    assert_counts_are_true(session, march)


def test_adults_unlock_the_places_of_children(session: Session, march: March) -> None:
    march.children_per_adult = 2
    children = [person(march, birth_date=CHILD) for _ in range(3)]
    alone = sign_up(session, march, *children, when_full=WhenFull.FIT)
    assert standings(alone) == "www"
    adult = sign_up(session, march, person(march), minute=1)
    assert (standings(alone), standings(adult)) == ("ppw", "p")
    sign_up(session, march, person(march), minute=2)
    assert standings(alone) == "ppp"
    assert_counts_are_true(session, march)


def test_a_family_unlocks_the_places_of_its_own_children_first(session: Session, march: March) -> None:
    march.children_per_adult = 1
    child_first = (person(march, birth_date=CHILD), person(march))
    assert standings(sign_up(session, march, *child_first)) == "pp"
    alone = sign_up(session, march, person(march, birth_date=CHILD))
    fit = [person(march, birth_date=CHILD), person(march), person(march, birth_date=CHILD)]
    assert standings(sign_up(session, march, *fit, when_full=WhenFull.FIT, minute=1)) == "ppw"
    assert standings(alone) == "w"
    assert_counts_are_true(session, march)


def test_children_keep_their_places_when_an_adult_leaves_and_no_more_get_one(
    session: Session, march: March
) -> None:
    march.children_per_adult = 2
    adult = person(march)
    family = sign_up(session, march, adult, *(person(march, birth_date=CHILD) for _ in range(2)))
    services.cancel(session, family.participants[0], now=NOW)
    session.commit()
    assert standings(family) == "cpp"
    services.cancel(session, family.participants[1], now=NOW)
    session.commit()
    assert standings(sign_up(session, march, person(march, birth_date=CHILD))) == "w"
    assert_counts_are_true(session, march)


def test_the_review_says_who_would_get_a_place(session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 2)
    march.children_per_adult = 1
    session.commit()
    people = [person(march, birth_date=CHILD), person(march), person(march)]
    outlook = places.preview(session, march, people[:2])
    assert (outlook.all_fit, outlook.fits, outlook.in_line) == (True, (True, True), 0)
    outlook = places.preview(session, march, people)
    assert not outlook.all_fit
    assert [quota.kind for quota in outlook.short_of] == [QuotaKind.MARCH]
    assert outlook.fits == (False, True, True)
    sign_up(session, march, *people)
    assert places.preview(session, march, people).in_line == 3
    assert quota_of(march, QuotaKind.MARCH).taken == 0


@pytest.fixture
def read(session: Session) -> Iterator[list[int]]:
    """The ids of the participants that the database is asked for, one after another."""
    read: list[int] = []

    def note(person: Participant, _context: object) -> None:
        read.append(person.id)

    event.listen(Participant, "load", note)
    yield read
    event.remove(Participant, "load", note)


def fill_line(session: Session, march: March, *stages: Stage, people: int) -> None:
    in_line = {"standing": Standing.WAITING, "waiting_since": NOW, "birth_date": ADULT}
    for _ in range(people):
        make_participant(session, march, *stages, category=Category.WALKER, **in_line)
    session.commit()


def test_of_a_long_line_only_the_head_is_read(session: Session, march: March, read: list[int]) -> None:
    limit(session, march, QuotaKind.MARCH, 1)
    id_ = sign_up(session, march, person(march)).participants[0].id
    fill_line(session, march, *march.stages, people=3 * places.PARTIES_AT_A_TIME)
    session.expunge_all()
    read.clear()
    services.cancel(session, session.get_one(Participant, id_), now=NOW)
    assert len(read) == 1 + places.PARTIES_AT_A_TIME
    assert how_many(session, Standing.PLACED) == 1


def test_who_waits_for_a_full_stage_is_not_read_when_something_else_is_free(
    session: Session, march: March, read: list[int]
) -> None:
    first, full, _third = march.stages
    limit(session, march, full, 0)
    fill_line(session, march, first, full, people=5)
    fill_line(session, march, first, people=1)
    limit(session, march, first, 1)
    id_ = march.id
    session.expunge_all()
    read.clear()
    services.hand_on_places(session, session.get_one(March, id_), now=NOW)
    assert len(read) == how_many(session, Standing.PLACED) == 1


# A long line, served in turns


@pytest.fixture
def long_line(session: Session, march: March, monkeypatch: pytest.MonkeyPatch) -> list[Party]:
    """Ten in line for no place, of whom four get one at once."""
    monkeypatch.setattr(places, "MOST_AT_ONCE", 4)
    limit(session, march, QuotaKind.MARCH, 0)
    return [sign_up(session, march, person(march), minute=minute) for minute in range(10)]


def open_places(session: Session, march: March, capacity: int) -> None:
    limit(session, march, QuotaKind.MARCH, capacity)
    services.hand_on_places(session, march, now=NOW)
    session.commit()


def line_of(session: Session, parties: list[Party]) -> str:
    session.expire_all()
    return "".join(standings(party) for party in parties)


def told(session: Session) -> int:
    return session.scalar(select(func.count()).where(Message.kind == "promoted")) or 0


def test_of_very_many_free_places_the_worker_hands_on_the_rest_in_turn(
    session: Session, march: March, long_line: list[Party]
) -> None:
    open_places(session, march, 9)
    assert line_of(session, long_line) == "pppp" + "wwwwww"
    assert serve_lines() == 5
    assert line_of(session, long_line) == "ppppppppp" + "w"
    assert told(session) == 9
    assert serve_lines() == 0
    assert_counts_are_true(session, march)


def test_who_comes_while_a_line_is_served_stands_at_its_end(
    session: Session, march: March, long_line: list[Party]
) -> None:
    open_places(session, march, 9)
    late = sign_up(session, march, person(march), minute=60)
    assert standings(late) == "w"
    serve_lines()
    assert line_of(session, [*long_line, late]) == "ppppppppp" + "w" + "w"
    open_places(session, march, 11)
    assert line_of(session, [*long_line, late]) == "p" * 11
    assert standings(sign_up(session, march, person(march), minute=90)) == "w"


def test_while_a_line_is_served_no_newcomer_is_shown_its_places(
    app: Flask, session: Session, march: March, long_line: list[Party]
) -> None:
    newcomers = [person(march), person(march)]
    open_places(session, march, 14)
    outlook = places.preview(session, march, newcomers)
    assert (outlook.all_fit, outlook.fits, outlook.in_line) == (False, (False, False), 6)
    assert outlook.line_goes_first
    page = app.test_client().get("/marches/victory/sign-up").text
    assert "Those in line get the free places first" in page
    assert "places left" not in page
    assert "places left" not in app.test_client().get("/marches/victory").text
    serve_lines()
    outlook = places.preview(session, march, newcomers)
    assert (outlook.all_fit, outlook.line_goes_first) == (True, False)
    assert "places left" in app.test_client().get("/marches/victory").text
    assert standings(sign_up(session, march, *newcomers, minute=60)) == "pp"


def test_no_more_places_are_shown_than_the_march_has(app: Flask, session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 3)
    limit(session, march, Category.OFFICIAL, 2)
    session.refresh(march)
    assert (march.left_for(Category.WALKER), march.left_for(Category.OFFICIAL)) == (3, 2)
    for address in ("/marches/victory", "/marches/victory/sign-up"):
        page = " ".join(re.sub("<[^>]+>", " ", app.test_client().get(address).text).split())
        assert "3 of 100 places left" in page
        assert "100 of 100" not in page


def test_who_has_a_place_overtakes_nobody_in_a_line_that_is_served(
    session: Session, march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_AT_ONCE", 4)
    first, second, _third = march.stages
    on_first = frozenset({first.id})
    limit(session, march, second, 0)
    holder = sign_up(session, march, person(march, stage_ids=on_first)).participants[0]
    waiting = [sign_up(session, march, person(march), minute=minute) for minute in range(10)]
    limit(session, march, second, 10)
    services.hand_on_places(session, march, now=NOW)
    session.commit()
    both = person(march, family_name=holder.family_name, stage_ids=frozenset({first.id, second.id}))
    with pytest.raises(LineGoesFirst):
        services.change_person(session, holder, both, now=NOW)
    session.rollback()
    assert holder.standing == Standing.PLACED
    assert holder.stage_ids == on_first
    serve_lines()
    assert line_of(session, waiting) == "p" * 10
    limit(session, march, second, 11)
    services.change_person(session, holder, both, now=NOW)
    session.commit()
    assert holder.stage_ids == both.stage_ids
    assert_counts_are_true(session, march)


def test_while_a_line_is_served_stages_are_given_back_and_merged_without_overtaking(
    session: Session, march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_AT_ONCE", 4)
    first, second, _third = march.stages
    limit(session, march, second, 1)
    whole = person(march, stage_ids=frozenset({first.id, second.id}))
    holder = sign_up(session, march, whole).participants[0]
    one = sign_up(session, march, person(march, stage_ids=frozenset({first.id}))).participants[0]
    waiting = [sign_up(session, march, person(march), minute=minute) for minute in range(10)]
    twin = waiting[-1].participants[0]
    limit(session, march, second, 9)
    services.hand_on_places(session, march, now=NOW)
    session.commit()
    with pytest.raises(LineGoesFirst):
        merge(session, one, twin, take_newer=(), now=NOW, by=make_account(session, "Clara"), reason="")
    session.rollback()
    less = replace(whole, stage_ids=frozenset({first.id}))
    services.change_person(session, holder, less, now=NOW)
    session.commit()
    serve_lines()
    assert line_of(session, waiting) == "p" * 9 + "w"
    assert_counts_are_true(session, march)


def test_a_crash_between_the_turns_loses_nobody_and_tells_nobody_twice(
    session: Session, march: March, long_line: list[Party], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_places(session, march, 10)
    with monkeypatch.context() as broken:
        broken.setattr(line, "hand_on_places", hand_on_and_crash)
        with pytest.raises(RuntimeError, match="lights out"):
            serve_lines()
    db.session.rollback()
    assert line_of(session, long_line) == "pppp" + "wwwwww"
    session.commit()
    serve_lines_left()
    assert line_of(session, long_line) == "p" * 10
    assert told(session) == 10
    assert_counts_are_true(session, march)


def hand_on_and_crash(session: Session, march: March, *, now: datetime) -> list[Participant]:
    assert len(services.hand_on_places(session, march, now=now)) == 4
    raise RuntimeError("lights out")


def test_two_workers_at_once_serve_a_line_once(
    app: Flask, session: Session, march: March, long_line: list[Party]
) -> None:
    open_places(session, march, 9)
    served = all_at_once(app, session, [serve_lines, serve_lines])
    assert sum(served) == 5
    assert line_of(session, long_line) == "ppppppppp" + "w"
    assert told(session) == 9


# At the same moment


def all_at_once(app: Flask, session: Session, acts: list[Callable[[], Any]]) -> list[Any]:
    """Do everything at the same moment, each in a thread and application context of its own."""
    session.commit()  # the test itself must not hold the database
    ready = Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        with app.app_context():
            ready.wait(timeout=30)
            return act()

    with ThreadPoolExecutor(len(acts)) as crowd:
        return list(crowd.map(do, acts))


def sends(app: Flask, march: March, **given: Any) -> Callable[[], str]:
    """Return the last step of a sign-up by a browser of its own, which says where it is led."""
    form = answers(march, Category.OFFICIAL, **given) | {"step": "send"}
    address = f"/marches/{march.slug}/sign-up/official"

    def send() -> str:
        return app.test_client().post(address, data=form).headers.get("Location", "")

    return send


def crowd_of(app: Flask, march: March) -> list[Callable[[], str]]:
    return [sends(app, march, given_name="K" * number) for number in range(1, CROWD + 1)]


def in_session(act: Callable[[Session], Any]) -> Callable[[], None]:
    """Return an act that commits its work."""

    def do() -> None:
        act(db.session)
        db.session.commit()

    return do


def cancels(person: Participant) -> Callable[[], None]:
    id_ = person.id
    return in_session(lambda session: services.cancel(session, session.get_one(Participant, id_), now=NOW))


def how_many(session: Session, standing: Standing) -> int:
    session.expire_all()
    query = select(func.count()).select_from(Participant).where(Participant.standing == standing)
    return session.scalar(query) or 0


@contextmanager
def no_check_constraint(app: Flask) -> Iterator[None]:
    """Take away the database's own guard of the places."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":

        def ignore_checks(connection: Any, _record: Any, _proxy: Any) -> None:
            connection.execute("PRAGMA ignore_check_constraints=ON")

        engine.dispose()
        event.listen(engine, "checkout", ignore_checks)
        yield
        event.remove(engine, "checkout", ignore_checks)
        engine.dispose()
        return
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE quota DROP CONSTRAINT ck_quota_not_overbooked"))
    yield
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM quota WHERE taken > capacity"))
        connection.execute(
            text(
                "ALTER TABLE quota ADD CONSTRAINT ck_quota_not_overbooked "
                "CHECK (taken >= 0 AND (capacity IS NULL OR taken <= capacity))"
            )
        )


@contextmanager
def only_these_guards(app: Flask, monkeypatch: pytest.MonkeyPatch, *guards: str) -> Iterator[None]:
    """Take all guards against overbooking away but those named: count, condition, check."""
    with ExitStack() as stack:
        if "count" not in guards:
            monkeypatch.setattr(Room, "short_of", lambda _room, _people, **_to_spare: [])
        if "condition" not in guards:
            monkeypatch.setattr(room, "is_enough", lambda _capacity, _taken: true())
        if "check" not in guards:
            stack.enter_context(no_check_constraint(app))
        app.config["PROPAGATE_EXCEPTIONS"] = False
        stack.callback(lambda: app.config.update(PROPAGATE_EXCEPTIONS=None))
        yield


HOLDING = pytest.mark.parametrize("plenty", [room.PLENTY, -CROWD], ids=["held first", "held last"])


@HOLDING
def test_sixty_who_want_the_last_seven_places_get_seven(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch, plenty: int
) -> None:
    """Those who think that there are plenty are refused at the end, and stand in line like the others."""
    monkeypatch.setattr(room, "PLENTY", plenty)
    limit(session, march, Category.OFFICIAL, LAST_PLACES)

    led_to = all_at_once(app, session, crowd_of(app, march))

    assert all("/registrations/" in place for place in led_to)
    assert len(set(led_to)) == CROWD
    assert how_many(session, Standing.PLACED) == LAST_PLACES
    assert how_many(session, Standing.WAITING) == CROWD - LAST_PLACES
    told = Counter(session.scalars(select(Message.kind)))
    assert told == {"received": LAST_PLACES, "waiting": CROWD - LAST_PLACES}
    assert_counts_are_true(session, march)


def test_where_there_are_plenty_the_crowd_is_counted_as_well(
    app: Flask, session: Session, march: March
) -> None:
    limit(session, march, Category.OFFICIAL, CROWD + 2 * room.PLENTY)
    led_to = all_at_once(app, session, crowd_of(app, march))
    assert len(set(led_to)) == how_many(session, Standing.PLACED) == CROWD
    assert_counts_are_true(session, march)


@pytest.mark.parametrize(
    "meanwhile",
    [{Quota.line_is_served: True}, {Quota.capacity: Quota.taken}],
    ids=["the line comes to be served", "others take the places"],
)
def test_who_was_promised_a_place_that_is_gone_stands_in_line(
    session: Session, march: March, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[Any, Any]
) -> None:
    limit(session, march, QuotaKind.MARCH, 1000)
    sign_up(session, march, person(march))
    hold = places.hold

    def hold_later(session: Session, march: March) -> Room:
        of_march = (Quota.march_id == march.id, Quota.kind == QuotaKind.MARCH)
        session.execute(update(Quota).where(*of_march).values(meanwhile))
        return hold(session, march)

    monkeypatch.setattr(places, "hold", hold_later)
    party = sign_up(session, march, person(march))
    assert standings(party) == "w"
    assert session.scalars(select(Message.kind).where(Message.party_id == party.id)).all() == ["waiting"]
    assert_counts_are_true(session, march)


@pytest.mark.postgresql
def test_who_holds_last_gets_through_where_somebody_who_holds_first_waits_for_them(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the other: one for the places, one for the same person. PostgreSQL ends one of them."""
    party = sign_up(session, march, person(march))
    one, march_id, party_id = person(march), march.id, party.id
    is_held, is_stored = Event(), Event()
    write = places.write_newcomers

    def write_and_tell(*given: Any) -> None:
        is_stored.set()
        write(*given)

    monkeypatch.setattr(places, "write_newcomers", write_and_tell)

    def holds_first(session: Session) -> None:
        places.hold(session, session.get_one(March, march_id))
        is_held.set()
        is_stored.wait(timeout=30)
        services.add_people(session, session.get_one(Party, party_id), [one], now=NOW)

    def holds_last(session: Session) -> None:
        is_held.wait(timeout=30)
        services.sign_up(
            session, march=session.get_one(March, march_id), party=party_of(one), form_key=uuid4(), now=NOW
        )

    def outcome(act: Callable[[Session], None]) -> Callable[[], str]:
        def do() -> str:
            try:
                in_session(act)()
            except (services.AlreadySignedUp, OperationalError) as why:
                db.session.rollback()
                return type(why).__name__
            return "stored"

        return do

    told = all_at_once(app, session, [outcome(holds_first), outcome(holds_last)])
    assert told in (["stored", "AlreadySignedUp"], ["OperationalError", "stored"])
    assert how_many(session, Standing.PLACED) == 2
    assert_counts_are_true(session, march)


@pytest.mark.postgresql
@pytest.mark.parametrize(("capacity", "comes_first"), [(1000, "INSERT INTO party"), (20, "FOR UPDATE")])
def test_nobody_waits_for_who_is_being_stored_unless_places_are_scarce(
    app: Flask, session: Session, march: March, capacity: int, comes_first: str
) -> None:
    limit(session, march, QuotaKind.MARCH, capacity)
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        told.extend(words for words in ("INSERT INTO party", "FOR UPDATE") if words in statement)

    event.listen(db.engine, "before_cursor_execute", note)
    sign_up(session, march, person(march))
    event.remove(db.engine, "before_cursor_execute", note)
    assert told[0] == comes_first
    assert sorted(told) == ["FOR UPDATE", "INSERT INTO party"]


def test_without_the_guards_the_same_crowd_overbooks(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(session, march, Category.OFFICIAL, LAST_PLACES)
    with only_these_guards(app, monkeypatch):
        all_at_once(app, session, crowd_of(app, march))
        assert how_many(session, Standing.PLACED) == CROWD
        session.commit()


@pytest.mark.postgresql
def test_counting_without_holding_the_places_overbooks(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race itself, which SQLite never has: there one transaction writes at a time."""
    limit(session, march, Category.OFFICIAL, LAST_PLACES)
    monkeypatch.setattr(places, "_HELD_QUOTAS", places._QUOTAS)
    with only_these_guards(app, monkeypatch, "count"):
        all_at_once(app, session, crowd_of(app, march))
        assert how_many(session, Standing.PLACED) > LAST_PLACES
        session.commit()


@pytest.mark.parametrize("guard", ["count", "condition", "check"])
def test_each_guard_alone_keeps_the_crowd_from_overbooking(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch, guard: str
) -> None:
    limit(session, march, Category.OFFICIAL, LAST_PLACES)
    with only_these_guards(app, monkeypatch, guard):
        led_to = all_at_once(app, session, crowd_of(app, march))
        assert how_many(session, Standing.PLACED) == LAST_PLACES
        session.commit()
    assert sum(bool(place) for place in led_to) == (CROWD if guard == "count" else LAST_PLACES)


@HOLDING
@pytest.mark.parametrize("capacity", [5, 1])
def test_one_form_sent_many_times_at_once_is_one_registration(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch, plenty: int, capacity: int
) -> None:
    monkeypatch.setattr(room, "PLENTY", plenty)
    limit(session, march, Category.OFFICIAL, capacity)
    led_to = Counter(all_at_once(app, session, [sends(app, march)] * 10))
    assert len(led_to) == 1
    assert "/registrations/" in next(iter(led_to))
    assert how_many(session, Standing.PLACED) == len(session.scalars(select(Message.id)).all()) == 1
    assert_counts_are_true(session, march)


def test_one_person_in_many_forms_at_once_is_registered_once(
    app: Flask, session: Session, march: March
) -> None:
    led_to = all_at_once(app, session, [sends(app, march) for _ in range(10)])
    assert sum(bool(place) for place in led_to) == 1
    assert how_many(session, Standing.PLACED) == 1
    assert_counts_are_true(session, march)


def test_two_who_cancel_at_once_promote_two(app: Flask, session: Session, march: March) -> None:
    limit(session, march, QuotaKind.MARCH, 6)
    there = sign_up(session, march, *(person(march) for _ in range(6)))
    in_line = [sign_up(session, march, person(march), minute=minute) for minute in range(8)]
    all_at_once(app, session, [cancels(one) for one in there.participants])
    session.expire_all()
    assert "".join(standings(party) for party in in_line) == "ppppppww"
    told = session.scalars(select(Message.party_id).where(Message.kind == "promoted")).all()
    assert sorted(told) == [party.id for party in in_line[:6]]
    assert_counts_are_true(session, march)


def test_one_who_cancels_twice_at_once_gives_back_one_place(
    app: Flask, session: Session, march: March
) -> None:
    limit(session, march, QuotaKind.MARCH, 2)
    there = sign_up(session, march, person(march), person(march))
    in_line = [sign_up(session, march, person(march), minute=minute) for minute in range(2)]
    all_at_once(app, session, [cancels(there.participants[0])] * 8)
    session.expire_all()
    assert "".join(standings(party) for party in in_line) == "pw"
    assert len(session.scalars(select(Message).where(Message.kind == "cancelled")).all()) == 1
    assert_counts_are_true(session, march)


def test_who_leaves_the_line_while_being_promoted_leaves_no_place_behind(
    app: Flask, session: Session, march: March
) -> None:
    limit(session, march, QuotaKind.MARCH, 4)
    there = sign_up(session, march, *(person(march) for _ in range(4)))
    in_line = [sign_up(session, march, person(march), minute=minute) for minute in range(4)]
    leaving = [*there.participants, *(party.participants[0] for party in in_line)]
    all_at_once(app, session, [cancels(one) for one in leaving])
    assert how_many(session, Standing.CANCELLED) == 8
    assert_counts_are_true(session, march)


def test_children_who_sign_up_at_once_get_what_the_adults_unlock(
    app: Flask, session: Session, march: March
) -> None:
    march.children_per_adult = 3
    sign_up(session, march, person(march))
    children = [person(march, birth_date=CHILD) for _ in range(8)]
    adults = [person(march) for _ in range(2)]
    id_ = march.id

    def signs_up(one: Person) -> Callable[[], None]:
        return in_session(
            lambda session: services.sign_up(
                session, march=session.get_one(March, id_), party=party_of(one), form_key=uuid4(), now=NOW
            )
        )

    all_at_once(app, session, [signs_up(one) for one in children[:6]])
    assert how_many(session, Standing.PLACED) == 1 + 3
    all_at_once(app, session, [signs_up(one) for one in [*children[6:], *adults]])
    assert how_many(session, Standing.PLACED) == 3 + 8
    assert_counts_are_true(session, march)


def test_mixed_parties_and_cancellations_at_once_never_wait_for_each_other(
    app: Flask, session: Session, march: March
) -> None:
    """Each takes other rows in another order; on PostgreSQL a deadlock would be an error here."""
    limit(session, march, QuotaKind.MARCH, 30)
    march.children_per_adult = 2
    there = sign_up(session, march, *(person(march) for _ in range(10)))
    id_ = march.id
    stage_ids = [stage.id for stage in march.stages]

    def mixed(number: int) -> Callable[[], None]:
        people = [
            person(
                march,
                category=category,
                birth_date=CHILD if (number + place) % 4 == 0 else ADULT,
                stage_ids=frozenset(stage_ids[(number + place) % 3 :]),
            )
            for place, category in enumerate(list(Category)[:: (-1) ** number])
        ]
        answers_ = party_of(*people, when_full=list(WhenFull)[number % 2])
        return in_session(
            lambda session: services.sign_up(
                session, march=session.get_one(March, id_), party=answers_, form_key=uuid4(), now=NOW
            )
        )

    acts = [mixed(number) for number in range(12)] + [cancels(one) for one in there.participants]
    all_at_once(app, session, acts)
    assert how_many(session, Standing.CANCELLED) == 10
    assert how_many(session, Standing.PLACED) + how_many(session, Standing.WAITING) == 12 * 4
    assert how_many(session, Standing.PLACED) >= 24
    assert_counts_are_true(session, march)
