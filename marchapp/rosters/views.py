"""Pages of groups: the coordinator's stage, groups and print, and the guide's own groups."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from marchapp.access import (
    group_at_any_time,
    group_for_coordinator,
    is_coordinator,
    sees_people_of,
    signed_in_account,
    stage_for_coordinator,
)
from marchapp.extensions import db
from marchapp.forms import tidy
from marchapp.models import Category, Group, PublishedGroup, Stage
from marchapp.models.timetable import stops
from marchapp.paging import page_in
from marchapp.rosters import board_pages
from marchapp.rosters.automatic import pages as automatic
from marchapp.rosters.board import (
    Wish,
    board_of,
    count_walkers,
    guides_to_choose,
    stages_with_groups,
)
from marchapp.rosters.by_rule import groups_by_rule
from marchapp.rosters.following import version_of
from marchapp.rosters.forms import OUT, GroupForm, MoveForm, number_in, values_of
from marchapp.rosters.guiding import (
    groups_guided_by,
    members_of,
    published_members_of,
    recordings_of,
    tracks_of,
    when,
)
from marchapp.rosters.moves import (
    AlreadyThere,
    Moved,
    MoveRefused,
    NothingToUndo,
    move_people,
    moved_by,
    undo_move,
)
from marchapp.rosters.publishing import roster_state
from marchapp.rosters.publishing_pages import publish_roster
from marchapp.rosters.services import (
    GroupRefused,
    GuideBusy,
    NotAGuide,
    NumberTaken,
    change_group,
    copy_groups,
    delete_group,
    group_numbered,
    is_empty,
    make_group,
    next_number,
)
from marchapp.rosters.words import (
    breach_word,
    check_sentence,
    check_word,
    destination,
    group_name,
    how_many_walk,
    lacking,
    name_of_column,
    places_words,
    starts,
    what_was_moved,
    why_not_changed,
    why_not_moved,
)

blueprint = Blueprint("rosters", __name__)
for words in (
    breach_word,
    check_sentence,
    check_word,
    group_name,
    how_many_walk,
    lacking,
    name_of_column,
    places_words,
    starts,
    what_was_moved,
):
    blueprint.add_app_template_filter(words)
for address, view, methods in board_pages.ADDRESSES:
    blueprint.add_url_rule(address, view_func=view, methods=methods)
automatic.add_pages(blueprint)
blueprint.add_url_rule("/marches/<slug>/groups/rules", view_func=groups_by_rule)
PUBLISH = "/marches/<slug>/stages/<int:number>/publish"
blueprint.add_url_rule(PUBLISH, view_func=publish_roster, methods=["GET", "POST"])

FIELD_OF_REFUSAL = {NumberTaken: "number", GuideBusy: "guides", NotAGuide: "guides"}
SIZES = {"min_size": 8, "max_size": 12}


@blueprint.get("/marches/<slug>/stages/<int:number>/groups")
def stage(slug: str, number: int) -> str:
    return _board_page(stage_for_coordinator(slug, number), MoveForm(formdata=None))


@blueprint.post("/marches/<slug>/stages/<int:number>/groups")
def move(slug: str, number: int) -> str | Response:
    stage = stage_for_coordinator(slug, number)
    form = MoveForm()
    if form.validate_on_submit():
        try:
            move_id = move_people(
                db.session,
                stage=stage,
                to_group_id=_goal_of(form, stage),
                people=form.people.data,
                by=signed_in_account(),
                now=datetime.now(UTC),
            )
        except AlreadyThere as refusal:
            db.session.rollback()
            flash(why_not_moved(refusal))
        except MoveRefused as refusal:
            db.session.rollback()
            form.form_errors.append(why_not_moved(refusal))
        else:
            db.session.commit()
            return redirect(url_for(".stage", slug=slug, number=number, **_asked(), moved=move_id))
    return _board_page(stage, form)


def _goal_of(form: MoveForm, stage: Stage) -> int | None:
    """Return the id of the group that was chosen or whose number was written, None for out of any."""
    if form.group_number is None:
        return form.to_group_id
    return group_numbered(db.session, stage, form.group_number)


@blueprint.post("/marches/<slug>/stages/<int:number>/groups/undo")
def undo(slug: str, number: int) -> Response:
    stage = stage_for_coordinator(slug, number)
    back_id = None
    try:
        back_id = undo_move(
            db.session,
            stage=stage,
            move_id=number_in(request.form, "moved"),
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
    except MoveRefused as refusal:
        db.session.rollback()
        flash(why_not_moved(refusal), "problem")
    db.session.commit()
    return redirect(url_for(".stage", slug=slug, number=number, **_asked(), moved=back_id))


def _board_page(stage: Stage, form: MoveForm) -> str:
    wish = Wish(
        text=tidy(request.args.get("q", ""))[:80],
        category=_category(request.args.get("category", "")),
        unplaced=request.args.get("show") == "unplaced",
    )
    counts = count_walkers(db.session, stage)
    board = board_of(db.session, stage, wish, page=page_in(request.args), unplaced=counts.unplaced)
    shows_columns = not _asked() and bool(board.groups) and board_pages.fits_a_board(counts)
    form.to.choices = [
        ("", _("Choose a group")),
        (OUT, _("Out of the group")),
        *((str(sized.group.id), destination(sized)) for sized in board.groups),
    ]
    return render_template(
        "rosters/stage.html",
        march=stage.march,
        stage=stage,
        form=form,
        wish=wish,
        board=board,
        counts=counts,
        version=version_of(db.session, stage.march),
        columns=board_pages.shown_columns(stage, form.people.data) if shows_columns else None,
        can_be_columns=board_pages.fits_a_board(counts),
        moved=_last_move(stage),
        state=roster_state(db.session, stage),
        sources=[] if board.groups else _sources(stage),
        asked=_asked(),
    )


def _sources(stage: Stage) -> list[Stage]:
    """Return the stages whose groups can be copied, the one before this stage first."""
    sources = stages_with_groups(db.session, stage.march)
    return sorted(
        sources, key=lambda source: (source.number > stage.number, abs(stage.number - source.number))
    )


def _asked() -> dict[str, Any]:
    """Return what the address asks the list of people for, to ask it again."""
    return {
        key: request.args[key] for key in ("q", "category", "show", "page", "as") if request.args.get(key)
    }


def _category(code: str) -> Category | None:
    return Category(code) if code in set(Category) else None


def _last_move(stage: Stage) -> Moved | None:
    try:
        return moved_by(db.session, stage=stage, move_id=number_in(request.args, "moved"))
    except NothingToUndo:
        return None


@blueprint.post("/marches/<slug>/stages/<int:number>/groups/copy")
def copy(slug: str, number: int) -> Response:
    stage = stage_for_coordinator(slug, number)
    source = stage_for_coordinator(slug, number_in(request.form, "source"))
    try:
        copied = copy_groups(
            db.session, source=source, target=stage, by=signed_in_account(), now=datetime.now(UTC)
        )
    except GroupRefused as refusal:
        db.session.rollback()
        flash(why_not_changed(refusal), "problem")
    else:
        db.session.commit()
        flash(
            ngettext("%(num)s group was copied.", "%(num)s groups were copied.", copied)
            + " "
            + _("Now look at who is in no group yet."),
            "done",
        )
    return redirect(url_for(".stage", slug=slug, number=number))


@blueprint.route("/marches/<slug>/stages/<int:number>/groups/new", methods=["GET", "POST"])
def new_group(slug: str, number: int) -> str | Response:
    stage = stage_for_coordinator(slug, number)
    form = GroupForm(data={"number": next_number(db.session, stage), **SIZES})
    if not _looks_for_guides(form, stage) and form.validate_on_submit():
        try:
            group = make_group(
                db.session, stage=stage, plan=form.plan, by=signed_in_account(), now=datetime.now(UTC)
            )
        except GroupRefused as refusal:
            _say_why(form, refusal)
        else:
            db.session.commit()
            flash(_("%(group)s is there. Move people to it now.", group=group_name(group)), "done")
            return redirect(url_for(".stage", slug=slug, number=number))
    return render_template("rosters/edit_group.html", march=stage.march, stage=stage, group=None, form=form)


@blueprint.route("/groups/<int:group_id>/edit", methods=["GET", "POST"])
def edit_group(group_id: int) -> str | Response:
    group = group_for_coordinator(group_id)
    stage = group.stage
    form = GroupForm(data=values_of(group))
    if not _looks_for_guides(form, stage, group) and form.validate_on_submit():
        try:
            change_group(
                db.session, group=group, plan=form.plan, by=signed_in_account(), now=datetime.now(UTC)
            )
        except GroupRefused as refusal:
            _say_why(form, refusal)
        else:
            db.session.commit()
            flash(_("%(group)s is changed.", group=group_name(group)), "done")
            return redirect(_board_address(stage))
    return render_template(
        "rosters/edit_group.html",
        march=stage.march,
        stage=stage,
        group=group,
        form=form,
        is_empty=is_empty(db.session, group),
    )


def _looks_for_guides(form: GroupForm, stage: Stage, group: Group | None = None) -> bool:
    """Offer guides in the form, and tell whether that is all that was asked for."""
    is_looking = form.looks_for_guides
    chosen, text = form.guides.data or [], tidy(form.find.data or "")
    form.offer(stage, guides_to_choose(db.session, stage, chosen=chosen, text=text), group=group)
    return is_looking


def _say_why(form: GroupForm, refusal: GroupRefused) -> None:
    db.session.rollback()
    field = FIELD_OF_REFUSAL[type(refusal)]
    form[field].errors = [why_not_changed(refusal)]


@blueprint.post("/groups/<int:group_id>/delete")
def delete(group_id: int) -> Response:
    group = group_for_coordinator(group_id)
    stage, name = group.stage, group_name(group)
    try:
        delete_group(db.session, group=group, by=signed_in_account(), now=datetime.now(UTC))
    except GroupRefused as refusal:
        db.session.rollback()
        flash(why_not_changed(refusal), "problem")
        return redirect(url_for(".edit_group", group_id=group_id))
    db.session.commit()
    flash(_("%(group)s is deleted.", group=name), "done")
    return redirect(_board_address(stage))


def _board_address(stage: Stage) -> str:
    return url_for(".stage", slug=stage.march.slug, number=stage.number)


@blueprint.get("/marches/<slug>/stages/<int:number>/roster")
def printable(slug: str, number: int) -> Response:
    """Lead who kept the address of the printable page to where papers are made now."""
    stage_for_coordinator(slug, number)
    return redirect(url_for("printing.stage", slug=slug, number=number), 301)


@blueprint.get("/my-groups")
def my_groups() -> str:
    account = signed_in_account()
    guided = groups_guided_by(db.session, account, datetime.now(UTC))
    return render_template("rosters/my_groups.html", guided=guided)


@blueprint.get("/groups/<int:group_id>")
def group(group_id: int) -> str:
    group = group_at_any_time(group_id)
    march = group.stage.march
    is_draft = is_coordinator(march)
    find_members = members_of if is_draft else published_members_of
    return render_template(
        "rosters/group.html",
        march=march,
        stage=group.stage,
        group=group if is_draft else db.session.get_one(PublishedGroup, group.id),
        members=find_members(db.session, group) if sees_people_of(group) else None,
        track=tracks_of(db.session, [group.id]).get(group.id),
        recordings=recordings_of(db.session, group),
        stops=stops(group.stage),
        when=when(group.stage, datetime.now(UTC)),
        coordinates=is_draft,
    )
