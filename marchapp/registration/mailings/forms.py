"""The form of a letter to many: subject and text in the languages of those who read it."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, TextAreaField

from marchapp.forms import BaseForm, TextByLanguage, at_most, tidy
from marchapp.i18n import LANGUAGES
from marchapp.models import Mailing
from marchapp.registration.mailings.services import PLACEHOLDERS, unknown_placeholders


def tidy_lines(value: str | None) -> str:
    """Tidy each line of a text, and leave no more than one empty line between paragraphs."""
    lines = [tidy(line) for line in (value or "").splitlines()]
    return "\n".join(
        line for line, before in zip(lines, ["", *lines], strict=False) if line or before
    ).strip()


class _LongTextByLanguage(Form):
    """Paragraphs in each language that the program speaks."""

    en = TextAreaField(LANGUAGES["en"], filters=[tidy_lines], validators=[at_most(5000)])
    nb = TextAreaField(LANGUAGES["nb"], filters=[tidy_lines], validators=[at_most(5000)])
    ru = TextAreaField(LANGUAGES["ru"], filters=[tidy_lines], validators=[at_most(5000)])


class MailingForm(BaseForm):
    subject = TextByLanguage(_l("Subject"))
    text = TextByLanguage(_l("Text"), of=_LongTextByLanguage)

    @classmethod
    def of(cls, mailing: Mailing) -> "MailingForm":
        """Return the form filled with a draft, or with what was sent."""
        return cls(data={"subject": mailing.subject, "text": mailing.text})

    def validate(self, extra_validators: object = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        return all([is_valid, self._has_both_parts(), self._knows_placeholders()])

    def _has_both_parts(self) -> bool:
        """Ask for the missing part of a language of which one part is written."""
        missing = [
            (self.text, code, _("Write the text in this language too, or take its subject away."))
            for code in self.subject.given.keys() - self.text.given.keys()
        ] + [
            (self.subject, code, _("Write the subject in this language too, or take its text away."))
            for code in self.text.given.keys() - self.subject.given.keys()
        ]
        for part, code, words in missing:
            part.form[code].errors = [words]
        return not missing

    def _knows_placeholders(self) -> bool:
        wrong = [
            (part.form[code], unknown[0])
            for part in (self.subject, self.text)
            for code, text in part.given.items()
            if (unknown := unknown_placeholders(text))
        ]
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        for field, word in wrong:
            field.errors = [
                _("Nothing stands for {%(word)s}. These are filled in: %(known)s.", word=word, known=known)
            ]
        return not wrong
