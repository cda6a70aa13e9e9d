"""The tables that all features share."""

from marchapp.models.account import Account, Appointment, Role
from marchapp.models.assignment import AssignmentRun, RunState
from marchapp.models.attendance import PointKind, RollMark, RollPoint, RollStanding, RollState
from marchapp.models.audit import AuditEvent
from marchapp.models.barrier import Barrier
from marchapp.models.category import Category
from marchapp.models.consent import (
    Answer,
    ConsentAnswer,
    ConsentRequest,
    ConsentScan,
    ConsentText,
    Guardian,
    Purpose,
)
from marchapp.models.document import DocumentKind, NotarisedConsent, TravelDocument
from marchapp.models.group import Group, GroupGuide, Membership
from marchapp.models.key_check import KeyCheck
from marchapp.models.link import LinkKind, PrivateLink
from marchapp.models.manifest import CountPlace, ManifestCount, ManifestVersion
from marchapp.models.march import Checkpoint, March, PlannedRoute, RouteDraft, Stage
from marchapp.models.outbox import Erasing, Mailing, Message
from marchapp.models.participant import NameWord, Participant, StageEntry, Standing
from marchapp.models.party import Party, PartyKind, WhenFull
from marchapp.models.prepared_file import FileState, PreparedFile
from marchapp.models.quota import Quota, QuotaKind
from marchapp.models.roster import Change, PublishedGroup, PublishedGuide, PublishedPlace, RosterVersion
from marchapp.models.sign_in import SignIn
from marchapp.models.track import Recording, Track, TrackComparison

__all__ = [
    "Account",
    "Answer",
    "Appointment",
    "AssignmentRun",
    "AuditEvent",
    "Barrier",
    "Category",
    "Change",
    "Checkpoint",
    "ConsentAnswer",
    "ConsentRequest",
    "ConsentScan",
    "ConsentText",
    "CountPlace",
    "DocumentKind",
    "Erasing",
    "FileState",
    "Group",
    "GroupGuide",
    "Guardian",
    "KeyCheck",
    "LinkKind",
    "Mailing",
    "ManifestCount",
    "ManifestVersion",
    "March",
    "Membership",
    "Message",
    "NameWord",
    "NotarisedConsent",
    "Participant",
    "Party",
    "PartyKind",
    "PlannedRoute",
    "PointKind",
    "PreparedFile",
    "PrivateLink",
    "PublishedGroup",
    "PublishedGuide",
    "PublishedPlace",
    "Purpose",
    "Quota",
    "QuotaKind",
    "Recording",
    "Role",
    "RollMark",
    "RollPoint",
    "RollStanding",
    "RollState",
    "RosterVersion",
    "RouteDraft",
    "RunState",
    "SignIn",
    "Stage",
    "StageEntry",
    "Standing",
    "Track",
    "TrackComparison",
    "TravelDocument",
    "WhenFull",
]
