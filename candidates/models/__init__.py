"""What exists: every table of the product and the rules that the database itself holds."""

from candidates.models.access_keys import AccessKey, AccessKeyScope, AccessToken, AnsweredCall, ExternalTest, Scope
from candidates.models.accounts import User
from candidates.models.attendance import Attendance, AttendanceMark, IdCheck, JoinedSpare, Presence
from candidates.models.audit import AuditEvent, AuditSeal, SealedRow
from candidates.models.candidates import Candidate
from candidates.models.exports import Export
from candidates.models.file_formats import ListFormat, UserFileColumn, UserFileFormat
from candidates.models.imported import ImportedChange, ImportedRemoval
from candidates.models.imports import Import, ImportChunk
from candidates.models.joining import AllowedJoiner, Joining, JoiningList, JoinRequest
from candidates.models.locations import Location, Spread, SpreadMove
from candidates.models.logins import RecoveryCode, SealedPassword, SecondStep, Session, SlipPrint, SsoIdentity
from candidates.models.lti import LtiCourse, LtiDeployment, LtiPlatform, UsedLaunch
from candidates.models.operations import AgedOut, RetentionKind, ScheduledJob, SentForm
from candidates.models.papers import PrintedSlip, RoomPack
from candidates.models.permanent_users import ListMember, ListShare, PermanentUser, PermanentUserList
from candidates.models.prepared import PreparedPerson
from candidates.models.rosters import RosterConnection, RosterEnrolment, RosterIdentity, RosterSnapshot, RosterState
from candidates.models.scales import ScaleGrade
from candidates.models.submissions import AnswerVersion, Mark, Submission
from candidates.models.tests import Contributor, Test
from candidates.models.webhooks import Delivery, Subscription, WebhookEvent

__all__ = [
    "AccessKey",
    "AccessKeyScope",
    "AccessToken",
    "AgedOut",
    "AllowedJoiner",
    "AnswerVersion",
    "AnsweredCall",
    "Attendance",
    "AttendanceMark",
    "AuditEvent",
    "AuditSeal",
    "Candidate",
    "Contributor",
    "Delivery",
    "Export",
    "ExternalTest",
    "IdCheck",
    "Import",
    "ImportChunk",
    "ImportedChange",
    "ImportedRemoval",
    "JoinRequest",
    "JoinedSpare",
    "Joining",
    "JoiningList",
    "ListFormat",
    "ListMember",
    "ListShare",
    "Location",
    "LtiCourse",
    "LtiDeployment",
    "LtiPlatform",
    "Mark",
    "PermanentUser",
    "PermanentUserList",
    "PreparedPerson",
    "Presence",
    "PrintedSlip",
    "RecoveryCode",
    "RetentionKind",
    "RoomPack",
    "RosterConnection",
    "RosterEnrolment",
    "RosterIdentity",
    "RosterSnapshot",
    "RosterState",
    "ScaleGrade",
    "ScheduledJob",
    "Scope",
    "SealedPassword",
    "SealedRow",
    "SecondStep",
    "SentForm",
    "Session",
    "SlipPrint",
    "Spread",
    "SpreadMove",
    "SsoIdentity",
    "Submission",
    "Subscription",
    "Test",
    "UsedLaunch",
    "User",
    "UserFileColumn",
    "UserFileFormat",
    "WebhookEvent",
]
