"""Pages of recordings: the upload, the comparison with its map and files, and the history."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from marchapp.access import (
    group_for_guide,
    is_coordinator,
    is_guide_of,
    signed_in_account,
    stage_for_track_reader,
    track_for_reader,
)
from marchapp.config import MEBIBYTE, Settings
from marchapp.errors import explain as explain_refusal
from marchapp.extensions import db
from marchapp.geo.errors import TooFarAway, TooLarge, UnusableInput
from marchapp.geo.gpx import Waypoint, file_ending, read_track
from marchapp.gpx_words import explain
from marchapp.models import Group, Stage, Track, TrackComparison
from marchapp.tracks import services
from marchapp.tracks import stage as common
from marchapp.tracks import worker as _worker  # noqa: F401 - declares its tasks
from marchapp.tracks.comparing import NoPlannedRoute, compare_if_quick
from marchapp.tracks.elsewhere import made_elsewhere
from marchapp.tracks.exports import points_as_csv, track_as_gpx
from marchapp.tracks.forms import UploadForm
from marchapp.tracks.page import read_page
from marchapp.tracks.picture import picture
from marchapp.tracks.stored import unpack, with_moments

blueprint = Blueprint("tracks", __name__)


@blueprint.route("/groups/<int:group_id>/recording", methods=["GET", "POST"])
def upload(group_id: int) -> ResponseReturnValue:
    group = group_for_guide(group_id)
    form = UploadForm()
    if not form.validate_on_submit():
        return _upload_page(group, form)
    try:
        track = _take_in(group, form)
    except UnusableInput as error:
        form.recording.errors = _refusal(error, group, form)
    except services.AlreadyUploaded as error:
        return _upload_page(group, form, known=db.session.get_one(Track, error.track_id))
    except NoPlannedRoute:
        pass  # the page says so
    else:
        flash(_said_of(track), "done")
        return _seen_at(url_for("tracks.comparison", track_id=track.id))
    return _upload_page(group, form)


@blueprint.errorhandler(RequestEntityTooLarge)
def refuse_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Answer a file that is refused before it is read on the page that it was sent from."""
    if request.endpoint != "tracks.upload":
        return explain_refusal(error)
    group = group_for_guide((request.view_args or {})["group_id"])
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
        "history": services.history_of(db.session, group) if keeps else [],
    }
    if track.comparison is None:
        before = services.waiting_before(db.session, track)
        return render_template("tracks/waiting.html", **given, before=before)
    page = read_page(track, reader=signed_in_account() if keeps else None)
    return render_template("tracks/comparison.html", **given, page=page, settings=_settings())


@blueprint.get("/marches/<slug>/stages/<int:number>/tracks")
def stage(slug: str, number: int) -> str:
    stage, seen = stage_for_track_reader(slug, number)
    rows = common.rows_of(db.session, stage, seen)
    asked = request.args.get("sort", "group")
    order = asked if asked.removeprefix("-") in common.ORDERS else "group"
    return render_template(
        "tracks/stage.html",
        march=stage.march,
        stage=stage,
        rows=common.in_order(rows, order),
        concerns=common.concerns(rows),
        sorted_by=partial(_heading, stage, order),
        is_over=stage.finishes_at < datetime.now(UTC),
        settings=_settings(),
    )


@blueprint.get("/marches/<slug>/stages/<int:number>/tracks/map.json")
def stage_map(slug: str, number: int) -> Response:
    stage, seen = stage_for_track_reader(slug, number)
    if stage.route is None:
        abort(404)
    drawn = common.common_picture(db.session, stage, seen)
    return Response(current_app.json.dumps(drawn, separators=(",", ":")), mimetype="application/json")


@blueprint.post("/tracks/<int:track_id>/show-again")
def show_again(track_id: int) -> ResponseReturnValue:
    track = track_for_reader(track_id)
    group_for_guide(track.group_id)
    services.show_again(db.session, track, by=signed_in_account(), now=datetime.now(UTC))
    db.session.commit()
    flash(_("This recording is the one that is shown now."), "done")
    return redirect(url_for("tracks.comparison", track_id=track_id))


@blueprint.get("/tracks/<int:track_id>/map.json")
def map_data(track_id: int) -> Response:
    track = track_for_reader(track_id)
    result = with_moments(_compared(track).result)
    drawn = picture(unpack(_compared(track).points_npz), result, zone=track.group.stage.march.time_zone)
    return Response(current_app.json.dumps(drawn, separators=(",", ":")), mimetype="application/json")


@blueprint.get("/tracks/<int:track_id>.json")
def result_json(track_id: int) -> Response:
    track = track_for_reader(track_id)
    text = current_app.json.dumps(_compared(track).result, indent=2)
    return _file(text, "application/json", track, "json")


@blueprint.get("/tracks/<int:track_id>.csv")
def points_csv(track_id: int) -> Response:
    track = track_for_reader(track_id)
    text = points_as_csv(unpack(_compared(track).points_npz).points)
    return _file(text, "text/csv; charset=utf-8", track, "csv")


@blueprint.get("/tracks/<int:track_id>.gpx")
def gpx(track_id: int) -> Response:
    track = track_for_reader(track_id)
    content = track_as_gpx(
        unpack(_compared(track).points_npz).points,
        name=_file_name(track),
        checkpoints=[Waypoint(place.name, place.lat, place.lon) for place in track.group.stage.checkpoints],
    )
    return _file(content, "application/gpx+xml", track, "gpx")


@blueprint.get("/tracks/<int:track_id>/original")
def original(track_id: int) -> Response:
    """Hand the file back as it was sent, to those who may have it."""
    track = track_for_reader(track_id)
    group_for_guide(track.group_id)
    content = services.original_of(track)
    return _file(content, "application/octet-stream", track, f"original.{file_ending(content)}")


def _take_in(group: Group, form: UploadForm) -> Track:
    """Keep the uploaded file, compared if that is quick.

    Raises UnusableInput, NoPlannedRoute or AlreadyUploaded.
    """
    limit = _limit_bytes()
    content = form.recording.data.read(limit + 1)
    if len(content) > limit:
        raise TooLarge(limit)
    begun = services.begin_upload(db.session, group=group, content=content)
    db.session.rollback()  # others may write while this is compared
    compared = compare_if_quick(begun.content, begun.plan)
    track = services.keep_track(db.session, begun, compared, by=signed_in_account(), now=datetime.now(UTC))
    db.session.commit()
    return track


def _refusal(error: UnusableInput, group: Group, form: UploadForm) -> list[str]:
    """Return what is wrong with the uploaded file, and of which other stage it is if that is all."""
    said = [explain(error)]
    if isinstance(error, TooFarAway):
        form.recording.data.seek(0)
        walked = read_track(form.recording.data.read())
        said.append(made_elsewhere(db.session, stage=group.stage, walked=walked, reader=signed_in_account()))
    return [sentence for sentence in said if sentence]


def _heading(stage: Stage, order: str, text: str, name: str) -> dict[str, Any]:
    """Return the heading of a column, with the address that sorts by it or turns the order."""
    turned = f"-{name}" if order == name else name
    url = url_for("tracks.stage", slug=stage.march.slug, number=stage.number, sort=turned, _anchor="groups")
    sort = {name: "ascending", f"-{name}": "descending"}.get(order)
    return {"text": text, "url": url, "sort": sort, "number": name != "group"}


def _compared(track: Track) -> TrackComparison:
    """Return the comparison of a track, or answer that there is nothing here yet."""
    return track.comparison or abort(404)


def _upload_page(group: Group, form: UploadForm, known: Track | None = None) -> str:
    return render_template(
        "tracks/upload.html",
        march=group.stage.march,
        stage=group.stage,
        group=group,
        form=form,
        known=known,
        current=services.current_of(db.session, group),
        limit_mib=_settings().upload_limit_mib,
    )


def _seen_at(url: str) -> ResponseReturnValue:
    """Lead a browser on; the upload script, which cannot see where it is led, is told in a header."""
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return "", 201, {"Location": url}
    return redirect(url)


def _said_of(track: Track) -> str:
    if services.replaces_another(db.session, track):
        return _("The recording is saved and shown in place of the one before, which stays in the history.")
    if track.comparison is None:
        return _("The recording is saved.")
    return _("The recording is saved and compared with the planned route.")


def _file(content: str | bytes, kind: str, track: Track, ending: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(track)}.{ending}"'
    return response


def _file_name(track: Track) -> str:
    stage = track.group.stage
    return f"{stage.march.slug}-stage-{stage.number}-group-{track.group.number}"


def _limit_bytes() -> int:
    return _settings().upload_limit_mib * MEBIBYTE


def _settings() -> Settings:
    return current_app.config["SETTINGS"]
