"""The list of participants and the page of each."""

from flask import Response, render_template, request, stream_with_context

from marchapp.access import march_for_coordinator, participant_for_coordinator
from marchapp.extensions import db
from marchapp.registration.coordination.export import csv_lines
from marchapp.registration.coordination.listing import Selection, find_page, frequent_countries, walks_of


def participants(slug: str) -> str:
    march = march_for_coordinator(slug)
    selection = Selection.from_arguments(request.args)
    return render_template(
        "registration/participants.html",
        march=march,
        selection=selection,
        page=find_page(db.session, march, selection),
        countries=frequent_countries(db.session, march),
    )


def participants_csv(slug: str) -> Response:
    march = march_for_coordinator(slug)
    lines = csv_lines(db.session, march.id, Selection.from_arguments(request.args))
    headers = {"Content-Disposition": f'attachment; filename="{march.slug}-participants.csv"'}
    return Response(stream_with_context(lines), mimetype="text/csv", headers=headers)


def participant(participant_id: int) -> str:
    person = participant_for_coordinator(participant_id)
    return render_template(
        "registration/participant.html",
        march=person.march,
        participant=person,
        walks=walks_of(db.session, [person.id])[person.id],
    )
