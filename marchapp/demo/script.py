"""What is told of the demo march: its texts, timetable, guides, and how each group fared."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from marchapp.demo.simulator import Detour, Pause, Story, WrongTurn
from marchapp.models.category import Category

LocalText = dict[str, str]

SEED = 17092014
SLUG = "seiersmarsjen-2014"
TIME_ZONE = "Europe/Oslo"
NAME: LocalText = {"en": "Victory March 2014", "nb": "Seiersmarsjen 2014", "ru": "Марш Победы 2014"}
SUMMARY: LocalText = {
    "en": "Three days on foot from Pechenga over the border to Tårnet on the Jarfjord: schoolchildren, "
    "officials and border guards of both countries walked some 50 km together.",
    "nb": "Tre dager til fots fra Petsjenga over grensen til Tårnet ved Jarfjorden: Skoleelever, "
    "kommuneansatte og grensevakter fra begge land gikk rundt 50 km sammen.",
    "ru": "Три дня пешком из Печенги через границу до Торнета у Ярфьорда: школьники, сотрудники "
    "муниципалитетов и пограничники двух стран прошли вместе около 50 км.",
}
PREPARED_AT = datetime(2014, 4, 14, 8, 0, tzinfo=UTC)
GROUPED_AT = datetime(2014, 9, 8, 11, 30, tzinfo=UTC)
SIGNUP_OPENS_AT = datetime(2014, 5, 5, 6, 0, tzinfo=UTC)
SIGNUP_CLOSES_AT = datetime(2099, 12, 31, 12, 0, tzinfo=UTC)  # open, so that visitors can try it
CAPACITY = {
    Category.SCHOOLCHILD: 70,
    Category.OFFICIAL: 30,
    Category.BORDER_GUARD: 30,
    Category.WALKER: 20,
}

PECHENGA: LocalText = {"en": "Pechenga", "nb": "Petsjenga", "ru": "Печенга"}
LAKE_CAMP: LocalText = {"en": "Lake camp", "nb": "Vannleiren", "ru": "Озёрный лагерь"}
FELL_CAMP: LocalText = {"en": "Fell camp", "nb": "Fjelleiren", "ru": "Горный лагерь"}
TARNET: LocalText = {"en": "Tårnet", "nb": "Tårnet", "ru": "Торнет"}


@dataclass(frozen=True)
class Guide:
    """Somebody who guides a group, and what they bring to it."""

    email: str
    name: str
    language: str
    spoken: tuple[str, ...]
    phone: str
    knows_first_aid: bool = False


@dataclass(frozen=True)
class Day:
    """One stage, and the stories that groups sent recordings of, by number of the group."""

    number: int
    day: date
    start: LocalText
    finish: LocalText
    starts_at: datetime
    finishes_at: datetime
    uploads: tuple[tuple[int, Story], ...]
    crossing_point: LocalText = field(default_factory=dict)
    crossing_legal_basis: LocalText = field(default_factory=dict)

    @property
    def name(self) -> LocalText:
        return {language: f"{self.start[language]} – {self.finish[language]}" for language in self.start}


# One walk in two recordings: the battery of the first recorder ended on the way.
TURNED_WRONG = Story(
    wrong_turns=(WrongTurn(11.4, 750),), pauses=(Pause(5.51, 15), Pause(8.14, 30)), pace=0.95
)

DAYS = (
    Day(
        1,
        date(2014, 9, 17),
        PECHENGA,
        LAKE_CAMP,
        starts_at=datetime(2014, 9, 17, 7, 0, tzinfo=UTC),
        finishes_at=datetime(2014, 9, 17, 12, 15, tzinfo=UTC),
        uploads=(
            (3, replace(TURNED_WRONG, ends_at_km=6.2)),
            (1, Story(pauses=(Pause(5.51, 20), Pause(8.14, 35)), interval_s=1, waits_for_fix=True)),
            (
                2,
                Story(
                    detours=(Detour(2.9, 3.9, 260),),
                    wrong_turns=(WrongTurn(13.6, 420),),
                    pauses=(Pause(8.14, 40),),
                    late_min=10,
                    pace=0.92,
                ),
            ),
            (3, replace(TURNED_WRONG, starts_at_km=6.4)),
            (4, Story(silent_km=(10.2, 12.6), pauses=(Pause(8.14, 45),), noise_m=6)),
            (5, Story(pauses=(Pause(5.51, 25),), ends_at_km=11.3, pace=0.9)),
            (6, Story(pauses=(Pause(8.14, 30, stops_recorder=True),), late_min=35, pace=1.08)),
        ),
    ),
    Day(
        2,
        date(2014, 9, 18),
        LAKE_CAMP,
        FELL_CAMP,
        starts_at=datetime(2014, 9, 18, 6, 30, tzinfo=UTC),
        finishes_at=datetime(2014, 9, 18, 12, 20, tzinfo=UTC),
        crossing_point={
            "en": "near 69.605° N 30.930° E (illustrative: the crossing point of 2014 is not known)",
            "nb": "nær 69,605° N 30,930° Ø (illustrasjon: passeringsstedet i 2014 er ikke kjent)",
            "ru": "около 69,605° с. ш. 30,930° в. д. (условно: место перехода 2014 года неизвестно)",
        },
        crossing_legal_basis={
            "en": "Not known for 2014. A crossing in the terrain needs a legal basis of its own.",
            "nb": "Ikke kjent for 2014. En passering i terrenget trenger sin egen hjemmel.",
            "ru": "Для 2014 года неизвестно. Переход на местности требует отдельного правового основания.",
        },
        uploads=(
            (1, Story(pauses=(Pause(1.24, 25), Pause(9.14, 35)))),
            (2, Story(detours=(Detour(7.48, 11.65),), pauses=(Pause(1.24, 30), Pause(14.5, 20)))),
            (3, Story(pauses=(Pause(1.24, 40), Pause(9.14, 45)), pace=0.88, late_min=15)),
            (
                4,
                Story(
                    detours=(Detour(15.0, 16.8, -380),),
                    pauses=(Pause(1.24, 30), Pause(9.14, 40)),
                    pace=0.95,
                    interval_s=1,
                ),
            ),
            (5, Story(silent_km=(0.9, 1.7), pauses=(Pause(9.14, 40),))),
            (7, Story(pauses=(Pause(1.24, 20), Pause(9.14, 30)), ends_at_km=14.6)),
        ),
    ),
    Day(
        3,
        date(2014, 9, 19),
        FELL_CAMP,
        TARNET,
        starts_at=datetime(2014, 9, 19, 7, 0, tzinfo=UTC),
        finishes_at=datetime(2014, 9, 19, 12, 0, tzinfo=UTC),
        uploads=(
            (1, Story(pauses=(Pause(6.12, 25), Pause(14.0, 20)), pace=1.05)),
            (
                2,
                Story(
                    wrong_turns=(WrongTurn(7.5, 500),), pauses=(Pause(6.12, 20), Pause(8.83, 35)), pace=0.93
                ),
            ),
            (3, Story(detours=(Detour(3.2, 5.3, 300),), silent_km=(10.5, 11.8), pauses=(Pause(8.83, 30),))),
            (4, Story(pauses=(Pause(6.12, 30), Pause(14.0, 30)), late_min=25, noise_m=6)),
        ),
    ),
)

COORDINATOR = ("coordinator@example.org", "Marit Solberg", "en")
GUIDES = (
    Guide(
        "guide1@example.org",
        "Henrik Nymo",
        "en",
        ("no", "en", "ru"),
        "+46 40 628 04 81",
        knows_first_aid=True,
    ),
    Guide(
        "guide2@example.org", "Synnøve Dalen", "nb", ("no", "en"), "+46 40 628 04 82", knows_first_aid=True
    ),
    Guide("guide3@example.org", "Viktor Samsonov", "ru", ("ru", "en"), "+46 40 628 04 83"),
    Guide(
        "guide4@example.org",
        "Aino Kjelsberg",
        "nb",
        ("no", "fi", "se"),
        "+46 40 628 04 84",
        knows_first_aid=True,
    ),
    Guide("guide5@example.org", "Larisa Tumanova", "ru", ("ru", "no"), "+46 40 628 04 85"),
    Guide("guide6@example.org", "Torgeir Lia", "nb", ("no", "en"), "+46 40 628 04 86", knows_first_aid=True),
    Guide("guide7@example.org", "Gleb Rodionov", "ru", ("ru",), "+46 40 628 04 87"),
    Guide("guide8@example.org", "Oddny Fossum", "nb", ("no", "ru"), "+46 40 628 04 88", knows_first_aid=True),
)
MEETING_POINTS = ("the school yard", "the bus stop", "the stone church", "the boat house")
GROUPS_A_START, MINUTES_BETWEEN_STARTS = 2, 10
SMALLEST_GROUP, LARGEST_GROUP = 10, 16
