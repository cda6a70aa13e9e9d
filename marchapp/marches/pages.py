"""What everyone sees of a march and its stages."""

from datetime import UTC, datetime
from io import BytesIO

from flask import abort, redirect, render_template, send_file, url_for
from werkzeug import Response

from marchapp.access import is_coordinator, is_medic, march_for_reader, public_marches, stage_for_reader
from marchapp.extensions import db
from marchapp.i18n import local
from marchapp.marches.pictures import CARD, WIDE, draw_march, draw_stage, is_one_line
from marchapp.marches.reading import drawn_stages_of, neighbours_of, results_of
from marchapp.marches.routes import export_route
from marchapp.models.timetable import stops


def index() -> str | Response:
    marches = public_marches()
    if len(marches) == 1:
        return redirect(url_for("marches.march", slug=marches[0].slug))
    return render_template("marches/index.html", marches=marches)


def march(slug: str) -> str:
    march = march_for_reader(slug)
    stages = drawn_stages_of(db.session, march)
    return render_template(
        "marches/march.html",
        march=march,
        stages=[(stage, stops(stage), draw_stage(stage, CARD)) for stage in stages],
        quotas=[quota for quota in march.category_quotas if quota.capacity],
        whole=[draw_march(stages, sizes) for sizes in (WIDE, CARD)] if is_one_line(stages) else None,
        length_m=sum(stage.route.length_m for stage in stages if stage.route),
        now=datetime.now(UTC),
    )


def stage(slug: str, number: int) -> str:
    stage = stage_for_reader(slug, number)
    march = stage.march
    coordinates = is_coordinator(march)
    sees_results = march.shows_comparisons or coordinates
    return render_template(
        "marches/stage.html",
        march=march,
        stage=stage,
        stops=stops(stage),
        pictures=draw_stage(stage, WIDE),
        narrow=draw_stage(stage, CARD),
        coordinates=coordinates,
        cares=is_medic(march) and stage.is_open_to_medics(datetime.now(UTC)),
        neighbours=neighbours_of(db.session, stage),
        results=results_of(db.session, stage) if sees_results else None,
    )


def route_gpx(slug: str, number: int) -> Response:
    stage = stage_for_reader(slug, number)
    if stage.route is None:
        abort(404)
    content = export_route(stage, stage.route, name=f"{local(stage.march.name)}: {local(stage.name)}")
    return send_file(
        BytesIO(content),
        mimetype="application/gpx+xml",
        as_attachment=True,
        download_name=f"{slug}-stage-{number}.gpx",
    )
