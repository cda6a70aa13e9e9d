"""How often somebody may do what. Every size stands here, with who must get through all the same.

Who signed in is counted by account, others by address: a school, a town hall or a phone company shows the
world a single one. Without Redis each process of the web server counts for itself, so that as many times more
get through.
"""

from time import time

from flask import Response, request, session
from flask_limiter import RequestLimit
from flask_limiter.util import get_remote_address

# A school sends four classes of thirty in an hour, each form up to three times until all is right and
# once more from the review, and one class at the same moment. Sixty guardians answer on one evening.
FORMS = "90 per minute; 600 per hour"
# Each causes letters: a class that lost its letter gets through, whoever wants to fill mailboxes does not.
LETTERS_ASKED_FOR = "40 per minute; 200 per hour"
# A coordinator who drags cards on the board.
FORMS_OF_AN_ACCOUNT = "300 per minute; 6000 per hour"
# A guide taps twice a second at most; a phone that was out of reach sends what it kept in a few batches. A
# hundred guides at once are a hundred accounts.
MARKS = "300 per minute"
# Each is read and mostly compared at once. A coordinator sends what a hundred groups recorded in an evening.
UPLOADS = "30 per minute; 300 per hour"
# Each reads a whole march. Nobody needs more by hand; who copies all people is slowed, and seen in the log.
FILES = "30 per minute; 200 per hour"
# Private links that do not work: a class in which everybody typed theirs wrong twice.
WRONG_LINKS = "60 per minute; 600 per hour"

# Wrong passwords for one account from one address: a guide with cold fingers gets through, guessing does not.
# Who guesses from elsewhere locks nobody out: the owner comes from another address.
WRONG_PASSWORDS = "10 per 15 minute; 40 per day"
# Wrong codes of the second step for one account, from anywhere: whoever comes so far knows the password.
WRONG_CODES = "6 per minute; 30 per hour"

SIZES = {
    "registration.lost_link": LETTERS_ASKED_FOR,
    "registration.new_link": LETTERS_ASKED_FOR,
    "security.forgot_password": LETTERS_ASKED_FOR,
    "attendance.mark": MARKS,
    "attendance.marks": MARKS,
    "attendance.scan": MARKS,
    "tracks.upload": UPLOADS,
    "tracks.put_to": UPLOADS,
    "marches.edit_route": UPLOADS,
    "registration.record_paper": UPLOADS,
    "registration.export": FILES,
    "printing.stage": FILES,
    "printing.group": FILES,
    "attendance.file": FILES,
    "tracks.stage_file": FILES,
    "border.take": FILES,
}
FILES_TO_GET = {
    "registration.participants_csv",
    "registration.participants_xlsx",
    "registration.exported",
    "files.download",
}


def who() -> str:
    """Return whose tries are counted together."""
    account = session.get("_user_id")
    return f"account {account}" if account else get_remote_address()


def whose_password() -> str:
    """Return whose wrong passwords are counted together: those for one account from one address."""
    email = request.form.get("email", "").strip().lower()[:254]
    return f"password {session.get('_user_id') or email} {get_remote_address()}"


def whose_code() -> str:
    return f"code {session.get('tf_user_id')}"


def is_wrong(response: Response) -> bool:
    """Tell whether a form about a password or code is shown again; what is right leads on."""
    return response.status_code == 200


def size() -> str:
    """Return how often what is asked for now may be asked for, each page by itself."""
    if request.endpoint in FILES_TO_GET:
        return FILES
    usual = FORMS_OF_AN_ACCOUNT if "_user_id" in session else FORMS
    return SIZES.get(request.endpoint or "", usual)


def is_free() -> bool:
    """Tell whether what is asked for now may be asked for as often as one likes."""
    return request.method != "POST" and request.endpoint not in FILES_TO_GET


def has_no_secret() -> bool:
    return "token" not in (request.view_args or {})


def is_wrong_link(response: Response) -> bool:
    return response.status_code in (404, 410)


def seconds_until(limit: RequestLimit | None) -> int:
    """Return for how long whoever reached a limit has to wait."""
    return max(1, round(limit.reset_at - time())) if limit else 60
