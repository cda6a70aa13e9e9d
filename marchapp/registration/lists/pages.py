"""The pages of lists: take a template, send a list, mend its rows, sign the good ones up."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response as AnyResponse

from marchapp.access import march_for_reader, party_for_link
from marchapp.extensions import db, only_read
from marchapp.headers import PRIVATE
from marchapp.models import Party, PartyKind, Standing
from marchapp.registration import places
from marchapp.registration.lists.columns import KINDS, ListKind
from marchapp.registration.lists.intake import take_in
from marchapp.registration.lists.page import BrokenList, ListPage, keys_of
from marchapp.registration.lists.reading import MOST_BYTES, read_file, read_text
from marchapp.registration.lists.sheets import UnreadableList
from marchapp.registration.lists.template import csv_template, xlsx_template
from marchapp.registration.lists.words import why_unreadable
from marchapp.registration.services import (
    AlreadySignedUp,
    NotSignedUp,
    add_people,
    find_submission,
    is_open_to,
    send_link_again,
    sign_up,
)
from marchapp.registration.words import why_not_signed_up
from marchapp.spreadsheets import XLSX


def sign_up_list(slug: str, kind: str) -> AnyResponse:
    """Sign a party up by its list; what comes after that from the same page is added to the party."""
    step = _step()
    march, of_kind = march_for_reader(slug), _kind(kind)
    if request.method == "GET":
        if not is_open_to(march, of_kind.category, datetime.now(UTC)):
            return redirect(url_for("registration.choose", slug=slug))
        return _show(ListPage(march, of_kind))
    page = ListPage(march, of_kind, request.form)
    if sent_before := find_submission(db.session, march, str(page.key)):
        party, link = sent_before
        page = ListPage(march, of_kind, request.form, party=party, token=link.secret)
    return _answer(page, step)


def party_list(token: str) -> AnyResponse:
    """Add the people of a list to a party that is signed up."""
    step = _step()
    party = party_for_link(token)
    kind = _kind(party.kind)
    if request.method == "POST":
        return _answer(ListPage(party.march, kind, request.form, party=party, token=token), step)
    if not is_open_to(party.march, kind.category, datetime.now(UTC)):
        flash(_("Nobody can be added any more."), "info")
        return redirect(url_for("registration.confirmation", token=token))
    return _show(ListPage(party.march, kind, party=party, token=token))


def list_template(slug: str, kind: str, ending: str) -> Response:
    march, of_kind = march_for_reader(slug), _kind(kind)
    match ending:
        case "xlsx":
            content: str | bytes = xlsx_template(march, of_kind)
            mimetype = XLSX
        case "csv":
            content, mimetype = csv_template(march, of_kind), "text/csv"
        case _:
            abort(404)
    named = {"Content-Disposition": f'attachment; filename="{march.slug}-{kind}.{ending}"'}
    return Response(content, mimetype=mimetype, headers=named)


def _step() -> str:
    """Return what the button that was pressed asks for; all but sending only reads."""
    step = request.form.get("step", "check")
    if step != "send":
        only_read()
    return step


def _kind(name: str) -> ListKind:
    if name not in set(KINDS):
        abort(404)
    return KINDS[PartyKind(name)]


def _show(page: ListPage, **more: Any) -> AnyResponse:
    """Show the list as it stands, and who would get a place now."""
    outlook = places.preview(db.session, page.march, page.people) if page.people else None
    answer = make_response(
        render_template("registration/lists/list.html", page=page, outlook=outlook, **more)
    )
    answer.headers.update(PRIVATE if page.party else {})  # it names the link, at an address that does not
    return answer


def _answer(page: ListPage, step: str) -> AnyResponse:
    """Do what a button of the page asks for."""
    if step == "read":
        return _read(page)
    try:
        page.read_again()
    except BrokenList:
        abort(400)
    what, _colon, number = step.partition(":")
    _turn(page, what, number)
    is_known_who = page.validate_contact()
    page.check(db.session)
    page.opened = {row.number for row in page.bad} & page.opened | _opened_now(page, what, number)
    return _send(page, datetime.now(UTC)) if step == "send" and is_known_who else _show(page)


def _read(page: ListPage) -> AnyResponse:
    """Read the file that was chosen, or else what was pasted."""
    file, pasted = request.files.get("file"), request.form.get("pasted", "")
    page.validate_contact()
    if not (file and file.filename) and not pasted.strip():
        return _show(page, problem=_("Choose a file, or paste the rows with their headings."))
    try:
        sheets = read_file(file.read(MOST_BYTES + 1)) if file and file.filename else read_text(pasted)
        intake = take_in(sheets, page.march, page.kind)
    except UnreadableList as why:
        return _show(page, problem=why_unreadable(why))
    page.rows = intake.rows
    page.check(db.session)
    return _show(page, intake=intake)


def _turn(page: ListPage, step: str, number: str) -> None:
    """Leave a row out, or take it back."""
    for row in page.rows:
        if str(row.number) == number:
            row.is_left_out = {"leave": True, "back": False}.get(step, row.is_left_out)


def _opened_now(page: ListPage, step: str, number: str) -> set[int]:
    """Return the row whose cells are all to be shown as fields."""
    return {row.number for row in page.rows if step == "open" and str(row.number) == number}


def _send(page: ListPage, now: datetime) -> AnyResponse:
    """Store the good rows; those that are not good yet stay in the page, which then adds to the party."""
    if not page.people:
        return _go_on(page, page.party, page.token) if page.party and not page.sent_rows else _show(page)
    if not page.party and not page.when_full and not _all_fit(page):
        return _show(page, must_choose=True)
    try:
        party, token = _store(page, now)
    except AlreadySignedUp as why:
        send_link_again(db.session, page.march, why.people, now=now)
        db.session.commit()
        page.check(db.session)
        return _show(page, problem=why_not_signed_up(why, page.march))
    except NotSignedUp as why:
        db.session.rollback()
        return _show(page, problem=why_not_signed_up(why, page.march))
    db.session.commit()
    return _go_on(page, party, token)


def _all_fit(page: ListPage) -> bool:
    return places.preview(db.session, page.march, page.people).all_fit


def _store(page: ListPage, now: datetime) -> tuple[Party, str]:
    """Sign the party up, or add to it; return it with the secret of its link."""
    if page.party:
        add_people(db.session, page.party, page.people, now=now)
        return page.party, page.token
    party, link = sign_up(
        db.session, march=page.march, party=page.answers, form_key=page.key, now=now, is_list=True
    )
    return party, link.secret


def _go_on(page: ListPage, party: Party, token: str) -> AnyResponse:
    """Lead to the party once all rows are in it; else show those that are not."""
    db.session.refresh(party)
    in_party = keys_of(party.participants)
    stored = [row for row in page.good if row.person and row.person.key in in_party]
    words = ngettext("%(num)d person is signed up.", "%(num)d people are signed up.", len(in_party))
    rest = ListPage(page.march, page.kind, page.sent, party=party, token=token)
    rest.rows = [row for row in page.rows if row not in stored]
    if not rest.sent_rows:
        flash(words, "done")
        return redirect(url_for("registration.confirmation", token=token))
    rest.check(db.session)
    return _show(rest, stored=f"{words} {_in_line(party)}".rstrip())


def _in_line(party: Party) -> str:
    """Tell how many of a party have no place yet; "" when all have one."""
    standings = [one.standing for one in party.participants if one.standing != Standing.CANCELLED]
    placed = standings.count(Standing.PLACED)
    if placed == len(standings):
        return ""
    if not placed:
        return _("All of you wait in line. You are told by e-mail as soon as there are places.")
    return _(
        "%(placed)s of %(all)s people have a place, the others wait in line.",
        placed=placed,
        all=len(standings),
    )
