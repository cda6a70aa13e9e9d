"""The tables that all features share."""

from marchapp.models.account import Account, Appointment, Role
from marchapp.models.audit import AuditEvent
from marchapp.models.group import Group, GroupGuide, Membership
from marchapp.models.march import Checkpoint, March, PlannedRoute, Quota, RouteDraft, Stage
from marchapp.models.outbox import Message
from marchapp.models.participant import Category, Participant, StageEntry
from marchapp.models.track import Track, TrackComparison

__all__ = [
    "Account",
    "Appointment",
    "AuditEvent",
    "Category",
    "Checkpoint",
    "Group",
    "GroupGuide",
    "March",
    "Membership",
    "Message",
    "Participant",
    "PlannedRoute",
    "Quota",
    "Role",
    "RouteDraft",
    "Stage",
    "StageEntry",
    "Track",
    "TrackComparison",
]
