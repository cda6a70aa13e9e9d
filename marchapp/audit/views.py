"""The page on which coordinators search the log of what was done."""

from flask import Blueprint, render_template, request

from marchapp.access import fresh_account, march_for_coordinator
from marchapp.audit.searching import Wanted, find_events
from marchapp.audit.telling import told
from marchapp.deeds import ACTIONS, KINDS
from marchapp.extensions import db

blueprint = Blueprint("audit", __name__)


@blueprint.get("/marches/<slug>/log")
def log(slug: str) -> str:
    march = march_for_coordinator(slug)
    fresh_account()
    wanted = Wanted.from_arguments(request.args)
    events, has_more = find_events(db.session, march, wanted)
    return render_template(
        "audit/log.html",
        march=march,
        wanted=wanted,
        deeds=told(db.session, march, events),
        last_id=events[-1].id if has_more else None,
        kinds=KINDS,
        actions=ACTIONS,
    )
