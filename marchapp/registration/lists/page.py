"""A list as it travels in its page: nothing of it is stored before it is sent."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from marchapp.choices import HOME_OF_LANGUAGE
from marchapp.forms import BaseForm
from marchapp.i18n import locale_code
from marchapp.models import March, Participant, Party, Standing, WhenFull
from marchapp.registration.forms.party import ContactForm
from marchapp.registration.forms.person import FORMS
from marchapp.registration.lists.columns import COLUMNS, ListKind, columns_of, words_of
from marchapp.registration.lists.reading import MEBIBYTE, MOST_BYTES
from marchapp.registration.lists.rows import WHOLE_ROW, Row, RowCheck, Shared, mark_doubles, mark_known
from marchapp.registration.lists.sheets import MOST_ROWS, MOST_SIGNS
from marchapp.registration.people import PartyAnswers, Person
from marchapp.registration.services import known_people

Sent = MultiDict[str, str]

MOST_UNPACKED = 4 * 1024 * 1024
A_CELL = "row-"  # begins the name of a cell that can be mended: row-7-birth_date
DAY_FIRST = {"day": True, "month": False}
NOT_YET = "–"  # lets rows be checked before it is said of which class they are
LONGEST_NAME = 160


class BrokenList(ValueError):
    """What came back is not what the page held."""


class ListPage:
    """The page as it stands: who sends the list, and its rows with all that is wrong with them."""

    def __init__(
        self,
        march: March,
        kind: ListKind,
        sent: Sent | None = None,
        *,
        party: Party | None = None,
        token: str = "",
    ) -> None:
        self.march, self.kind, self.party, self.token = march, kind, party, token
        self.sent = sent.copy() if sent is not None else Sent()
        self.key = _key_of(self.sent.get("form_key", ""))
        self.columns = columns_of(kind, march)
        self.rows: list[Row] = []
        self.opened = {
            int(text) for text in self.sent.getlist("opened") if text.isdecimal() and len(text) < 9
        }
        self.asks_about_days = "day_first" in self.sent
        self.in_party_already = 0
        self.contact = self._contact(sent) if party is None else None
        self.shared = _form_of_shared(kind, sent) if party is None else None

    def read_again(self) -> None:
        """Take the rows that the page held, with what was mended in them. Raises BrokenList."""
        self.rows = unpack(self.sent.get("rows", ""))
        by_number = {row.number: row for row in self.rows}
        for name, value in self.sent.items():
            if name.startswith(A_CELL):
                number, _sign, column = name.removeprefix(A_CELL).partition("-")
                row = by_number.get(int(number)) if number.isdecimal() and len(number) < 9 else None
                if row and column in COLUMNS:
                    row.cells[column] = value[:MOST_SIGNS]

    def check(self, session: Session) -> None:
        """Find all that is wrong with all rows at once; who sends the list is validated before."""
        check = RowCheck(self.march, self.kind, self._shared_answers())
        for row in self.sent_rows:
            check.check(row)
        mark_doubles(self.sent_rows)
        self._set_aside_those_in_party()
        if people := self.people:
            mark_known(self.sent_rows, known_people(session, self.march, people))
        self.asks_about_days |= check.asks_about_days

    def validate_contact(self) -> bool:
        """Tell whether it is known who sends the list."""
        return not [form for form in (self.contact, self.shared) if form and not form.validate()]

    @property
    def sent_rows(self) -> list[Row]:
        return [row for row in self.rows if not row.is_left_out]

    @property
    def good(self) -> list[Row]:
        return [row for row in self.sent_rows if row.person]

    @property
    def bad(self) -> list[Row]:
        return [row for row in self.sent_rows if not row.person]

    @property
    def open_rows(self) -> list[Row]:
        """The rows that are shown as fields."""
        return [row for row in self.sent_rows if not row.person or row.number in self.opened]

    @property
    def closed_rows(self) -> list[Row]:
        return [row for row in self.good if row.number not in self.opened]

    @property
    def left_out(self) -> list[Row]:
        return [row for row in self.rows if row.is_left_out]

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(row.person for row in self.sent_rows if row.person)

    @property
    def packed(self) -> str:
        return pack(self.rows)

    @property
    def name(self) -> str:
        """What the party is called: the class and its school, the unit and its service, the body."""
        if self.party:
            return self.party.name
        texts = [(self.sent.get(name) or "").strip() for name in reversed(self.kind.shared)]
        return ", ".join(text for text in texts if text)[:LONGEST_NAME]

    @property
    def answers(self) -> PartyAnswers:
        """The party with its good rows, once it is known who sends it."""
        return PartyAnswers(
            kind=self.kind.party,
            when_full=self.when_full or WhenFull.ALL,
            people=self.people,
            **(self.contact.values if self.contact else {}),
        )

    @property
    def when_full(self) -> WhenFull | None:
        wish = self.sent.get("when_full", "")
        return WhenFull(wish) if wish in set(WhenFull) else None

    @property
    def limit_mib(self) -> int:
        return MOST_BYTES // MEBIBYTE

    def label(self, column: str) -> str:
        return words_of(column) if column in COLUMNS else column

    def cells_to_mend(self, row: Row) -> list[str]:
        """Return the columns of a row that are shown as fields: the wrong ones, or all once it was opened."""
        columns = [*self.columns, *(name for name in self.kind.shared if row.cells.get(name))]
        wrong = [name for name in row.errors if name != WHOLE_ROW]
        if row.number in self.opened:
            return [*columns, *(name for name in wrong if name not in columns)]
        return sorted(wrong, key=lambda name: columns.index(name) if name in columns else len(columns))

    def _contact(self, sent: Sent | None) -> ContactForm:
        if sent is not None:
            self.sent["name"] = self.name
        country = HOME_OF_LANGUAGE.get(locale_code(), "")
        return ContactForm(self.kind.party, None if sent is None else self.sent, country=country)

    def _shared_answers(self) -> Shared:
        day_first = DAY_FIRST.get(self.sent.get("day_first", ""))
        if self.party:
            first = self.party.participants[0] if self.party.participants else None
            answers = {name: getattr(first, name) for name in self.kind.shared} if first else {}
            return Shared(answers=answers, language=self.party.language, day_first=day_first)
        answers = {
            field.name: NOT_YET if field.errors else field.data or NOT_YET for field in self.shared or ()
        }
        language = self.sent.get("contact_language", locale_code())
        return Shared(answers=answers, language=language, day_first=day_first)

    def _set_aside_those_in_party(self) -> None:
        """Take out the rows of people who are in the party: the whole list may be sent once more."""
        in_party = keys_of(self.party.participants) if self.party else set()
        theirs = [row for row in self.rows if row.person and row.person.key in in_party]
        self.rows = [row for row in self.rows if row not in theirs]
        self.in_party_already = len(theirs)


def keys_of(participants: Iterable[Participant]) -> set[tuple[str, date]]:
    """Return the names and birth dates of those who have not left."""
    return {(one.name_key, one.birth_date) for one in participants if one.standing != Standing.CANCELLED}


def pack(rows: Iterable[Row]) -> str:
    """Return rows as one short text for the page.

    >>> unpack(pack([Row(7, {"given_name": "Кари"})]))[0].cells
    {'given_name': 'Кари'}
    """
    kept = [[row.number, row.is_left_out, row.cells] for row in rows]
    return urlsafe_b64encode(zlib.compress(json.dumps(kept, ensure_ascii=False).encode())).decode()


def unpack(text: str) -> list[Row]:
    """Return the rows of a text that `pack` made. Raises BrokenList."""
    try:
        unpacking = zlib.decompressobj()
        kept = json.loads(unpacking.decompress(urlsafe_b64decode(text), MOST_UNPACKED))
        json.dumps(kept, ensure_ascii=False).encode()  # no page can show half a pair of UTF-16
        rows = [
            Row(
                int(number),
                {str(name): str(cell) for name, cell in cells.items()},
                is_left_out=bool(is_left_out),
            )
            for number, is_left_out, cells in kept[: MOST_ROWS + 1]
        ]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, zlib.error) as error:
        raise BrokenList from error
    if len(rows) > MOST_ROWS:
        raise BrokenList
    return rows


def _form_of_shared(kind: ListKind, sent: Sent | None) -> BaseForm:
    """Return the fields of the sign-up form that are asked once for the whole list."""
    fields = {name: getattr(FORMS[kind.category], name) for name in kind.shared}
    return type("SharedForm", (BaseForm,), fields)(sent, meta={"csrf": False})


def _key_of(text: str) -> UUID:
    """Return what names this page since it was opened, so that sending it twice is recognised."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
