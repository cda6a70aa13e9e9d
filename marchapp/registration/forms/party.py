"""All that one page of signing up asks: whom to write to, and each of the people.

The page travels in what the browser sends: nothing is stored before the last step. Somebody's answers have
names that begin with `people-N-`, and `people` says which of them are there; a party of one has plain names.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import HiddenField
from wtforms.validators import DataRequired

from marchapp.forms import BaseForm, Text, email_address
from marchapp.i18n import locale_code
from marchapp.models import Category, March, PartyKind, WhenFull
from marchapp.registration.forms.blank import blank_questions
from marchapp.registration.forms.changes import SHARED
from marchapp.registration.forms.fields import OneOfList, Phone
from marchapp.registration.forms.person import FORMS, LANGUAGE_CHOICES, Email, PersonForm, Sent
from marchapp.registration.people import PartyAnswers, contact_of

MOST_PEOPLE = 30  # more are sent as a list
USUAL_CATEGORY = {
    PartyKind.FAMILY: Category.WALKER,
    PartyKind.SCHOOL_CLASS: Category.SCHOOLCHILD,
    PartyKind.UNIT: Category.BORDER_GUARD,
    PartyKind.DELEGATION: Category.OFFICIAL,
}
NOT_CARRIED = {"csrf_token", "step"}


class ContactForm(BaseForm):
    """What a party is called, and whom the letters about it go to."""

    name = Text(_l("Name of the party"), most=160, optional=True)
    contact_name = Text(_l("Your name"), most=160)
    contact_email = Email(_l("Your e-mail"), validators=[DataRequired(_l("Fill this in.")), email_address])
    contact_phone = Phone(_l("Your phone"))
    contact_language = OneOfList(_l("Language of the letters"), choices=LANGUAGE_CHOICES)
    country = HiddenField()  # short phone numbers are of this country; it is asked for elsewhere

    def __init__(
        self,
        kind: PartyKind,
        sent: Sent | None = None,
        *,
        country: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        data = {"contact_language": locale_code()} | (data or {})
        super().__init__(sent, data=data, meta={"csrf": False})
        self.country.data = country
        if kind == PartyKind.FAMILY:
            self.name.flags.optional = True
        else:
            self.name.validators = [DataRequired(_("Fill this in.")), *self.name.validators]

    @property
    def values(self) -> dict[str, str]:
        """The answers by their names in a party, once they are valid."""
        return {
            "name": self.name.data or "",
            "contact_name": self.contact_name.data or "",
            "contact_email": self.contact_email.data or "",
            "contact_phone": self.contact_phone.data or "",
            "language": self.contact_language.data,
        }


class SignUp:
    """The page as it stands: opened just now, or as it was sent."""

    def __init__(self, march: March, who: Category | PartyKind, sent: Sent | None = None) -> None:
        self.march, self.who = march, who
        self.kind = who if isinstance(who, PartyKind) else PartyKind.PERSON
        self.is_several = self.kind != PartyKind.PERSON
        self.sent = sent
        self.key = _key_of(sent.get("form_key", "") if sent else "")
        self.numbers = people_in(sent) if self.is_several else [0]

    @cached_property
    def people(self) -> list[PersonForm]:
        return [self._form_of(number) for number in self.numbers]

    @cached_property
    def contact(self) -> ContactForm | None:
        """The contact of several people; one person is asked for no other."""
        if not self.is_several:
            return None
        country = (self.people[0].country.data or "") if self.people else ""
        contact = ContactForm(self.kind, self.sent, country=country)
        if self.kind == PartyKind.FAMILY:
            for form in self.people:
                form.offer_guardian(**contact.values)
        return contact

    @property
    def blank(self) -> Markup | None:
        """The questions of a new form to one person."""
        is_new = self.sent is None and isinstance(self.who, Category)
        return blank_questions(self.march, Category(self.who)) if is_new else None

    @property
    def categories(self) -> list[Category]:
        """The categories that somebody of the party can walk as."""
        quotas = self.march.category_quotas
        return [quota.category for quota in quotas if quota.category and quota.capacity != 0]

    @property
    def can_grow(self) -> bool:
        return len(self.numbers) < MOST_PEOPLE

    @property
    def forms(self) -> list[BaseForm]:
        return [*([self.contact] if self.contact else []), *self.people]

    def validate(self) -> bool:
        """Tell whether the page can be reviewed; each form notes what is wrong with it."""
        are_valid = [form.validate() for form in self.forms]
        return bool(self.people) and all(are_valid) and self._are_different()

    @property
    def answers(self) -> PartyAnswers:
        """The party, once all is valid."""
        people = tuple(form.person for form in self.people)
        of_contact = self.contact.values if self.contact else contact_of(people[0])
        return PartyAnswers(
            kind=self.kind, when_full=self.when_full or WhenFull.ALL, people=people, **of_contact
        )

    @property
    def when_full(self) -> WhenFull | None:
        """What the party wants when there are too few places, if it has been asked."""
        wish = self.sent.get("when_full", "") if self.sent else ""
        return WhenFull(wish) if wish in set(WhenFull) else None

    @property
    def carried(self) -> Iterator[tuple[str, str]]:
        """All that was sent, to be sent again by the next page."""
        sent = self.sent or Sent()
        return ((name, value) for name, value in sent.items(multi=True) if name not in NOT_CARRIED)

    @property
    def carried_beside(self) -> Iterator[tuple[str, str]]:
        """What was sent and has no field on the page now: a part that was closed keeps what was typed."""
        if self.sent is None:
            return iter(())
        shown = {field.name for form in self.forms for field in form} | {"people", "form_key", "country"}
        shown |= {f"people-{number}-category" for number in self.numbers}
        return ((name, value) for name, value in self.carried if name not in shown)

    def _are_different(self) -> bool:
        seen = set()
        for form in self.people:
            if form.person.key in seen:
                form.birth_date.errors = [
                    _("Somebody of this name and birth date stands on this page twice.")
                ]
            seen.add(form.person.key)
        return len(seen) == len(self.people)

    def _form_of(self, number: int) -> PersonForm:
        prefix = f"people-{number}-" if self.is_several else ""
        is_known = self.sent is not None and any(name.startswith(prefix) for name in self.sent)
        return FORMS[self._category_of(number)](
            self.march, self.sent if is_known else None, is_alone=not self.is_several, prefix=prefix
        )

    def _category_of(self, number: int) -> Category:
        if isinstance(self.who, Category):
            return self.who
        wish = self.sent.get(f"people-{number}-category", "") if self.sent else ""
        return Category(wish) if wish in set(Category) else USUAL_CATEGORY[self.who]


def people_in(sent: Sent | None) -> list[int]:
    """Return the numbers of the people on the page, the one of a new page."""
    if sent is None:
        return [0]
    numbers = (int(text) for text in sent.getlist("people") if text.isdecimal() and len(text) < 4)
    return list(dict.fromkeys(numbers))[:MOST_PEOPLE]


def with_another_person(sent: Sent, kind: PartyKind) -> Sent:
    """Return the page with somebody more, who shares with the one before what people mostly share."""
    numbers = people_in(sent)
    if len(numbers) == MOST_PEOPLE:
        return sent
    seen = {int(name.split("-")[1]) for name in sent if name.startswith("people-") and _is_of_somebody(name)}
    new = max([-1, *numbers, *seen]) + 1
    if numbers:
        for name in (*SHARED, "family_name") if kind == PartyKind.FAMILY else SHARED:
            sent.setlist(f"people-{new}-{name}", sent.getlist(f"people-{numbers[-1]}-{name}"))
    return _with_people(sent, [*numbers, new])


def without_person(sent: Sent, number: int) -> Sent:
    """Return the page without somebody, whose answers stay in it and can be put back."""
    return _with_people(sent, [one for one in people_in(sent) if one != number])


def with_person_again(sent: Sent, number: int) -> Sent:
    return _with_people(sent, sorted({*people_in(sent), number}))


def name_in(sent: Sent, number: int) -> str:
    """Return what somebody on the page is called so far."""
    return " ".join(sent.get(f"people-{number}-{part}", "") for part in ("given_name", "family_name")).strip()


def _is_of_somebody(name: str) -> bool:
    number = name.split("-")[1]
    return number.isdecimal() and len(number) < 4


def _with_people(sent: Sent, numbers: list[int]) -> Sent:
    sent.setlist("people", [str(number) for number in numbers])
    return sent


def _key_of(text: str) -> UUID:
    """Return what names this page since it was opened, so that sending it twice is recognised."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
