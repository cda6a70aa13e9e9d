"""Whom to ask for what: each question is noted, and sent to those who have an address."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import ConsentRequest, ConsentText, Guardian, Participant, PrivateLink, Purpose
from marchapp.registration import letters
from marchapp.registration.consent.links import first_link, link_for_letter, revoke_links
from marchapp.registration.consent.state import Consent, Consents, purposes_for


def ask_what_is_open(
    session: Session, consents: Consents, texts: Mapping[Purpose, ConsentText], *, now: datetime
) -> None:
    """Note what each guardian is asked, and write to those who have an address."""
    for guardian in consents.participant.guardians:
        to_ask = [
            purpose
            for purpose in consents.asked
            if _is_to_be_asked(consents.of(guardian, purpose), guardian, texts[purpose])
        ]
        if not to_ask:
            continue
        if _has_other_address(consents, guardian):
            revoke_links(session, guardian, now=now)
        _note_requests(session, guardian, [texts[purpose] for purpose in to_ask], now=now)
        if guardian.email:
            link = link_for_letter(session, guardian, now=now)
            letters.consent_asked(session, guardian, link=link, now=now)


def ask_first(
    session: Session, child: Participant, texts: Mapping[Purpose, ConsentText], *, now: datetime
) -> list[PrivateLink]:
    """Note what the guardians of a child who is being stored are asked; return the links to send them."""
    crosses = any(stage.crosses_border for stage in child.march.stages if stage.id in child.stage_ids)
    asked = [texts[purpose] for purpose in purposes_for(child, crosses=crosses)]
    for guardian in child.guardians:
        session.add_all(
            ConsentRequest(guardian=guardian, text=text, asked_at=now, address=guardian.email)
            for text in asked
        )
    links = [first_link(guardian, now=now) for guardian in child.guardians if guardian.email]
    session.add_all(links)
    return links


def _is_to_be_asked(consent: Consent, guardian: Guardian, text: ConsentText) -> bool:
    """Tell whether a question is due: a first one, a new text, a new address, or notes after a refusal."""
    if consent.request is None or consent.request.text_id != text.id:
        return True
    if consent.is_open:
        return consent.request.address != guardian.email
    # What is refused is deleted; notes that are there all the same were written anew.
    return consent.purpose == Purpose.HEALTH_DATA and consent.is_denied


def _has_other_address(consents: Consents, guardian: Guardian) -> bool:
    requests = [consent.request for consent in consents.of_guardians[guardian.id].values() if consent.request]
    return any(request.address != guardian.email for request in requests)


def _note_requests(
    session: Session, guardian: Guardian, texts: Collection[ConsentText], *, now: datetime
) -> None:
    """Note when a guardian was asked with these texts, for the first time or again."""
    theirs = select(ConsentRequest).where(ConsentRequest.guardian_id == guardian.id)
    asked = {request.text_id: request for request in session.scalars(theirs)}
    for text in texts:
        request = asked.get(text.id) or ConsentRequest(guardian_id=guardian.id, text_id=text.id)
        request.asked_at, request.address = now, guardian.email
        session.add(request)
    session.flush()
