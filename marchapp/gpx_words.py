"""What to tell somebody whose file cannot be used, in their language."""

from flask_babel import gettext as _
from flask_babel import ngettext

from marchapp.config import MEBIBYTE
from marchapp.geo import errors
from marchapp.i18n import figure, km


def explain(error: errors.UnusableInput) -> str:
    """Return one or two sentences: what is wrong with the file, and what to do next."""
    match error:
        case errors.EmptyFile():
            return _("The file is empty. Export it again and send the new file.")
        case errors.TruncatedGpx(line=line):
            return _(
                "The file breaks off at line %(line)s. Copy or export it again and send all of it.",
                line=figure(line),
            )
        case errors.MalformedGpx(line=line):
            return _("The file is damaged at line %(line)s. Export it again.", line=figure(line))
        case errors.DamagedFit():
            return _(
                "The FIT file is damaged or breaks off. Copy it from the watch again, "
                "or export the recording as GPX."
            )
        case errors.ForbiddenDoctype():
            return _("The file has a DOCTYPE, which GPX and TCX do not use. Export it again.")
        case errors.TooLarge(limit_bytes=limit_bytes):
            limit = figure(limit_bytes // MEBIBYTE)
            return _("The file is larger than %(limit)s MiB. Send the file of this stage only.", limit=limit)
        case errors.TakesTooLong():
            return _(
                "The file takes too long to read. Send the recording of this stage only, "
                "or export it again with fewer points."
            )
        case errors.NoPoints(points_read=points_read, dropped=dropped):
            return _explain_no_points(points_read, points_read - dropped)
        case errors.NoTimes(points=points, timed=timed):
            return ngettext(
                "Only %(num)d of %(points)s points has a time of its own. "
                "Export the recording with its times.",
                "Only %(num)d of %(points)s points have a time of their own. "
                "Export the recording with its times.",
                timed,
                points=figure(points),
            )
        case errors.TooFarAway(distance_m=distance_m):
            return _(
                "The recording is %(distance)s away from the planned route. "
                "Choose the recording of this stage, or have the planned route put right.",
                distance=km(distance_m),
            )
        case _:
            return _("This is not a GPX, FIT or TCX file. Export as GPX and send that file.")


def _explain_no_points(read: int, usable: int) -> str:
    if not read:
        return _("There is no route and no track in this file. Send a file that has one.")
    return _(
        "Of the %(read)s points in the file, %(usable)s can be used, which makes no line. Export it again.",
        read=figure(read),
        usable=figure(usable),
    )
