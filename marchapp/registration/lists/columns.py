"""The columns of a list: what each is called, what to write into it, and which lists ask for it.

A column has the name of the field of the sign-up form that checks it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from flask_babel import LazyString, force_locale
from flask_babel import lazy_gettext as _l

from marchapp.i18n import LANGUAGES
from marchapp.models import Category, DocumentKind, March, PartyKind
from marchapp.models.names import folded_words
from marchapp.registration.forms.person import GUARDIAN, NOTARISED, PAPER, SECOND_GUARDIAN, SECOND_PAPER
from marchapp.registration.words import DOCUMENTS


@dataclass(frozen=True)
class Column:
    """A column as templates and pages name it."""

    label: LazyString
    help: LazyString


@dataclass(frozen=True, kw_only=True)
class ListKind:
    """What a list of one kind of party asks.

    `shared` is asked once, above the list, and may stand in rows where they differ; without `needed` no row
    can be good.
    """

    party: PartyKind
    category: Category
    shared: tuple[str, ...]
    needed: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.needed, *self.optional)


NAMES = ("given_name", "family_name", "birth_date", "country")
OTHER_ANSWERS = ("native_name", "municipality", "spoken", "stages")
CONTACT = ("email", "phone", "language")
CARE = ("diet", "health_notes", "knows_first_aid")
EMERGENCY = ("emergency_name", "emergency_phone")

KINDS = {
    PartyKind.SCHOOL_CLASS: ListKind(
        party=PartyKind.SCHOOL_CLASS,
        category=Category.SCHOOLCHILD,
        shared=("school", "school_class"),
        needed=(*NAMES, *GUARDIAN[:2]),
        optional=(*GUARDIAN[2:], *SECOND_GUARDIAN, *OTHER_ANSWERS, *CARE, *CONTACT, *EMERGENCY),
    ),
    PartyKind.UNIT: ListKind(
        party=PartyKind.UNIT,
        category=Category.BORDER_GUARD,
        shared=("service", "unit"),
        needed=(*NAMES, "rank", *EMERGENCY),
        optional=(*OTHER_ANSWERS, *CARE, *CONTACT),
    ),
    PartyKind.DELEGATION: ListKind(
        party=PartyKind.DELEGATION,
        category=Category.OFFICIAL,
        shared=("body",),
        needed=(*NAMES, "position", *EMERGENCY),
        optional=(*OTHER_ANSWERS, *CARE, *CONTACT),
    ),
}

AS_IN_DOCUMENT = _l("As in the passport, in Latin letters.")
A_PHONE = _l(
    "With the country code, as +47 400 00 000; a number of the person’s country can be written as at home."
)
A_LANGUAGE = _l("English, Norwegian or Russian. Empty: the language of whoever sends the list.")
A_DAY = _l("Such as 17.05.2020, or a date cell of the spreadsheet.")
A_COUNTRY = _l("Its name in English, Norwegian or Russian, or its two letters, such as NO.")

COLUMNS = {
    "given_name": Column(_l("Given name"), AS_IN_DOCUMENT),
    "family_name": Column(_l("Family name"), AS_IN_DOCUMENT),
    "native_name": Column(
        _l("Name in own letters"), _l("If the name is written in other letters, such as Мария Иванова.")
    ),
    "birth_date": Column(_l("Birth date"), _l("Such as 17.05.2001, or a date cell of the spreadsheet.")),
    "country": Column(_l("Country"), A_COUNTRY),
    "municipality": Column(_l("Home municipality"), _l("Where the person lives.")),
    "spoken": Column(_l("Languages spoken"), _l("One or several, with commas between them.")),
    "stages": Column(
        _l("Stages"),
        _l("Numbers or days of the stages that are walked, with commas between them, or all. Empty: all."),
    ),
    "school": Column(_l("School"), _l("Where it is another one than that of the list.")),
    "school_class": Column(_l("Class"), _l("Where it is another one than that of the list.")),
    "body": Column(_l("Municipality or public body"), _l("Where it is another one than that of the list.")),
    "position": Column(_l("Position"), _l("Such as headmaster.")),
    "service": Column(_l("Service"), _l("Where it is another one than that of the list.")),
    "unit": Column(_l("Unit"), _l("Where it is another one than that of the list.")),
    "rank": Column(_l("Rank"), _l("Such as sergeant.")),
    "guardian_name": Column(
        _l("Name of guardian 1"), _l("Whoever answers for the child; not needed from 18 years on.")
    ),
    "guardian_phone": Column(_l("Phone of guardian 1"), A_PHONE),
    "guardian_email": Column(
        _l("E-mail of guardian 1"),
        _l("The guardian gets a private link there and consents. Empty: consent is given on paper."),
    ),
    "guardian_language": Column(_l("Language of guardian 1"), A_LANGUAGE),
    "guardian2_name": Column(_l("Name of guardian 2"), _l("Where two guardians answer for the child.")),
    "guardian2_phone": Column(_l("Phone of guardian 2"), A_PHONE),
    "guardian2_email": Column(
        _l("E-mail of guardian 2"), _l("For a private link of the second guardian’s own.")
    ),
    "guardian2_language": Column(_l("Language of guardian 2"), A_LANGUAGE),
    "email": Column(_l("E-mail"), _l("The walker’s own, if there is one: a private link goes there.")),
    "phone": Column(_l("Phone"), A_PHONE),
    "language": Column(_l("Language of the letters"), A_LANGUAGE),
    "emergency_name": Column(_l("Emergency contact"), _l("Somebody to call who does not walk along.")),
    "emergency_phone": Column(_l("Phone of the emergency contact"), A_PHONE),
    "diet": Column(_l("Diet"), _l("What the person does not eat.")),
    "health_notes": Column(_l("Health"), _l("What a first-aider should know. It is stored encrypted.")),
    "knows_first_aid": Column(_l("Trained in first aid"), _l("Yes or no. Empty: no.")),
    "document_kind": Column(
        _l("Travel document"), _l("Passport, visa or local border traffic permit. It can be added later.")
    ),
    "document_number": Column(_l("Document number"), _l("As in the document. It is stored encrypted.")),
    "document_country": Column(_l("Document issued by"), A_COUNTRY),
    "document_expires_on": Column(_l("Document valid until"), A_DAY),
    "document2_kind": Column(
        _l("Second travel document"), _l("Where two are needed, such as passport and visa.")
    ),
    "document2_number": Column(
        _l("Second document number"), _l("As in the document. It is stored encrypted.")
    ),
    "document2_country": Column(_l("Second document issued by"), A_COUNTRY),
    "document2_expires_on": Column(_l("Second document valid until"), A_DAY),
    "notarised_from": Column(
        _l("Notarised consent valid from"),
        _l("For a minor whose country asks for it. It can be added later."),
    ),
    "notarised_to": Column(_l("Notarised consent valid to"), A_DAY),
    "notarised_states": Column(_l("States of the notarised consent"), _l("The states that it names.")),
}


def columns_of(kind: ListKind, march: March) -> tuple[str, ...]:
    """Return the columns of a march's template: papers only where a stage crosses the border."""
    if not any(stage.crosses_border for stage in march.stages):
        return kind.columns
    notarised = NOTARISED if kind.category == Category.SCHOOLCHILD else ()
    return (*kind.columns, *PAPER, *SECOND_PAPER, *notarised)


def words_of(name: str) -> str:
    return str(COLUMNS[name].label)


def labels_in_all_languages(names: Iterable[str]) -> dict[str, set[str]]:
    """Return what our own templates call columns."""
    labels: dict[str, set[str]] = {name: set() for name in names}
    for code in LANGUAGES:
        with force_locale(code):
            for name, known in labels.items():
                known.add(words_of(name))
    return labels


DOCUMENTS_CALLED = {
    DocumentKind.PASSPORT: "passport|pass|паспорт|загранпаспорт|заграничный паспорт",
    DocumentKind.VISA: "visa|visum|виза",
    DocumentKind.BORDER_PERMIT: "local border traffic permit|border permit|permit|border_permit"
    "|grenseboerbevis"
    "|разрешение местного приграничного передвижения|мпп",
}


@cache
def labels_of_documents() -> dict[DocumentKind, set[str]]:
    """Return what the kinds of documents are called, folded, in all languages."""
    called = {kind: set(words.split("|")) for kind, words in DOCUMENTS_CALLED.items()}
    for code in LANGUAGES:
        with force_locale(code):
            for kind, words in DOCUMENTS.items():
                called[kind].add(str(words))
    return {kind: {" ".join(folded_words(name)) for name in names} for kind, names in called.items()}
