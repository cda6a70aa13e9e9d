"""A person of each category signs up through the pages, and what is said when something is wrong."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.mail.marks import with_secret
from marchapp.models import AuditEvent, Category, March, Message, Participant, PrivateLink, Quota
from marchapp.registration import services
from marchapp.registration.ages import birth_dates
from tests.factories import make_march, make_stage
from tests.registration.conftest import answers

CHILD, OFFICIAL, GUARD = Category.SCHOOLCHILD, Category.OFFICIAL, Category.BORDER_GUARD
FORM_KEY = "0b5c8a14-273a-4eef-93f7-c2410c2f6f4e"


def send(client: FlaskClient, march: March, category: Category = OFFICIAL, **changed: object) -> TestResponse:
    """Send a filled-in form from its review."""
    data = answers(march, category, step="send", **changed)
    return client.post(f"/marches/{march.slug}/sign-up/{category}", data=data)


def everybody(session: Session) -> list[Participant]:
    session.expire_all()
    return list(session.scalars(select(Participant).order_by(Participant.id)))


def places_taken(session: Session, march: March, category: Category = OFFICIAL) -> int:
    session.expire_all()
    return quota_of(session, march, category).taken


def quota_of(session: Session, march: March, category: Category) -> Quota:
    return session.scalars(select(Quota).where(Quota.march_id == march.id, Quota.category == category)).one()


def words_of(answer: TestResponse) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.text))


@pytest.mark.parametrize(
    ("category", "own"),
    [
        (CHILD, {"school": "Fjordbotn skole", "school_class": "7B"}),
        (OFFICIAL, {"body": "Fjordbotn kommune", "position": "Rektor"}),
        (GUARD, {"service": "Grensevakten", "unit": "Stasjon Tyttebær", "rank": "Menig"}),
        (Category.WALKER, {"municipality": "Sør-Varanger"}),
    ],
)
def test_somebody_of_each_category_signs_up(
    client: FlaskClient, session: Session, march: March, category: Category, own: dict[str, str]
) -> None:
    form = client.get(f"/marches/victory/sign-up/{category}")
    assert form.status_code == 200
    assert all(f'name="{name}"' in form.text for name in own)

    answer = send(client, march, category)

    assert answer.status_code == 302
    page = client.get(answer.location)
    assert "Kari Anne Bjørn-Hansen" in page.text
    (person,) = everybody(session)
    assert person.reference in page.text
    assert {name: getattr(person, name) for name in own} == own
    assert (person.category, person.birth_date.month) == (category, 5)
    assert (person.email, person.phone) == ("kari@example.org", "+47 40 60 00 00")
    assert len(person.entries) == 3
    assert places_taken(session, march, category) == 1
    signed_up = select(AuditEvent.subject_id).where(AuditEvent.action == "participant.signed_up")
    assert session.scalars(signed_up).all() == [person.id]


def test_countries_are_those_that_issue_documents_the_neighbours_first(
    client: FlaskClient, march: March
) -> None:
    page = client.get("/marches/victory/sign-up/official").text
    (select,) = re.findall('<select[^>]*name="country".*?</select>', page, re.S)
    codes = re.findall(r'value="([A-Z]+)"', select)
    assert codes[:2] == ["NO", "RU"]
    assert {"FI", "SE", "GL", "XK", "TW"} <= set(codes)
    assert not {"AQ", "BV", "CP", "DG", "EA", "EU", "IC", "TA", "UN", "ZZ"} & set(codes)


def test_no_text_is_cut_by_the_browser_without_a_word(client: FlaskClient, march: March) -> None:
    assert "maxlength" not in client.get("/marches/victory/sign-up/schoolchild").text


def test_a_category_asks_only_for_its_own_fields(client: FlaskClient, march: March) -> None:
    page = client.get("/marches/victory/sign-up/official")
    assert not re.search('name="(school|guardian_name|rank)"', page.text)


def test_the_letter_is_in_the_language_of_the_reader_and_holds_the_link(
    client: FlaskClient, session: Session, march: March
) -> None:
    answer = send(client, march, language="ru")

    (letter,) = session.scalars(select(Message))
    assert (letter.recipient, letter.language, letter.march_id) == ("kari@example.org", "ru", march.id)
    assert "Марш victory" in letter.subject
    assert '<html lang="ru">' in letter.html
    secret = answer.location.rpartition("/")[2]
    assert secret not in f"{letter.text} {letter.html} {everybody(session)[0].party.submission_key}"
    link = f"http://127.0.0.1:8000{answer.location}"
    now = datetime.now(UTC)
    assert link in with_secret(letter, letter.text, now)
    assert f'href="{link}"' in with_secret(letter, letter.html, now)


def test_only_the_stages_that_are_ticked_are_walked(
    client: FlaskClient, session: Session, march: March
) -> None:
    second = str(march.stages[1].id)
    send(client, march, stages=[second])
    (person,) = everybody(session)
    assert [str(entry.stage_id) for entry in person.entries] == [second]


def test_a_guardian_is_the_emergency_contact_when_nobody_else_is_named(
    client: FlaskClient, session: Session, march: March
) -> None:
    send(client, march, CHILD, emergency_name="", emergency_phone="", phone="")
    (child,) = everybody(session)
    assert (child.emergency_name, child.emergency_phone) == ("Siri Hansen", "+47 40 60 00 02")
    assert child.phone == ""


def test_an_empty_form_asks_a_child_for_no_emergency_contact(client: FlaskClient, march: March) -> None:
    page = client.post("/marches/victory/sign-up/schoolchild", data={})
    asked = re.findall(r'href="#([a-z_]+)', page.text)
    assert "guardian_phone" in asked
    assert "emergency_name" not in asked
    assert "emergency_phone" not in asked
    for name in ("emergency_name", "emergency_phone"):
        (control,) = re.findall(f'<input[^>]*name="{name}"[^>]*>', page.text)
        assert "required" not in control
        assert 'value=""' in control


def test_siblings_share_an_address_and_even_the_form(
    client: FlaskClient, session: Session, march: March
) -> None:
    send(client, march, CHILD, form_key=FORM_KEY)
    send(client, march, CHILD, form_key=FORM_KEY, given_name="Lars", birth_date="2003-02-01")
    assert [child.given_name for child in everybody(session)] == ["Kari Anne", "Lars"]
    received = select(func.count()).select_from(Message).where(Message.kind == "received")
    assert session.scalar(received) == 2


@pytest.mark.parametrize("when", ["at once", "when the category is full", "when sign-up is closed"])
def test_sending_twice_gives_the_same_registration_and_one_letter(
    client: FlaskClient, session: Session, march: March, when: str
) -> None:
    first = send(client, march, form_key=FORM_KEY)
    if when == "when the category is full":
        quota_of(session, march, OFFICIAL).capacity = 1
    if when == "when sign-up is closed":
        march.signup_closes_at = datetime(2014, 2, 1, tzinfo=UTC)
    session.commit()

    second = send(client, march, form_key=FORM_KEY, phone="406 00 009")

    assert second.location == first.location
    assert "had arrived before" in client.get(second.location).text
    assert len(everybody(session)) == 1
    assert places_taken(session, march) == 1
    assert session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.parametrize(
    "spelling",
    [
        {},
        {"given_name": "KARI-ANNE", "family_name": "Bjorn Hansen"},
        {"given_name": "kari anne", "family_name": "Björn'hansen"},
    ],
)
def test_who_signed_up_before_is_told_so_without_telling_a_stranger(
    client: FlaskClient, session: Session, march: March, spelling: dict[str, str]
) -> None:
    first = send(client, march)
    answer = send(client, march, email="stranger@example.org", **spelling)

    assert answer.status_code == 200
    assert "If this person signed up before" in words_of(answer)
    assert "coordinator@example.org" in words_of(answer)
    assert "stranger@example.org" in answer.text
    assert first.location not in answer.text
    (person,) = everybody(session)
    assert person.reference not in answer.text
    assert places_taken(session, march) == 1
    letters = session.execute(select(Message.recipient, Message.kind).order_by(Message.id)).all()
    assert letters == [("kari@example.org", "received"), ("kari@example.org", "link_again")]


def test_namesakes_born_on_other_days_both_sign_up(
    client: FlaskClient, session: Session, march: March
) -> None:
    send(client, march)
    send(client, march, birth_date="18.05.1975")
    assert len(everybody(session)) == 2


def test_who_walks_in_one_march_may_sign_up_for_another(
    client: FlaskClient, session: Session, march: March
) -> None:
    other = make_march(session, slug="another")
    make_stage(session, other)
    session.commit()
    links = {send(client, one, form_key=FORM_KEY).location for one in (march, other)}
    assert len(links) == 2
    assert len(everybody(session)) == 2


def test_a_closed_category_is_refused_and_keeps_what_was_typed(
    client: FlaskClient, session: Session, march: March
) -> None:
    quota_of(session, march, OFFICIAL).capacity = 0
    session.commit()

    assert client.get("/marches/victory/sign-up/official").location == "/marches/victory/sign-up"
    answer = send(client, march)

    assert "This category is not open" in words_of(answer)
    assert 'value="Fjordbotn kommune"' in answer.text
    assert everybody(session) == []
    assert session.scalars(select(Message)).all() == []


def test_a_closed_march_is_refused_and_says_since_when(
    client: FlaskClient, session: Session, march: March
) -> None:
    march.signup_closes_at = datetime(2014, 9, 1, 10, tzinfo=UTC)
    session.commit()

    assert "Sign-up closed on 1 September 2014, 12:00." in client.get("/marches/victory/sign-up").text
    assert client.get("/marches/victory/sign-up/official").status_code == 302
    assert "Sign-up closed on 1 September 2014, 12:00" in words_of(send(client, march))
    assert everybody(session) == []


def test_a_march_that_opens_later_says_when(client: FlaskClient, session: Session, march: March) -> None:
    march.signup_opens_at = datetime(2098, 1, 2, 8, tzinfo=UTC)
    session.commit()
    assert "Sign-up opens on 2 January 2098, 09:00." in client.get("/marches/victory/sign-up").text


def test_the_choice_of_categories_shows_places_in_words(
    client: FlaskClient, session: Session, march: March
) -> None:
    quota_of(session, march, GUARD).capacity = 0
    quota = quota_of(session, march, CHILD)
    quota.taken = quota.capacity
    session.commit()

    page = words_of(client.get("/marches/victory/sign-up"))
    assert "All places are taken: sign up to stand in line" in page
    assert "Not open to this category" in page
    assert re.search(r"5\s+of 5 places left", page)
    march.shows_places = False
    session.commit()
    hidden = words_of(client.get("/marches/victory/sign-up"))
    assert "places left" not in hidden
    assert "All places are taken" in hidden


def test_a_hidden_march_and_an_unknown_category_are_not_found(
    client: FlaskClient, session: Session, march: March
) -> None:
    assert client.get("/marches/victory/sign-up/general").status_code == 404
    march.is_public = False
    session.commit()
    assert client.get("/marches/victory/sign-up").status_code == 404
    assert client.post("/marches/victory/sign-up/official").status_code == 404


@pytest.mark.parametrize(
    ("category", "changed", "words"),
    [
        (OFFICIAL, {"given_name": ""}, "Given name: Fill this in."),
        (OFFICIAL, {"given_name": "Мария"}, "Given name: Write this in Latin letters"),
        (OFFICIAL, {"given_name": "Kаri"}, "Given name: Write this in Latin letters"),  # a Cyrillic а
        (OFFICIAL, {"family_name": "Nilsen 2"}, "Family name: Write this in Latin letters"),
        (OFFICIAL, {"family_name": "-"}, "Family name: Write the name with its letters."),
        (OFFICIAL, {"family_name": "a" * 81}, "Family name: This is too long: write at most 80"),
        (OFFICIAL, {"native_name": "Мария 1"}, "Name in own letters: Write the name with letters"),
        (OFFICIAL, {"birth_date": ""}, "Birth date: Write the date as 17.09.2001."),
        (OFFICIAL, {"birth_date": "31.02.1980"}, "This is no date we can read. Write it as 17.09.2001."),
        (
            OFFICIAL,
            {"birth_date": "2014-09-18"},
            "The birth date is after the march. Write it as 17.09.2001.",
        ),
        (OFFICIAL, {"birth_date": "01.01.1900"}, "more than 100 years ago. Check the year."),
        (OFFICIAL, {"birth_date": "0001-01-01"}, "more than 100 years ago. Check the year."),
        (OFFICIAL, {"birth_date": "1996-09-18"}, "Officials are 18 years old or older"),
        (GUARD, {"birth_date": "1996-09-18"}, "Border guards are 18 years old or older"),
        (CHILD, {"birth_date": "2008-09-18"}, "Schoolchildren are from 6 to 19 years old"),
        (CHILD, {"birth_date": "1994-09-17"}, "Schoolchildren are from 6 to 19 years old"),
        (OFFICIAL, {"country": ""}, "Country: Choose one from the list."),
        (OFFICIAL, {"country": "XX"}, "Country: Choose one from the list."),
        (OFFICIAL, {"language": "de"}, "Language of the letters: Choose one from the list."),
        (OFFICIAL, {"email": "kari@"}, "E-mail: This is no e-mail address. Write it as name@example.org."),
        (OFFICIAL, {"email": "кари@example.org"}, "E-mail: This is no e-mail address."),
        (OFFICIAL, {"phone": "12"}, "Phone: This is no phone number we can call."),
        (OFFICIAL, {"phone": "40600000;ext=1234567890123456"}, "Phone: Write the number alone."),
        (OFFICIAL, {"phone": "406 00 000", "country": "US"}, "Phone: This is no phone number we can call."),
        (OFFICIAL, {"emergency_phone": ""}, "Phone of the emergency contact: Fill this in."),
        (OFFICIAL, {"stages": None}, "Stages: Tick at least one stage."),
        (OFFICIAL, {"stages": ["999999"]}, "Stages: Tick at least one stage."),
        (OFFICIAL, {"stages": ["one"]}, "Stages: Tick at least one stage."),
        (OFFICIAL, {"body": None}, "Municipality or public body: Fill this in."),
        (CHILD, {"guardian_phone": ""}, "Phone of the guardian: Fill this in."),
        (
            CHILD,
            {"emergency_phone": ""},
            "Phone of the emergency contact: Write whom to call and the number, or leave both empty.",
        ),
        (
            CHILD,
            {"emergency_name": " "},
            "Emergency contact: Write whom to call and the number, or leave both empty.",
        ),
        (CHILD, {"school_class": ""}, "Class: Fill this in."),
        (GUARD, {"rank": ""}, "Rank: Fill this in."),
    ],
)
def test_a_wrong_answer_is_named_with_what_to_write(
    client: FlaskClient,
    session: Session,
    march: March,
    category: Category,
    changed: dict[str, object],
    words: str,
) -> None:
    answer = send(client, march, category, **changed)
    assert answer.status_code == 200
    assert words in words_of(answer)
    assert everybody(session) == []


@pytest.mark.parametrize(
    ("category", "born"),
    [(CHILD, "2008-09-17"), (CHILD, "1994-09-18"), (OFFICIAL, "1996-09-17"), (GUARD, "17.09.1996")],
)
def test_the_youngest_and_the_oldest_may_walk(
    client: FlaskClient, session: Session, march: March, category: Category, born: str
) -> None:
    assert send(client, march, category, birth_date=born).status_code == 302


@pytest.mark.parametrize(
    ("given", "family"),
    [("Mary-Jane", "O’Brien"), ("Đorđe", "Åžemaitė"), ("Áillohaš", "d'Arc"), ("Jo\u0308rg", "Ng")],
)
def test_latin_names_of_many_countries_are_taken(
    client: FlaskClient, session: Session, march: March, given: str, family: str
) -> None:
    assert send(client, march, given_name=given, family_name=family).status_code == 302
    (person,) = everybody(session)
    assert person.given_name in (given, "Jörg")


def test_everything_typed_is_kept(client: FlaskClient, march: March) -> None:
    typed = answers(
        march,
        CHILD,
        native_name="Кари <b>",
        birth_date="17.17.2001",
        phone="+47 40 60 00 00",
        country="FI",
        language="ru",
        stages=[str(march.stages[2].id)],
        guardian_phone="7 & 8",
    )
    page = unescape(client.post("/marches/victory/sign-up/schoolchild", data=typed).text)
    for name, value in typed.items():
        if isinstance(value, str) and name not in ("country", "language"):
            assert re.search(rf'name="{name}"[^§]*?value="{re.escape(value)}"', page), name
    assert '<option selected value="FI">' in page
    assert '<option selected value="ru">' in page
    assert len(re.findall(r'<input[^>]*\bchecked\b[^>]*name="stages"', page)) == 1


@pytest.mark.parametrize(("language", "home"), [("nb", ["NO"]), ("ru", ["RU"]), ("en", [])])
def test_a_form_starts_with_the_readers_country_language_and_all_stages(
    client: FlaskClient, march: March, language: str, home: list[str]
) -> None:
    page = client.get(f"/marches/victory/sign-up/official?lang={language}").text
    assert re.findall(r'<option selected value="(\w*)">', page) == [*home, language]
    assert len(re.findall(r'<input[^>]*\bchecked\b[^>]*name="stages"', page)) == 3
    assert re.findall(r'<option (?:selected )?value="(\w\w)">', page)[:2] == ["NO", "RU"]


def test_a_new_form_follows_changes_of_the_march(client: FlaskClient, session: Session, march: March) -> None:
    assert "Stage 2" in client.get("/marches/victory/sign-up/walker").text
    march.stages[1].name = {"en": "Over the fell"}
    march.stages[1].crosses_border = True
    session.commit()
    assert "Over the fell, crosses the border" in client.get("/marches/victory/sign-up/walker").text
    assert 'name="document_number"' in client.get("/marches/victory/sign-up/walker").text


STRANGE = [
    "\x00",
    "a\x00b",
    "x" * 100_000,
    "😀" * 50,
    "\u202eabc\u200f",
    "\ufdfa" * 160,
    "'; DROP TABLE participant; --",
    "{{ 7 * 7 }}%s%(a)s",
    "\r\nBcc: all@example.org",
]


@pytest.mark.parametrize("strange", STRANGE, ids=[f"strange-{number}" for number in range(len(STRANGE))])
@pytest.mark.parametrize("category", list(Category))
def test_strange_input_never_fails(
    client: FlaskClient, session: Session, march: March, category: Category, strange: str
) -> None:
    usual = answers(march, category)
    assert (
        client.post(f"/marches/victory/sign-up/{category}", data=dict.fromkeys(usual, strange)).status_code
        < 500
    )
    for name in usual:
        answer = client.post(f"/marches/victory/sign-up/{category}", data=usual | {name: strange})
        assert answer.status_code < 400, name


def test_bytes_of_another_encoding_never_fail(client: FlaskClient, march: March) -> None:
    for body in ("given_name=Bj\xf8rn&municipality=S\xf8r", "given_name=%F8%00%FF"):
        answer = client.post(
            "/marches/victory/sign-up/official",
            data=body.encode("latin-1"),
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 200
    assert client.post("/marches/victory/sign-up/official", data=b"\xff\x00").status_code == 200


def test_the_confirmation_is_for_whoever_has_the_link_alone(
    client: FlaskClient, session: Session, march: March
) -> None:
    page = client.get(send(client, march).location)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    (person,) = everybody(session)
    link = session.scalars(select(PrivateLink)).one()
    guesses = (link.secret_hash, link.nonce, person.reference, person.party.submission_key, "a" * 64)
    for guess in (*guesses, "%FF%00", "😀"):
        assert client.get(f"/registrations/{guess}").status_code == 404


def test_the_confirmation_of_a_cancelled_sign_up_says_so(
    client: FlaskClient, session: Session, march: March
) -> None:
    link = send(client, march).location
    services.cancel(session, everybody(session)[0], now=datetime(2014, 8, 1, 10, tzinfo=UTC))
    session.commit()
    assert "The sign-up of Kari Anne Bjørn-Hansen is cancelled." in words_of(client.get(link))


def test_birth_dates_are_counted_to_the_first_day_of_the_march(session: Session, march: March) -> None:
    assert birth_dates(CHILD, first_day=date(2024, 2, 29)) == (date(2004, 2, 29), date(2018, 2, 28))
