"""What was done, in words: the one list of acts that the log holds, and the names of what they change."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

# By the kind of act, as coordinators search for it.
KINDS = {
    "sign_in": _l("Signing in"),
    "account": _l("Accounts and roles"),
    "secret": _l("Health notes and documents opened"),
    "taken": _l("Files taken along"),
    "person": _l("Participants"),
    "consent": _l("Consents"),
    "march": _l("March, stages and routes"),
    "group": _l("Groups and rosters"),
    "walk": _l("Border and recordings"),
    "erased": _l("Erased and deleted"),
}
ACTIONS = {
    "sign_in": {
        "account.signed_in": _l("Signed in."),
        "account.sign_in_failed": _l("A sign-in failed."),
        "account.signed_out": _l("Was signed out on other devices."),
    },
    "account": {
        "account.password_changed": _l("The password was changed."),
        "account.second_step_changed": _l("The second step of the sign-in was changed."),
        "account.passkey_made": _l("A passkey was made."),
        "account.passkey_taken_away": _l("A passkey was taken away."),
        "role.given": _l("A role was given."),
        "role.taken": _l("A role was taken away."),
        "member.invited": _l("Was invited to the team."),
        "member.changed": _l("What is known of somebody of the team was changed."),
        "member.dismissed": _l("Is not in the team of the march any more."),
        # As long as only guides were invited:
        "guide.invited": _l("Was invited as a guide."),
        "guide.changed": _l("What is known of a guide was changed."),
        "guide.dismissed": _l("Is no guide of the march any more."),
    },
    "secret": {
        "participant.health_notes_opened": _l("The notes on health were opened."),
        "participant.contacts_opened": _l("The emergency contact was looked up."),
        "participant.documents_opened": _l("The numbers of documents were opened."),
        "participant.data_taken": _l("All that is held on this person was taken along."),
        "consent_scan.opened": _l("The scan of a paper about consent was opened."),
        "manifest.seen": _l("The manifest was looked at."),
    },
    "taken": {
        "participants.exported": _l("The list was taken along, with health notes or numbers of documents."),
        "participants.downloaded": _l("The list of participants was taken along."),
        "manifest.downloaded": _l("The manifest was taken along."),
        "rosters.downloaded": _l("Rosters were taken along."),
        "sign_in_sheets.downloaded": _l("Sign-in sheets were taken along."),
        "badges.downloaded": _l("Badges were taken along."),
        "groups.downloaded": _l("The list of groups was taken along."),
        "roll_calls.downloaded": _l("The roll calls were taken along."),
        "tracks.downloaded": _l("The figures of the tracks were taken along."),
    },
    "person": {
        "participant.signed_up": _l("Signed up."),
        "participant.changed": _l("Answers were changed."),
        "participant.cancelled": _l("The sign-up was cancelled."),
        "participant.restored": _l("The sign-up was restored."),
        "participant.promoted": _l("Got a place from the line."),
        "participant.lost_place": _l("The place was given on, as consent was missing."),
        "participant.moved_to_party": _l("Moved to another party."),
        "participant.merged": _l("Two sign-ups of this person were merged."),
        "participant.link_sent": _l("A private link was sent."),
        "participant.links_closed": _l("The private links were closed."),
        "party.contact_changed": _l("The contact of the party was changed."),
        "mailing.sent": _l("A letter to many was sent."),
    },
    "consent": {
        "consent.answered": _l("A guardian answered about consent."),
        "consent.recorded": _l("A paper about consent was recorded."),
        "consent.withdrawn": _l("A consent was withdrawn."),
        "consent.link_sent": _l("A guardian was sent a link to answer about consent."),
        "consent.left_groups": _l("Left the groups, as a consent was withdrawn."),
        "consent_text.written": _l("A text about consent was changed."),
        "notarised_consent.seen": _l("The consent confirmed by a notary was looked at."),
    },
    "march": {
        "march.changed": _l("The settings of the march were changed."),
        "stage.added": _l("A stage was added."),
        "stage.changed": _l("The stage was changed."),
        "timetable.changed": _l("The timetable was changed."),
        "route.saved": _l("The planned route was saved."),
    },
    "group": {
        "people.moved": _l("People were moved between groups."),
        "people.locked": _l("Somebody was locked in a group."),
        "people.unlocked": _l("Somebody was unlocked in a group."),
        "group.made": _l("A group was made."),
        "group.changed": _l("The group was changed."),
        "group.deleted": _l("A group was deleted."),
        "group.locked": _l("A group was locked."),
        "group.unlocked": _l("A group was unlocked."),
        "groups.copied": _l("The groups of another stage were copied."),
        "roster.asked": _l("A roster was asked for."),
        "roster.applied": _l("A computed roster was applied."),
        "roster.taken_back": _l("A computed roster was taken back."),
        "roster.published": _l("The roster was published."),
    },
    "walk": {
        "border.counted": _l("People were counted at the border."),
        "manifest.frozen": _l("The manifest was frozen."),
        "recording.uploaded": _l("A recording was sent."),
        "recording.left_out": _l("A recording was left out."),
        "recording.taken_back": _l("A recording was taken in again."),
    },
    "erased": {
        "participant.erasure_asked": _l("Erasure was asked for."),
        "participant.erased": _l("The data were erased."),
        "participant.health_notes_deleted": _l("The notes on health were deleted, as they were due."),
        "health_notes.deleted": _l("The notes on health were deleted, as consent to them was refused."),
        "retention.changed": _l("How long data are kept was changed."),
        "retention.carried_out": _l("Data were deleted, as they were due."),
    },
}
SENTENCES = {action: words for kind in ACTIONS.values() for action, words in kind.items()}

# Why notes on health are opened.
REASONS = {
    "injury": _l("Somebody is ill or hurt now"),
    "medicine": _l("A medicine or a meal is due"),
    "prepare": _l("To prepare the day with the group"),
    "asked": _l("The person or a guardian asked for it"),
    "other": _l("Another reason"),
}

# What a change may concern; a name that is not here is shown as it is.
FIELDS = {
    "name": _l("Name"),
    "summary": _l("Summary"),
    "starts_on": _l("First day"),
    "ends_on": _l("Last day"),
    "time_zone": _l("Time zone"),
    "contact_email": _l("E-mail of the contact"),
    "contact_name": _l("Name of the contact"),
    "contact_phone": _l("Phone of the contact"),
    "is_public": _l("Shown to the public"),
    "shows_places": _l("Shows places"),
    "shows_comparisons": _l("Shows comparisons"),
    "signup_opens_at": _l("Sign-up opens"),
    "signup_closes_at": _l("Sign-up closes"),
    "children_per_adult": _l("Children per adult"),
    "adult_age": _l("Of age from"),
    "assent_age": _l("Asked themselves from"),
    "days_for_consent": _l("Days for consent"),
    "notarised_countries": _l("Countries that ask for a notary"),
    "places": _l("Places"),
    "day": _l("Day"),
    "start_name": _l("Start"),
    "finish_name": _l("Finish"),
    "starts_at": _l("Starts"),
    "finishes_at": _l("Finishes"),
    "crosses_border": _l("Crosses a border"),
    "crossing_point": _l("Crossing point"),
    "legal_basis": _l("Legal basis"),
    "number": _l("Number"),
    "min_size": _l("Smallest size"),
    "max_size": _l("Largest size"),
    "meeting_point": _l("Meeting point"),
    "guide_ids": _l("Guides"),
    "phone": _l("Phone"),
    "email": _l("E-mail"),
    "language": _l("Language"),
    "spoken_languages": _l("Languages spoken"),
    "knows_first_aid": _l("Knows first aid"),
    "roles": _l("Roles"),
    "given_name": _l("Given name"),
    "family_name": _l("Family name"),
    "native_name": _l("Name in the own script"),
    "birth_date": _l("Born"),
    "country": _l("Country"),
    "municipality": _l("Municipality"),
    "category": _l("Category"),
    "diet": _l("Diet"),
    "emergency_name": _l("Emergency contact"),
    "emergency_phone": _l("Phone of the emergency contact"),
    "school": _l("School"),
    "school_class": _l("Class"),
    "health_notes": _l("Notes on health"),
    "documents": _l("Documents"),
    "guardians": _l("Guardians"),
    "notarised": _l("Consent confirmed by a notary"),
    "stages": _l("Stages"),
}


def reason_of(details: Mapping[str, Any]) -> str:
    """Say why something was done: what was chosen from a list, or written."""
    return str(details.get("reason") or REASONS.get(details.get("why", ""), ""))


def sentence(action: str) -> str:
    """Say what was done."""
    return str(SENTENCES[action]) if action in SENTENCES else _("Recorded: %(action)s", action=action)
