"""Pages of recordings: the upload, the comparison with its map and files, and the history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from marchapp.access import (
    group_at_any_time,
    is_coordinator,
    is_guide_of,
    recording_for_guide,
    signed_in_account,
    stage_for_coordinator,
    stage_for_track_reader,
    track_for_reader,
)
from marchapp.config import MEBIBYTE, Settings
from marchapp.errors import explain as explain_refusal
from marchapp.extensions import db, only_read
from marchapp.files.tables import take_along
from marchapp.geo.errors import TooLarge, UnusableInput
from marchapp.geo.gpx import Waypoint, file_ending
from marchapp.gpx_words import explain
from marchapp.models import Group, Recording, Stage, Track, TrackComparison
from marchapp.paging import page_in
from marchapp.tracks import services, taking
from marchapp.tracks import stage as common
from marchapp.tracks import worker as _worker  # noqa: F401 - declares its tasks
from marchapp.tracks.comparing import NoPlannedRoute
from marchapp.tracks.elsewhere import offers_of
from marchapp.tracks.exports import points_as_csv, track_as_gpx
from marchapp.tracks.files import TRACKS
from marchapp.tracks.forms import UploadForm
from marchapp.tracks.outline import whole_line
from marchapp.tracks.page import read_page
from marchapp.tracks.picture import picture
from marchapp.tracks.sentences import other_stages, said_of_overlap, said_of_taken, said_of_use, span
from marchapp.tracks.stored import Columns, unpack, with_moments
from marchapp.tracks.taking import SentFile

blueprint = Blueprint("tracks", __name__)
blueprint.add_app_template_filter(span)


@blueprint.route("/groups/<int:group_id>/recording", methods=["GET", "POST"])
def upload(group_id: int) -> ResponseReturnValue:
    group = group_at_any_time(group_id)
    form = UploadForm()
    if not form.validate_on_submit():
        return _upload_page(group, form)
    try:
        taken = _take_in(group, _files_of(form))
    except TooLarge as error:
        form.recording.errors = [explain(error)]
    except NoPlannedRoute:
        pass  # the page says so
    else:
        form.recording.errors = [
            _refusal(file, error, len(form.recording.data)) for file, error in taken.refused
        ]
        if not taken.refused and not taken.known:
            return _seen_at(_address_of(group, taken.kept))
        return _upload_page(group, form, known=taken.known)
    return _upload_page(group, form)


@blueprint.post("/recordings/<int:recording_id>/leave-out", defaults={"is_used": False})
@blueprint.post("/recordings/<int:recording_id>/take-back", defaults={"is_used": True})
def change_use(recording_id: int, is_used: bool) -> ResponseReturnValue:
    recording = recording_for_guide(recording_id)
    group = recording.group
    try:
        taking.change_use(
            db.session, recording, is_used=is_used, by=signed_in_account(), now=datetime.now(UTC)
        )
    except UnusableInput as error:
        flash(explain(error), "problem")
    except NoPlannedRoute:
        pass  # the page says so
    else:
        db.session.commit()
        flash(said_of_use(services.in_use_of(db.session, group), is_used=is_used), "done")
    return redirect(url_for("tracks.upload", group_id=group.id))


@blueprint.post("/recordings/<int:recording_id>/put-to/<int:group_id>")
def put_to(recording_id: int, group_id: int) -> ResponseReturnValue:
    """Give a group of another stage the recording that holds its walk too."""
    recording, group = recording_for_guide(recording_id), group_at_any_time(group_id)
    if group.stage_id not in recording.other_stages:
        abort(404)
    file = taking.SentFile("", services.original_of(recording))
    try:
        taken = _take_in(group, [file])
    except NoPlannedRoute:
        return redirect(url_for("tracks.upload", group_id=group_id))
    for _sent, error in taken.refused:
        flash(explain(error), "problem")
    if taken.known:
        flash(_("This recording is here already."), "info")
    return redirect(_address_of(group, taken.kept))


@blueprint.errorhandler(RequestEntityTooLarge)
def refuse_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Answer a file that is refused before it is read on the page that it was sent from."""
    if request.endpoint != "tracks.upload":
        return explain_refusal(error)
    group = group_at_any_time((request.view_args or {})["group_id"])
    form = UploadForm(formdata=None)
    form.recording.errors = [explain(TooLarge(_limit_bytes()))]
    return _upload_page(group, form), 413


@blueprint.get("/tracks/<int:track_id>")
def comparison(track_id: int) -> str:
    track = track_for_reader(track_id)
    group = track.group
    keeps = is_guide_of(group) or is_coordinator(group.stage.march)
    given = {
        "march": group.stage.march,
        "stage": group.stage,
        "group": group,
        "track": track,
        "keeps": keeps,
        **(_history(group) if keeps else {}),
    }
    if track.comparison is None:
        before = services.waiting_before(db.session, track)
        to_read = services.points_of(db.session, track)
        return render_template("tracks/waiting.html", **given, before=before, to_read=to_read)
    return render_template("tracks/comparison.html", **given, page=read_page(track), settings=_settings())


@blueprint.get("/marches/<slug>/stages/<int:number>/tracks")
def stage(slug: str, number: int) -> str:
    stage, seen = stage_for_track_reader(slug, number)
    asked = request.args.get("sort", "group")
    order = asked if asked.removeprefix("-") in common.ORDERS else "group"
    page = page_in(request.args)
    is_over = stage.finishes_at < datetime.now(UTC)
    coordinates = is_coordinator(stage.march)
    return render_template(
        "tracks/stage.html",
        march=stage.march,
        stage=stage,
        table_of_groups=common.table_of(db.session, stage, seen, order=order, page=page),
        concerns=common.concerns(db.session, stage, seen, is_over=is_over) if coordinates else [],
        order=order,
        sorted_by=partial(_heading, stage, order),
        settings=_settings(),
    )


@blueprint.post("/marches/<slug>/stages/<int:number>/tracks/file")
def stage_file(slug: str, number: int) -> ResponseReturnValue:
    """Hand the figures of all groups out as a table, to coordinators."""
    only_read()
    stage = stage_for_coordinator(slug, number)
    is_csv = request.form.get("format") == "csv"
    return take_along(TRACKS, stage, is_csv=is_csv, rows=common.count_groups(db.session, stage))


@blueprint.get("/marches/<slug>/stages/<int:number>/tracks/map.json")
def stage_map(slug: str, number: int) -> Response:
    stage, seen = stage_for_track_reader(slug, number)
    if stage.route is None:
        abort(404)
    drawn = common.common_picture(db.session, stage, seen)
    return _as_json(drawn)


@blueprint.get("/tracks/<int:track_id>/map.json")
def map_data(track_id: int) -> Response:
    track = track_for_reader(track_id)
    result = with_moments(_compared(track).result)
    drawn = picture(_points_of(track), result, stage=track.group.stage)
    return _as_json(drawn)


@blueprint.get("/tracks/<int:track_id>/line.json")
def line(track_id: int) -> Response:
    """Give the whole line of a track to the map of its stage, which draws an outline of it first."""
    track = track_for_reader(track_id)
    drawn = whole_line(_points_of(track).points, with_moments(_compared(track).result))
    return _as_json(drawn)


@blueprint.get("/tracks/<int:track_id>.json")
def result_json(track_id: int) -> Response:
    track = track_for_reader(track_id)
    text = current_app.json.dumps(_compared(track).result, indent=2)
    return _file(text, "application/json", f"{_file_name(track.group)}.json")


@blueprint.get("/tracks/<int:track_id>.csv")
def points_csv(track_id: int) -> Response:
    track = track_for_reader(track_id)
    text = points_as_csv(_points_of(track).points)
    return _file(text, "text/csv; charset=utf-8", f"{_file_name(track.group)}.csv")


@blueprint.get("/tracks/<int:track_id>.gpx")
def gpx(track_id: int) -> Response:
    track = track_for_reader(track_id)
    content = track_as_gpx(
        _points_of(track).points,
        name=_file_name(track.group),
        checkpoints=[Waypoint(place.name, place.lat, place.lon) for place in track.group.stage.checkpoints],
    )
    return _file(content, "application/gpx+xml", f"{_file_name(track.group)}.gpx")


@blueprint.get("/recordings/<int:recording_id>/original")
def original(recording_id: int) -> Response:
    """Hand a file back as it was sent, to those who may have it."""
    recording = recording_for_guide(recording_id)
    content = services.original_of(recording)
    name = f"{_file_name(recording.group)}-recording-{recording.id}"
    return _file(content, "application/octet-stream", f"{name}.{file_ending(content)}")


def _files_of(form: UploadForm) -> list[SentFile]:
    """Read the files that were sent. Raises TooLarge if they are too large together."""
    limit = _limit_bytes()
    files, left = [], limit
    for sent in form.recording.data:
        content = sent.read(left + 1)
        left -= len(content)
        if left < 0:
            raise TooLarge(limit)
        files.append(SentFile(sent.filename or "", content))
    return files


def _take_in(group: Group, files: list[SentFile]) -> taking.Taken:
    """Keep files for a group and say what became of them. Raises NoPlannedRoute."""
    by, now = signed_in_account(), datetime.now(UTC)
    try:
        taken = taking.take_in(db.session, group=group, files=files, by=by, now=now)
    except services.AlreadyUploaded:  # somebody else sent the same at this very moment
        db.session.rollback()
        taken = taking.take_in(db.session, group=group, files=files, by=by, now=now)
    db.session.commit()
    track, in_use = services.track_of(db.session, group), services.in_use_of(db.session, group)
    is_compared = bool(track and track.waiting_since is None)
    stages = services.stages_of(db.session, group)
    offered = {offer.recording.id for offer in _history(group)["offers"]}
    for sentence in said_of_taken(taken, in_use, stages, is_compared=is_compared, offered=offered):
        flash(sentence, "done")
    overlap = said_of_overlap(in_use)
    if overlap and any(recording.is_used for recording in taken.kept):
        flash(overlap, "problem")
    return taken


def _address_of(group: Group, kept: list[Recording]) -> str:
    """Return where one sees what became of recordings: their comparison if one of them is used."""
    track = services.track_of(db.session, group)
    if track and any(recording.is_used for recording in kept):
        return url_for("tracks.comparison", track_id=track.id)
    return url_for("tracks.upload", group_id=group.id)


def _refusal(file: SentFile, error: UnusableInput, sent: int) -> str:
    """Return what is wrong with a file, named if it is one of several."""
    return f"{file.name}: {explain(error)}" if sent > 1 else explain(error)


def _heading(stage: Stage, order: str, text: str, name: str) -> dict[str, Any]:
    """Return the heading of a column, with the address that sorts by it or turns the order."""
    turned = f"-{name}" if order == name else name
    url = url_for("tracks.stage", slug=stage.march.slug, number=stage.number, sort=turned, _anchor="groups")
    sort = {name: "ascending", f"-{name}": "descending"}.get(order)
    return {"text": text, "url": url, "sort": sort, "number": name != "group"}


def _compared(track: Track) -> TrackComparison:
    """Return the comparison of a track, or answer that there is nothing here yet."""
    return track.comparison or abort(404)


def _points_of(track: Track) -> Columns:
    """Return the points of a track and its route, or answer that there are none (any more)."""
    content = _compared(track).points_npz
    return unpack(content) if content else abort(404)


def _upload_page(group: Group, form: UploadForm, known: Sequence[Recording] = ()) -> str:
    return render_template(
        "tracks/upload.html",
        march=group.stage.march,
        stage=group.stage,
        group=group,
        form=form,
        known=known,
        track=services.track_of(db.session, group),
        limit_mib=_settings().upload_limit_mib,
        **_history(group),
    )


def _history(group: Group) -> dict[str, Any]:
    """Return the recordings of a group as its guides and coordinators see them."""
    recordings = services.history_of(db.session, group)
    coordinates = is_coordinator(group.stage.march)
    return {
        "recordings": recordings,
        "of_other_stages": partial(other_stages, stages=services.stages_of(db.session, group)),
        "offers": offers_of(db.session, recordings, reader=signed_in_account(), coordinates=coordinates),
    }


def _seen_at(url: str) -> ResponseReturnValue:
    """Lead a browser on; the upload script, which cannot see where it is led, is told in a header."""
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return "", 201, {"Location": url}
    return redirect(url)


def _as_json(drawn: dict[str, Any]) -> Response:
    return Response(current_app.json.dumps(drawn, separators=(",", ":")), mimetype="application/json")


def _file(content: str | bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file_name(group: Group) -> str:
    stage = group.stage
    return f"{stage.march.slug}-stage-{stage.number}-group-{group.number}"


def _limit_bytes() -> int:
    return _settings().upload_limit_mib * MEBIBYTE


def _settings() -> Settings:
    return current_app.config["SETTINGS"]
