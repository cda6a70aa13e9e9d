"""The addresses of a march's pages."""

from flask import Blueprint

from marchapp.marches import coordination, pages
from marchapp.models.timetable import is_next_day

blueprint = Blueprint("marches", __name__)
blueprint.add_app_template_filter(is_next_day)

A_MARCH = "/marches/<slug>"
A_STAGE = "/marches/<slug>/stages/<int:number>"
FORM = ["GET", "POST"]

for address, view, methods in (
    ("/", pages.index, ["GET"]),
    (A_MARCH, pages.march, ["GET"]),
    (A_STAGE, pages.stage, ["GET"]),
    (f"{A_STAGE}/route.gpx", pages.route_gpx, ["GET"]),
    (f"{A_MARCH}/overview", coordination.overview, ["GET"]),
    (f"{A_MARCH}/settings", coordination.settings, FORM),
    (f"{A_MARCH}/stages/new", coordination.new_stage, FORM),
    (f"{A_STAGE}/edit", coordination.edit_stage, FORM),
    (f"{A_STAGE}/timetable", coordination.edit_timetable, FORM),
    (f"{A_STAGE}/route", coordination.edit_route, FORM),
):
    blueprint.add_url_rule(address, view_func=view, methods=methods)
