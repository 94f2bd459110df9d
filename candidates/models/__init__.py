"""What exists: every table of the product and the rules that the database itself holds."""

from candidates.models.accounts import SsoIdentity, User
from candidates.models.audit import AuditEvent
from candidates.models.candidates import Candidate
from candidates.models.drafts import ImportDraft
from candidates.models.imports import CandidateImport, ImportedChange
from candidates.models.locations import Location
from candidates.models.login_details import SealedPassword, SlipPrint
from candidates.models.permanent_users import ListMember, ListShare, PermanentUser, PermanentUserList
from candidates.models.retention import AgedOut, Ages
from candidates.models.schedule import ScheduledJob
from candidates.models.seals import AuditSeal, SealedRow
from candidates.models.second_step import RecoveryCode, SecondStep
from candidates.models.sent_forms import SentForm
from candidates.models.sessions import Session
from candidates.models.submissions import AnswerVersion, Mark, Submission
from candidates.models.tests import Contributor, Test
from candidates.models.user_imports import UserFileColumn, UserFileFormat, UserImport, UserImportChunk

__all__ = [
    "AgedOut",
    "Ages",
    "AnswerVersion",
    "AuditEvent",
    "AuditSeal",
    "Candidate",
    "CandidateImport",
    "Contributor",
    "ImportDraft",
    "ImportedChange",
    "ListMember",
    "ListShare",
    "Location",
    "Mark",
    "PermanentUser",
    "PermanentUserList",
    "RecoveryCode",
    "ScheduledJob",
    "SealedPassword",
    "SealedRow",
    "SecondStep",
    "SentForm",
    "Session",
    "SlipPrint",
    "SsoIdentity",
    "Submission",
    "Test",
    "User",
    "UserFileColumn",
    "UserFileFormat",
    "UserImport",
    "UserImportChunk",
]
