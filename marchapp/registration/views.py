"""Pages of signing up, and the coordinator's pages of participants."""

from datetime import UTC, datetime

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext as _
from werkzeug import Response as AnyResponse

from marchapp.access import (
    march_for_coordinator,
    march_for_reader,
    participant_for_coordinator,
    participant_for_link,
)
from marchapp.extensions import db, limiter
from marchapp.models import Category, March
from marchapp.registration.export import csv_lines
from marchapp.registration.forms import FORMS, SignUpForm
from marchapp.registration.listing import Selection, find_page, frequent_countries, walks_of
from marchapp.registration.services import NotSignedUp, is_open_to, private_secret, register
from marchapp.registration.words import why_not_signed_up

blueprint = Blueprint("registration", __name__)

# From one address a school sends four classes of thirty in an hour, each form up to three times until all is
# right, and one class at the same moment.
POSTS_FROM_ONE_ADDRESS = "60 per minute; 400 per hour"
PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}


@blueprint.get("/marches/<slug>/sign-up")
def choose(slug: str) -> str:
    march = march_for_reader(slug)
    quotas = {quota.category: quota for quota in march.quotas}
    return render_template(
        "registration/choose.html",
        march=march,
        places=[(category, quotas.get(category)) for category in Category],
        now=datetime.now(UTC),
    )


@blueprint.route("/marches/<slug>/sign-up/<category>", methods=["GET", "POST"])
@limiter.limit(POSTS_FROM_ONE_ADDRESS, methods=["POST"])
def sign_up(slug: str, category: str) -> str | AnyResponse:
    march = march_for_reader(slug)
    now = datetime.now(UTC)
    form = _form_for(march, category)
    refusal = None
    if form.validate_on_submit():
        try:
            return _store(march, form, now)
        except NotSignedUp as why:
            db.session.rollback()
            refusal = why_not_signed_up(why, march)
    elif not form.is_submitted() and not is_open_to(march, form.category, now):
        return redirect(url_for("registration.choose", slug=slug))
    return render_template("registration/sign_up.html", march=march, form=form, refusal=refusal)


def _form_for(march: March, category: str) -> SignUpForm:
    if category not in set(Category):
        abort(404)
    return FORMS[Category(category)](march)


def _store(march: March, form: SignUpForm, now: datetime) -> AnyResponse:
    """Register who filled in the form, and lead to the confirmation behind the private link."""
    secret_key = current_app.config["SECRET_KEY"]
    participant = register(
        db.session,
        march=march,
        category=form.category,
        person=form.person,
        stage_ids=form.stage_ids,
        form_key=form.key,
        secret_key=secret_key,
        now=now,
    )
    db.session.commit()
    if participant.registered_at != now:
        flash(_("This form had arrived before, so nothing was stored a second time."), "info")
    secret = private_secret(
        secret_key, march_id=participant.march_id, submission_key=participant.submission_key
    )
    return redirect(url_for("registration.confirmation", token=secret))


@blueprint.get("/registrations/<token>")
def confirmation(token: str) -> tuple[str, dict[str, str]]:
    participant = participant_for_link(token)
    walks = walks_of(db.session, [participant.id])[participant.id]
    page = render_template(
        "registration/confirmation.html", march=participant.march, participant=participant, walks=walks
    )
    return page, PRIVATE


@blueprint.get("/marches/<slug>/participants")
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


@blueprint.get("/marches/<slug>/participants.csv")
def participants_csv(slug: str) -> Response:
    march = march_for_coordinator(slug)
    lines = csv_lines(db.session, march.id, Selection.from_arguments(request.args))
    headers = {"Content-Disposition": f'attachment; filename="{march.slug}-participants.csv"'}
    return Response(stream_with_context(lines), mimetype="text/csv", headers=headers)


@blueprint.get("/participants/<int:participant_id>")
def participant(participant_id: int) -> str:
    person = participant_for_coordinator(participant_id)
    return render_template(
        "registration/participant.html",
        march=person.march,
        participant=person,
        walks=walks_of(db.session, [person.id])[person.id],
    )
