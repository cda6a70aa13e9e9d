"""The coordinator's pages about consents: the list, each child's, papers, and withdrawals that were told."""

from datetime import UTC, datetime
from io import BytesIO

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug import Response
from wtforms.fields.choices import SelectChoice

from marchapp.access import (
    fresh_account,
    march_for_coordinator,
    participant_for_coordinator,
    signed_in_account,
)
from marchapp.extensions import db
from marchapp.i18n import LANGUAGES, day_of
from marchapp.models import Answer, ConsentAnswer, ConsentScan, ConsentText, Guardian, Participant, Purpose
from marchapp.paging import page_in
from marchapp.registration.consent import services
from marchapp.registration.consent.forms import PaperForm, WithdrawForm, answer_form
from marchapp.registration.consent.links import send_link
from marchapp.registration.consent.listing import Show
from marchapp.registration.consent.listing import find_page as find_page_of
from marchapp.registration.consent.scans import ENDINGS, LARGEST_MIB, NotAScan, ScanTooLarge, read_scan
from marchapp.registration.consent.services import Paper
from marchapp.registration.consent.state import Consents, asks_child, consents_of
from marchapp.registration.consent.texts import current_texts, versions_of_texts
from marchapp.registration.consent.words import LOOKS, PURPOSES, STATES, text_changed, why_no_scan
from marchapp.registration.noting import note

WORDS = {"purposes": PURPOSES, "states": STATES, "looks": LOOKS}


def march_consents(slug: str) -> str:
    march = march_for_coordinator(slug)
    wanted = request.args.get("show", Show.MISSING)
    page = find_page_of(
        db.session,
        march,
        show=Show(wanted) if wanted in set(Show) else Show.MISSING,
        number=page_in(request.args),
    )
    return render_template("registration/consent/list.html", march=march, page=page, **WORDS)


def participant_consents(participant_id: int) -> str:
    person = participant_for_coordinator(participant_id, even_erased=True)
    return render_template(
        "registration/consent/child.html",
        march=person.march,
        participant=person,
        is_minor=person.march.is_minor(person.birth_date),
        consents=_consents(person),
        history=(history := _history(person)),
        dropped=_dropped_with_no(history),
        asks_notary=_asks_notary(person),
        **WORDS,
    )


def record_paper(participant_id: int) -> str | Response:
    """Record what stands on a paper of a guardian (`by` names which) or of the child."""
    person = participant_for_coordinator(participant_id)
    guardian = _giver(person)
    consents = _consents(person)
    texts = _texts(person)
    purposes = consents.asked if guardian else (Purpose.TAKING_PART,)
    filled = {"typed_name": guardian.name, "language": guardian.language} if guardian else {}
    form = answer_form(
        PaperForm,
        texts,
        purposes=purposes,
        must=() if guardian else purposes,
        versions=_versions(person),
        data=filled or {"typed_name": person.name, "language": person.language},
    )
    if form.validate_on_submit() and _store_paper(person, guardian, form):
        flash(_("The paper is recorded, and its scan is stored encrypted."), "done")
        return redirect(url_for("registration.participant_consents", participant_id=person.id))
    return render_template(
        "registration/consent/paper.html",
        march=person.march,
        participant=person,
        guardian=guardian,
        form=form,
        texts=texts,
        limit_mib=LARGEST_MIB,
        **WORDS,
    )


def print_paper(participant_id: int) -> str:
    """Show the form to be printed, in the language of whoever signs it or in the one of the address."""
    person = participant_for_coordinator(participant_id)
    guardian = _giver(person)
    consents = _consents(person)
    wish = request.args.get("lang")
    with force_locale(wish if wish in LANGUAGES else (guardian or person).language):
        return render_template(
            "registration/consent/print.html",
            march=person.march,
            participant=person,
            guardian=guardian,
            asked=consents.asked if guardian else (Purpose.TAKING_PART,),
            texts=_texts(person),
            **WORDS,
        )


def open_scan(participant_id: int, scan_id: int) -> Response:
    """Hand a scan out and record who opened it: a post, because it leaves a trace."""
    person = participant_for_coordinator(participant_id)
    fresh_account()
    scan = db.session.get(ConsentScan, scan_id)
    if scan is None or scan.participant_id != person.id:
        abort(404)
    note(
        db.session,
        person,
        "consent_scan.opened",
        now=datetime.now(UTC),
        by=signed_in_account(),
        scan=scan.id,
    )
    content, media_type = scan.content, scan.media_type
    db.session.commit()
    name = f"consent-{person.reference}-{scan_id}.{ENDINGS[media_type]}"
    return send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name)


def send_consent_link(participant_id: int) -> Response:
    person = participant_for_coordinator(participant_id)
    guardian = _guardian(person, request.form.get("guardian", 0, type=int))
    if send_link(db.session, guardian, now=datetime.now(UTC), by=signed_in_account()):
        flash(_("A letter with a new link is on its way to %(name)s.", name=guardian.name), "done")
    else:
        flash(_("%(name)s got a link a moment ago, or has no e-mail address.", name=guardian.name), "info")
    db.session.commit()
    return redirect(url_for("registration.participant_consents", participant_id=person.id))


def withdraw_consent(participant_id: int) -> str | Response:
    """Record that a guardian or the child told a coordinator to withdraw a consent."""
    person = participant_for_coordinator(participant_id)
    consents = _consents(person)
    form = WithdrawForm(consent=request.args.get("consent"))
    form.consent.choices = _held(consents)
    if form.validate_on_submit():
        position, _sign, purpose = form.consent.data.partition("-")
        guardian = next((one for one in person.guardians if str(one.position) == position), None)
        services.withdraw(
            db.session,
            person,
            guardian,
            Purpose(purpose),
            by=signed_in_account(),
            reason=form.reason.data,
            now=datetime.now(UTC),
        )
        db.session.commit()
        flash(_("The consent is withdrawn."), "done")
        return redirect(url_for("registration.participant_consents", participant_id=person.id))
    return render_template(
        "registration/consent/withdraw.html", march=person.march, participant=person, form=form
    )


def notarised_seen(participant_id: int) -> Response:
    """Note that the paper of the notary was seen, or that this was noted by mistake."""
    person = participant_for_coordinator(participant_id)
    paper = person.notarised_consent
    if paper is None:
        abort(404)
    now, by = datetime.now(UTC), signed_in_account()
    is_seen = paper.seen_at is None
    paper.seen_at, paper.seen_by_id = (now, by.id) if is_seen else (None, None)
    note(db.session, person, "notarised_consent.seen", now=now, by=by, seen=is_seen)
    db.session.commit()
    return redirect(url_for("registration.participant_consents", participant_id=person.id) + "#notary")


def _store_paper(person: Participant, guardian: Guardian | None, form: PaperForm) -> bool:
    """Store the paper and commit, or say beside the field why not."""
    try:
        media_type, content = read_scan(form.scan.data)
        given = form.given(language=form.language.data)
        if not given.answers:
            form.form_errors.append(_("Choose what stands on the paper for one purpose at least."))
            return False
        paper = Paper(media_type=media_type, content=content, by=signed_in_account())
        services.record_paper(db.session, person, guardian, given, paper, now=datetime.now(UTC))
    except (NotAScan, ScanTooLarge) as refusal:
        form.scan.errors = [why_no_scan(refusal)]
        return False
    except services.TextChanged:
        db.session.rollback()
        form.form_errors.append(text_changed())
        form.show_texts(_texts(person))
        return False
    db.session.commit()
    return True


def _consents(person: Participant) -> Consents:
    return consents_of(db.session, [person])[person.id]


def _texts(person: Participant) -> dict[Purpose, ConsentText]:
    """Return the newest texts; before anybody is asked, which the worker sees to, a paper has none."""
    return current_texts(db.session, person.march) or abort(404)


def _versions(person: Participant) -> dict[Purpose, list[SelectChoice]]:
    """Return the versions of each text as choices, the newest first."""
    zone = person.march.time_zone
    return {
        purpose: [
            SelectChoice(
                str(text.id),
                _("Text %(version)s of %(day)s", version=text.version, day=day_of(text.written_at, zone)),
            )
            for text in texts
        ]
        for purpose, texts in versions_of_texts(db.session, person.march).items()
    }


def _history(person: Participant) -> list[ConsentAnswer]:
    """Return every answer about somebody, the newest first."""
    query = select(ConsentAnswer).where(ConsentAnswer.participant_id == person.id)
    return list(db.session.scalars(query.order_by(ConsentAnswer.id.desc())))


def _dropped_with_no(history: list[ConsentAnswer]) -> list[str]:
    """Return who said no to taking part and is no guardian any more: somebody may have wanted that."""
    last_words: dict[str, ConsentAnswer] = {}
    for answer in reversed(history):
        if answer.purpose == Purpose.TAKING_PART and answer.guardian_id is None and not answer.is_by_child:
            last_words[answer.typed_name] = answer
    return [name for name, answer in last_words.items() if answer.answer != Answer.GIVEN]


def _held(consents: Consents) -> list[SelectChoice]:
    """Return the consents that can be withdrawn, as choices."""
    found = [
        SelectChoice(f"{guardian.position}-{purpose}", f"{PURPOSES[purpose]}: {guardian.name}")
        for guardian in consents.participant.guardians
        for purpose in Purpose
        if consents.of(guardian, purpose).holds
    ]
    if consents.assent.holds:
        child = consents.participant.name
        found.append(SelectChoice(f"0-{Purpose.TAKING_PART}", f"{PURPOSES[Purpose.TAKING_PART]}: {child}"))
    return found


def _giver(person: Participant) -> Guardian | None:
    """Return the guardian whose paper it is as the address says, None for the child's own."""
    if request.args.get("by") == "child":
        if not asks_child(person):
            abort(404)
        return None
    return _guardian(person, request.args.get("by", 0, type=int))


def _guardian(person: Participant, guardian_id: int) -> Guardian:
    return next((one for one in person.guardians if one.id == guardian_id), None) or abort(404)


def _asks_notary(person: Participant) -> bool:
    crosses = any(entry.stage.crosses_border for entry in person.entries)
    return crosses and person.country in person.march.notarised_countries
