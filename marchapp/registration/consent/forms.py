"""The forms in which consents are answered, recorded from paper, withdrawn, and worded anew."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import Form, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from marchapp.forms import BaseForm, Text, TextByLanguage, at_most, tidy
from marchapp.i18n import LANGUAGES
from marchapp.models import ConsentText, Purpose
from marchapp.registration.consent.services import Given
from marchapp.registration.consent.words import PURPOSES
from marchapp.registration.forms.fields import OneOfList

YES, NO = "yes", "no"
LONGEST_TEXT = 6000


def tidy_paragraphs(text: str | None) -> str:
    """Tidy each paragraph; an empty line begins a new one."""
    paragraphs = re.split(r"\n\s*\n", (text or "").replace("\r\n", "\n"))
    return "\n\n".join(filter(None, map(tidy, paragraphs)))


class YesOrNo(RadioField):
    """A question that nothing answers beforehand; `must` asks for an answer."""

    def __init__(self, label: str, *, must: bool, yes: str, no: str, **options: Any) -> None:
        super().__init__(label, choices=[SelectChoice(YES, yes), SelectChoice(NO, no)], **options)
        self.must = must

    def pre_validate(self, form: Form) -> None:
        if self.data not in (YES, NO) and (self.must or self.data):
            raise StopValidation(_("Choose one of the two."))


class AnswerForm(BaseForm):
    """Answers to the newest texts, in fields named by the purpose, and the name that was typed or signed."""

    purposes: tuple[Purpose, ...] = ()
    typed_name = Text(_l("Your name"), most=160)

    def given(self, *, language: str) -> Given:
        """Return what was answered; a question that was left as it is has no answer."""
        answered = [purpose for purpose in self.purposes if self[purpose].data]
        return Given(
            answers={purpose: self[purpose].data == YES for purpose in answered},
            text_ids={purpose: self.text_id(purpose) for purpose in answered},
            typed_name=self.typed_name.data,
            language=language,
        )

    def text_id(self, purpose: Purpose) -> int:
        """Return the number of the text that was read."""
        return whole_number(self[text_field(purpose)].data)

    def show_texts(self, texts: Mapping[Purpose, ConsentText]) -> None:
        """Note which texts the page shows, after those that were read are not the newest any more."""
        for purpose in self.purposes:
            self[text_field(purpose)].data = str(texts[purpose].id)


class FamilyForm(AnswerForm):
    """What a guardian answers, and the child's own word, which may be left for later."""

    child = YesOrNo(
        _l("The child’s own answer"), must=False, yes=_l("Yes, I want to walk"), no=_l("No, I do not want to")
    )
    child_name = Text(_l("The child’s name, typed by the child"), most=160, optional=True)

    def validate_child_name(self, field: Text) -> None:
        if self.child.data and not field.data:
            raise StopValidation(_("The child types the own name here."))

    def given_by_child(self, *, language: str) -> Given | None:
        if not self.child.data:
            return None
        return Given(
            answers={Purpose.TAKING_PART: self.child.data == YES},
            text_ids={Purpose.TAKING_PART: self.text_id(Purpose.TAKING_PART)},
            typed_name=self.child_name.data,
            language=language,
        )


class PaperForm(AnswerForm):
    """A signed paper, as a coordinator enters it."""

    typed_name = Text(_l("Name under the signature"), most=160)
    language = SelectField(
        _l("Language of the paper"), choices=[SelectChoice(*one) for one in LANGUAGES.items()]
    )
    scan = FileField(
        _l("Scan or photograph of the paper"),
        validators=[FileRequired(_l("Choose the file with the scan first."))],
        render_kw={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"},
    )


class WithdrawForm(BaseForm):
    """What somebody told a coordinator to withdraw."""

    consent = OneOfList(_l("Which consent"))
    reason = Text(_l("Who told you, and how"), most=300)


class _WordingByLanguage(Form):
    """Paragraphs in each language that the program speaks."""

    en = TextAreaField(LANGUAGES["en"], filters=[tidy_paragraphs], validators=[at_most(LONGEST_TEXT)])
    nb = TextAreaField(LANGUAGES["nb"], filters=[tidy_paragraphs], validators=[at_most(LONGEST_TEXT)])
    ru = TextAreaField(LANGUAGES["ru"], filters=[tidy_paragraphs], validators=[at_most(LONGEST_TEXT)])


class TextForm(BaseForm):
    """A new version of a text, and which version its writer has seen; it is looked at before it is saved."""

    text = TextByLanguage(_l("Text"), of=_WordingByLanguage)
    version = HiddenField()
    looked_at = HiddenField()

    @property
    def seen_version(self) -> int:
        return whole_number(self.version.data)


def answer_form(
    kind: type[AnswerForm],
    texts: Mapping[Purpose, ConsentText],
    *,
    purposes: Collection[Purpose],
    must: Collection[Purpose],
    versions: Mapping[Purpose, list[SelectChoice]] | None = None,
    **options: Any,
) -> Any:
    """Return a form of a kind that asks for some purposes; those of `must` want an answer.

    With `versions` it is chosen which text was read, as a paper may be older than the newest one.
    """

    class AskingForm(kind):  # type: ignore[misc, valid-type]
        pass

    AskingForm.purposes = tuple(purposes)
    for purpose in purposes:
        question = YesOrNo(
            PURPOSES[purpose], must=purpose in must, yes=_l("Yes, I consent"), no=_l("No, I do not consent")
        )
        setattr(AskingForm, purpose, question)
        newest = str(texts[purpose].id)
        text: Any = HiddenField(default=newest)
        if versions and len(versions[purpose]) > 1:
            text = SelectField(
                _l("Version of the text on the paper"), choices=versions[purpose], default=newest
            )
        setattr(AskingForm, text_field(purpose), text)
    return AskingForm(**options)


def text_field(purpose: Purpose) -> str:
    """Return the name of the field that says which text was read."""
    return f"text_{purpose}"


def whole_number(text: str | None) -> int:
    """Return what a hidden field says, 0 if somebody has written something else into it."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
