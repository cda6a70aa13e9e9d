"""The manifest on paper and as a spreadsheet: warnings first, then everybody by group."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from marchapp.border.crossing import Line
from marchapp.border.services import Difference
from marchapp.border.words import CONSENTS, difference_in_words, document_word, lacks_in_words, summary_of
from marchapp.i18n import country, day, local, moment
from marchapp.models import ManifestVersion, Stage
from marchapp.paper.tables import Cell, Column, Foot, Lines, Look, Measures, Sheet
from marchapp.spreadsheets import Table

MEASURES = Measures(size=9.5, is_wide=True)


def version_words(version: ManifestVersion) -> str:
    """Say which version this is: "Version 2, frozen 17 September 2014, 08:30 by Clara Coordinator"."""
    when = moment(version.frozen_at, version.stage.march.time_zone)
    if version.frozen_by:
        return _(
            "Version %(number)s, frozen %(moment)s by %(name)s",
            number=version.number,
            moment=when,
            name=version.frozen_by.name,
        )
    return _("Version %(number)s, frozen %(moment)s", number=version.number, moment=when)


def sheets_of(version: ManifestVersion, lines: Sequence[Line], changes: Difference | None) -> list[Sheet]:
    """Return the sheets of a manifest: what is to be seen to, what changed, and everybody."""
    stage = version.stage
    sheets = []
    if any(line.lacks for line in lines):
        sheets.append(_warnings(version, [line for line in lines if line.lacks]))
    if changes:
        sheets.append(_changes(version, changes))
    return [*sheets, _everybody(version, stage, lines)]


def foot_of(version: ManifestVersion) -> Foot:
    text = _(
        "%(march)s, stage %(number)s. %(version)s. Holds numbers of documents: for the border and the "
        "coordinators only.",
        march=local(version.stage.march.name),
        number=version.stage.number,
        version=version_words(version),
    )
    return Foot(
        text=text, page_of=lambda page, pages: _("Page %(page)s of %(pages)s", page=page, pages=pages)
    )


def _head(version: ManifestVersion) -> list[tuple[str, Look]]:
    stage = version.stage
    lines = [
        (
            " · ".join(
                [
                    local(stage.march.name),
                    _("Stage %(number)s, %(day)s", number=stage.number, day=day(stage.day)),
                    ngettext("%(num)s person", "%(num)s people", version.people),
                ]
            ),
            Look.PLAIN,
        ),
        (version_words(version), Look.PLAIN),
    ]
    if point := local(stage.crossing_point):
        lines.append((_("Crossing point: %(place)s", place=point), Look.STRONG))
    return lines


def _warnings(version: ManifestVersion, lines: Sequence[Line]) -> Sheet:
    columns = [
        Column(_("Group"), 14, is_number=True),
        Column(_("Name"), 70),
        Column(_("Born"), 24),
        Column(_("Reference"), 30),
        Column(_("What is missing"), 120),
    ]
    rows: list[list[Cell]] = [
        [_group(line), _names(line), _short(line.birth_date), line.reference, _lacks(line)] for line in lines
    ]
    title = ngettext(
        "Before the border: %(num)s person lacks something",
        "Before the border: %(num)s people lack something",
        len(lines),
    )
    return Sheet(title=title, lines=_head(version), columns=columns, rows=rows)


def _changes(version: ManifestVersion, changes: Difference) -> Sheet:
    title = _("Different from version %(number)s", number=version.number - 1)
    rows: list[list[Cell]] = [[sentence] for sentence in difference_in_words(changes)]
    head = [(summary_of(changes), Look.STRONG), *_head(version)]
    return Sheet(title=title, lines=head, columns=[Column(_("What changed"), 1)], rows=rows)


def _everybody(version: ManifestVersion, stage: Stage, lines: Sequence[Line]) -> Sheet:
    columns = [
        Column(_("No."), 9, is_number=True),
        Column(_("Name"), 58),
        Column(_("Born"), 22),
        Column(_("Country"), 26),
        Column(_("Document"), 40),
        Column(_("Number"), 32),
        Column(_("Valid until"), 24),
        Column(_("Consent"), 40),
        Column(_("Group"), 13, is_number=True),
    ]
    in_order = sorted(lines, key=lambda line: (line.group is None, line.group or 0))
    rows = [_row(stage, number, line) for number, line in enumerate(in_order, start=1)]
    return Sheet(
        title=_("Border manifest"),
        lines=_head(version),
        columns=columns,
        rows=rows,
        when_empty=_("Nobody crosses."),
    )


def _row(stage: Stage, number: int, line: Line) -> list[Cell]:
    kinds: Lines = tuple(
        (f"{document_word(paper.kind)}, {paper.issued_by}", Look.PLAIN) for paper in line.papers
    )
    numbers: Lines = tuple((paper.number, Look.STRONG) for paper in line.papers)
    until: Lines = tuple(
        (_short(paper.expires_on), Look.PLAIN if paper.is_valid_on(stage.day) else Look.SIGNAL)
        for paper in line.papers
    )
    nothing: Lines = ((_("none"), Look.SIGNAL),)
    return [
        str(number),
        _names(line),
        _short(line.birth_date),
        country(line.country),
        kinds or nothing,
        numbers,
        until,
        _consent(line),
        _group(line),
    ]


def _consent(line: Line) -> Lines:
    look = Look.SIGNAL if line.consent == "missing" else Look.PLAIN
    return (str(CONSENTS[line.consent]), look), (line.notary, Look.MUTED)


def _names(line: Line) -> Lines:
    return (line.name, Look.STRONG), (line.other_name, Look.MUTED)


def _lacks(line: Line) -> Lines:
    return tuple((words, Look.SIGNAL) for words in lacks_in_words(line))


def _group(line: Line) -> str:
    return "–" if line.group is None else str(line.group)


def _short(iso_day: str) -> str:
    """Write a date as the papers of a border do, the same in every language: 17.09.2001."""
    return f"{date.fromisoformat(iso_day):%d.%m.%Y}"


def tables_of(version: ManifestVersion, lines: Sequence[Line], changes: Difference | None) -> list[Table]:
    """Return the sheets of the spreadsheet: who lacks something, everybody, and what changed."""
    lacking = [line for line in lines if line.lacks]
    tables = [Table(name=_("Manifest"), headings=_headings(), rows=[_cells(line) for line in lines])]
    if lacking:
        tables.insert(0, Table(name=_("Warnings"), headings=_headings(), rows=map(_cells, lacking)))
    if changes:
        rows = [[sentence] for sentence in difference_in_words(changes)]
        tables.append(Table(name=_("What changed"), headings=[(_("What changed"), 90)], rows=rows))
    return tables


def _headings() -> list[tuple[str, int]]:
    return [
        (_("What is missing"), 40),
        (_("Group"), 8),
        (_("Reference"), 14),
        (_("Given name"), 20),
        (_("Family name"), 22),
        (_("Name in own script"), 30),
        (_("Birth date"), 12),
        (_("Country"), 14),
        (_("Document"), 24),
        (_("Number"), 16),
        (_("Issued by"), 12),
        (_("Valid until"), 12),
        (_("Second document"), 24),
        (_("Number"), 16),
        (_("Issued by"), 12),
        (_("Valid until"), 12),
        (_("Consent"), 12),
        (_("Notarised consent"), 36),
    ]


def _cells(line: Line) -> list[Any]:
    papers: list[Any] = []
    for paper in line.papers[:2]:
        papers += [
            document_word(paper.kind),
            paper.number,
            paper.issued_by,
            date.fromisoformat(paper.expires_on),
        ]
    papers += [None] * (8 - len(papers))
    return [
        ", ".join(lacks_in_words(line)),
        line.group,
        line.reference,
        line.given_name,
        line.family_name,
        line.native_name,
        date.fromisoformat(line.birth_date),
        country(line.country),
        *papers,
        str(CONSENTS[line.consent]),
        line.notary,
    ]
