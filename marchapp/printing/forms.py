"""What to print or take along of a stage, of which groups, and in which language."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, SelectField

from marchapp.files.forms import PaperLanguage
from marchapp.files.kinds import FileKind
from marchapp.forms import BaseForm
from marchapp.models import Group
from marchapp.naming import group_name
from marchapp.printing.making import BADGES, GROUP_LIST, ROSTERS, SIGN_IN_SHEETS

PAPERS: dict[str, FileKind] = {"rosters": ROSTERS, "badges": BADGES, "sign-in": SIGN_IN_SHEETS}
LISTS: dict[str, FileKind] = {"xlsx": GROUP_LIST, "csv": GROUP_LIST}
EVERYBODY = "all"


class PrintForm(BaseForm):
    """The coordinator's choice."""

    what = RadioField(
        _l("What"),
        choices=[
            SelectChoice("rosters", _l("Rosters: who walks, with emergency contacts, for the guides")),
            SelectChoice("badges", _l("Badges: eight on a sheet, to cut")),
            SelectChoice("sign-in", _l("Sign-in sheets: with a line for each signature")),
            SelectChoice("xlsx", _l("Groups and their people for Excel (XLSX)")),
            SelectChoice("csv", _l("People with their groups as CSV")),
        ],
        default="rosters",
    )
    groups = SelectField(_l("Groups"), default=EVERYBODY, validate_choice=True)
    together = RadioField(
        _l("Files"),
        choices=[
            SelectChoice("one", _l("One file")),
            SelectChoice("each", _l("One PDF for each group, in a ZIP")),
        ],
        default="one",
    )
    language = PaperLanguage()

    def offer(self, groups: Iterable[Group]) -> None:
        chosen = [SelectChoice(str(group.id), group_name(group)) for group in groups]
        self.groups.choices = [SelectChoice(EVERYBODY, _("All groups")), *chosen]

    @property
    def kind(self) -> FileKind:
        return (PAPERS | LISTS)[self.what.data]

    @property
    def group_id(self) -> int | None:
        return None if self.groups.data == EVERYBODY else int(self.groups.data)


class GroupPrintForm(BaseForm):
    """What a guide prints of the own group."""

    what = RadioField(_l("What"), choices=PrintForm.what.kwargs["choices"][:3], default="rosters")
    language = PaperLanguage()
