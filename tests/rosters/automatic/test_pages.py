"""The pages of automatic assignment: who may open them, what they say, what they do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import AssignmentRun, Group, Membership, Participant, RunState
from marchapp.rosters.assigning.values import Broken, Rule
from marchapp.rosters.automatic import preview, worker
from tests.factories import Cast, make_group, make_participant, make_stage
from tests.queries import queries_of
from tests.rosters.automatic.conftest import Solver

Finish = Callable[..., AssignmentRun]
PAGE = "/marches/victory/stages/1/groups/automatic"
CHOICES = {"keep": "present", "nationality": "mixed", "children_per_adult": "6", "time_limit_s": "20"}
ACTS = ("stop", "discard", "apply", "take-back")


def address(run: AssignmentRun) -> str:
    return f"{PAGE}/{run.id}"


def where(session: Session, person: Participant) -> int | None:
    session.rollback()
    return session.scalar(select(Membership.group_id).where(Membership.participant_id == person.id))


@pytest.fixture
def coordinator(cast: Cast, sign_in) -> FlaskClient:
    return sign_in(cast.coordinator)


@pytest.fixture
def newcomer(session: Session, cast: Cast) -> Participant:
    return make_participant(session, cast.march, cast.stage, given_name="Nora", family_name="Ny")


@pytest.fixture
def run(solver: Solver, finished: Finish, cast: Cast, newcomer: Participant) -> AssignmentRun:
    """A finished run that puts the newcomer into the other group."""
    solver.puts(newcomer, into=cast.other_group)
    return finished()


@pytest.mark.parametrize("who", ["guide", "other_coordinator"])
def test_only_coordinators_of_the_march_open_or_do_anything(
    session: Session, cast: Cast, run: AssignmentRun, newcomer: Participant, sign_in, who: str
) -> None:
    coordinator = sign_in(getattr(cast, who))
    for reading in (PAGE, address(run), f"{address(run)}.json"):
        assert coordinator.get(reading).status_code == 403, reading
    for doing in (PAGE, f"{PAGE}/repair", *(f"{address(run)}/{act}" for act in ACTS)):
        assert coordinator.post(doing, data=CHOICES).status_code == 403, doing
    assert where(session, newcomer) is None
    assert run.state == RunState.READY


def test_who_has_not_signed_in_is_asked_to(cast: Cast, app, run: AssignmentRun) -> None:
    assert app.test_client().get(address(run)).status_code == 302


def test_a_run_of_another_stage_is_not_found_here(
    session: Session, cast: Cast, coordinator: FlaskClient, run: AssignmentRun
) -> None:
    make_stage(session, cast.march, number=2)
    session.commit()
    elsewhere = f"/marches/victory/stages/2/groups/automatic/{run.id}"
    assert coordinator.get(elsewhere).status_code == 404
    assert coordinator.post(f"{elsewhere}/apply").status_code == 404


def test_the_board_leads_to_the_form(cast: Cast, coordinator: FlaskClient) -> None:
    page = coordinator.get("/marches/victory/stages/1/groups").text
    assert f'href="{PAGE}"' in page
    assert f'action="{PAGE}/repair"' in page


def test_the_form_says_what_there_is_and_what_is_amiss(
    session: Session, cast: Cast, coordinator: FlaskClient
) -> None:
    make_group(session, cast.stage, number=3, max_size=5)
    cast.group.is_locked = True
    session.commit()
    page = " ".join(coordinator.get(PAGE).text.split())
    assert "1 person walks this stage, 0 of them in no group." in page
    assert "2 groups are open to them, with room for 17 people." in page
    assert "1 locked group is left as it is." in page
    assert "1 group has no guide yet." in page


def test_too_few_places_are_said_before_anything_is_computed(
    session: Session, cast: Cast, coordinator: FlaskClient, newcomer: Participant
) -> None:
    session.delete(cast.other_group)
    cast.group.max_size = 1
    session.commit()
    assert "The groups have 1 place too few." in coordinator.get(PAGE).text


def test_the_form_asks_and_the_worker_is_told(
    session: Session, coordinator: FlaskClient, sent: list[Callable[..., object]]
) -> None:
    answer = coordinator.post(PAGE, data=CHOICES)
    session.rollback()
    run = session.scalars(select(AssignmentRun)).one()
    assert answer.location == address(run)
    assert run.options == CHOICES | {"children_per_adult": 6, "time_limit_s": 20}
    assert sent == [worker.start_computing]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("children_per_adult", "many", "Write a whole number from 1 to 100."),
        ("children_per_adult", "0", "Write a whole number from 1 to 100."),
        ("keep", "previous", "Not a valid choice"),
        ("nationality", "pure", "Not a valid choice"),
        ("time_limit_s", "86400", "Not a valid choice"),
    ],
)
def test_a_wrong_answer_is_refused_and_nothing_is_lost(
    session: Session, coordinator: FlaskClient, field: str, value: str, words: str
) -> None:
    page = coordinator.post(PAGE, data=CHOICES | {field: value}).text
    assert words in page
    kept = page.count("checked")
    assert kept == 3 - (field in ("keep", "nationality", "time_limit_s"))
    assert session.scalar(select(AssignmentRun.id)) is None


def test_repair_asks_at_once_to_move_as_few_as_possible(
    session: Session, coordinator: FlaskClient, sent: list[Callable[..., object]]
) -> None:
    coordinator.post(f"{PAGE}/repair")
    session.rollback()
    options = session.scalars(select(AssignmentRun)).one().options
    assert (options["keep"], options["time_limit_s"]) == ("present", 10)
    assert sent == [worker.start_computing]


def test_who_asks_while_another_roster_is_computed_comes_to_that(
    coordinator: FlaskClient, ask: Finish
) -> None:
    run = ask()
    page = coordinator.post(PAGE, data=CHOICES, follow_redirects=True)
    assert page.request.path == address(run)
    assert "is being computed already" in page.text


def test_without_groups_the_form_says_what_is_needed(
    session: Session, cast: Cast, coordinator: FlaskClient
) -> None:
    cast.group.is_locked = cast.other_group.is_locked = True
    session.commit()
    assert "Nothing to assign yet" in coordinator.get(PAGE).text
    assert "There is nothing to assign" in coordinator.post(PAGE, data=CHOICES, follow_redirects=True).text


def test_the_progress_page_says_how_far_it_is(
    session: Session, coordinator: FlaskClient, ask: Finish
) -> None:
    run = ask(time_limit_s=20)
    assert "Waiting its turn" in coordinator.get(address(run)).text
    run.claimed_at = run.heard_at = datetime.now(UTC)
    run.seconds, run.cost, run.bound, run.phase, run.people, run.groups = (
        7.4,
        1284.0,
        251.0,
        "improving",
        100,
        8,
    )
    session.commit()
    page = coordinator.get(address(run)).text
    for words in ("Making it better", "7 of at most 20 seconds", "1,284", "251", "100 in 8"):
        assert words in page
    assert '<progress value="7" max="20"' in page
    assert "Stop with the best found" in page
    told = coordinator.get(f"{address(run)}.json").json
    assert told == {
        "doing": "Making it better",
        "seconds": 7,
        "limit_s": 20,
        "time": "7 of at most 20 seconds",
        "cost": "1,284",
        "bound": "251",
        "is_silent": False,
        "state": "computing",
        "under_way": True,
    }


def test_a_roster_that_still_breaks_rules_is_not_told_in_millions(
    session: Session, coordinator: FlaskClient, ask: Finish
) -> None:
    run = ask()
    run.claimed_at = run.heard_at = datetime.now(UTC)
    run.cost = 3_000_042.0
    session.commit()
    assert "42, with some rules still broken" in coordinator.get(address(run)).text


def test_a_silent_computation_is_said_to_be_silent(
    session: Session, coordinator: FlaskClient, ask: Finish
) -> None:
    run = ask()
    run.claimed_at = run.heard_at = datetime.now(UTC) - timedelta(minutes=1)
    session.commit()
    assert coordinator.get(f"{address(run)}.json").json["is_silent"]


def test_stop_ends_with_the_best_found(session: Session, coordinator: FlaskClient, ask: Finish) -> None:
    run = ask()
    run.claimed_at = run.heard_at = datetime.now(UTC)
    session.commit()
    page = coordinator.post(f"{address(run)}/stop", follow_redirects=True).text
    assert "Stopping with the best found" in page
    assert f"{address(run)}/stop" not in page


def test_the_preview_shows_who_moves_and_changes_nothing(
    session: Session, cast: Cast, coordinator: FlaskClient, run: AssignmentRun, newcomer: Participant
) -> None:
    page = " ".join(coordinator.get(address(run)).text.split())
    assert "1 person would be moved. Nothing is changed before you apply it." in page
    assert "Nora Ny" in page
    assert "was in no group" in page
    assert "1 before" in page
    assert "Groups of even size" in page
    assert where(session, newcomer) is None


def test_the_preview_says_who_was_not_even_considered(
    session: Session, cast: Cast, coordinator: FlaskClient, run: AssignmentRun
) -> None:
    words = "1 person is in no group and cannot be put into one: a consent or a paper is missing."
    assert words not in coordinator.get(address(run)).text
    make_participant(session, cast.march, cast.stage, may_take_part=False)
    session.commit()
    assert words in coordinator.get(address(run)).text
    assert words in coordinator.post(f"{address(run)}/apply", follow_redirects=True).text


def test_the_preview_says_in_words_what_is_missing(
    cast: Cast, coordinator: FlaskClient, solver: Solver, finished: Finish, newcomer: Participant
) -> None:
    solver.broken = (
        Broken(rule=Rule.UNPLACED, people=(str(newcomer.id),)),
        Broken(rule=Rule.FIRST_AID, group=str(cast.group.id)),
        Broken(rule=Rule.GUIDE, count=2),
    )
    page = coordinator.get(address(finished())).text
    assert "1 person finds no place in a group: Nora Ny." in page
    assert "Nobody in group 1 knows first aid." in page
    assert "The stage lacks 2 guides in all." in page


def test_apply_moves_and_take_back_restores(
    session: Session, cast: Cast, coordinator: FlaskClient, run: AssignmentRun, newcomer: Participant
) -> None:
    page = coordinator.post(f"{address(run)}/apply", follow_redirects=True).text
    assert "1 person was moved. Look over the groups now." in page
    assert "Take back" in page
    assert where(session, newcomer) == cast.other_group.id
    page = coordinator.post(f"{address(run)}/take-back", follow_redirects=True).text
    assert "1 person is back where they were." in page
    assert "applied and then taken back" in page
    assert where(session, newcomer) is None


def test_applying_twice_says_how_it_stands(coordinator: FlaskClient, run: AssignmentRun) -> None:
    coordinator.post(f"{address(run)}/apply")
    page = coordinator.post(f"{address(run)}/apply", follow_redirects=True).text
    assert "Somebody else was faster" in page


def test_a_conflict_is_shown_before_and_the_rest_can_be_applied(
    session: Session,
    cast: Cast,
    coordinator: FlaskClient,
    solver: Solver,
    finished: Finish,
    newcomer: Participant,
) -> None:
    solver.puts(newcomer, cast.walker, into=cast.other_group)
    run = finished()
    session.add(Membership(participant_id=newcomer.id, stage_id=cast.stage.id, group_id=cast.group.id))
    session.commit()
    page = " ".join(coordinator.get(address(run)).text.split())
    assert "1 person cannot be moved so any more: Nora Ny is in group 1 now." in page
    assert "Apply the rest" in page
    refused = coordinator.post(f"{address(run)}/apply", follow_redirects=True).text
    assert "Nobody was moved, because something changed meanwhile" in refused
    assert where(session, cast.walker) == cast.group.id
    coordinator.post(f"{address(run)}/apply", data={"rest": "1"})
    assert where(session, cast.walker) == cast.other_group.id
    assert where(session, newcomer) == cast.group.id


def test_a_full_group_refuses_with_words(
    session: Session, cast: Cast, coordinator: FlaskClient, run: AssignmentRun, newcomer: Participant
) -> None:
    make_participant(session, cast.march, cast.stage, group=cast.other_group)
    cast.other_group.max_size = 1
    session.commit()
    assert "Group 2 is full" in coordinator.post(f"{address(run)}/apply", follow_redirects=True).text
    assert where(session, newcomer) is None


def test_discard_moves_nobody(
    session: Session, coordinator: FlaskClient, run: AssignmentRun, newcomer: Participant
) -> None:
    page = coordinator.post(f"{address(run)}/discard", follow_redirects=True).text
    assert "was thrown away. Nobody was moved." in page
    assert "thrown away" in coordinator.get(address(run)).text
    assert where(session, newcomer) is None


def test_a_failed_run_says_what_to_do_next(session: Session, coordinator: FlaskClient, ask: Finish) -> None:
    run = ask()
    run.failed_at = run.closed_at = datetime.now(UTC)
    run.problem = "broke_off"
    session.commit()
    page = coordinator.get(address(run)).text
    assert "The computation broke off and nothing was changed. Try again" in page
    assert "Compute again" in page


def test_the_preview_is_paged_with_the_groups_that_change_first(
    session: Session,
    cast: Cast,
    coordinator: FlaskClient,
    solver: Solver,
    finished: Finish,
    newcomer: Participant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preview, "GROUPS_A_PAGE", 1)
    cast.guide.spoken_languages, cast.guide.knows_first_aid = ["nb"], True
    solver.puts(newcomer, into=cast.other_group)
    run = finished()
    first, second = (coordinator.get(f"{address(run)}?page={page}").text for page in (1, 2))
    assert "Nora Ny" in first
    assert "Nora Ny" not in second
    assert "Page 2 of 2" in second
    assert coordinator.get(f"{address(run)}?page=99").status_code == 200


def test_pages_take_the_same_number_of_queries_however_many_people_and_groups_there_are(
    session: Session,
    cast: Cast,
    coordinator: FlaskClient,
    solver: Solver,
    finished: Finish,
    newcomer: Participant,
) -> None:
    solver.puts(newcomer, into=cast.other_group)
    run = finished()
    few = [queries_of(coordinator, page) for page in (PAGE, address(run), f"{address(run)}.json")]
    many: list[Group] = [make_group(session, cast.stage, cast.guide, number=9 + n) for n in range(6)]
    for group in many:
        solver.puts(*(make_participant(session, cast.march, cast.stage) for _ in range(3)), into=group)
    solver.broken = tuple(Broken(rule=Rule.UNPLACED, people=(str(one),)) for one in list(solver.goes_to)[:9])
    run = finished()
    assert [queries_of(coordinator, page) for page in (PAGE, address(run), f"{address(run)}.json")] == few
    assert max(few) <= 16
