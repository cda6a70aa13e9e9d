"""The tables that all features share."""

from marchapp.models.account import Account, Appointment, Role
from marchapp.models.attendance import PointKind, RollMark, RollPoint, RollStanding, RollState
from marchapp.models.audit import AuditEvent
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
from marchapp.models.link import LinkKind, PrivateLink
from marchapp.models.march import Checkpoint, March, PlannedRoute, RouteDraft, Stage
from marchapp.models.outbox import Mailing, Message
from marchapp.models.participant import NameWord, Participant, StageEntry, Standing
from marchapp.models.party import Party, PartyKind, WhenFull
from marchapp.models.quota import Quota, QuotaKind
from marchapp.models.roster import Change, PublishedGroup, PublishedGuide, PublishedPlace, RosterVersion
from marchapp.models.track import Recording, Track, TrackComparison

__all__ = [
    "Account",
    "Answer",
    "Appointment",
    "AuditEvent",
    "Category",
    "Change",
    "Checkpoint",
    "ConsentAnswer",
    "ConsentRequest",
    "ConsentScan",
    "ConsentText",
    "DocumentKind",
    "Group",
    "GroupGuide",
    "Guardian",
    "LinkKind",
    "Mailing",
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
    "Stage",
    "StageEntry",
    "Standing",
    "Track",
    "TrackComparison",
    "TravelDocument",
    "WhenFull",
]
