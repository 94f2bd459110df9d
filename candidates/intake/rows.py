"""Hold the one shape in which every source hands candidates to the door."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """Describe one candidate who may be added to a test.

    `number` is the row that a spreadsheet shows (the position in the form for rows that were typed), `candidate_id` is
    cleaned or empty (empty: the next generated ID, D1), `extra_minutes` are whole minutes (D11), `location`
    is (building, room) with at least one of them not empty. With an `sso_user_id` it is an SSO candidate, of the
    authentication type with that slug; with an `account`, the key of a User, it is that permanent user.
    """

    number: int
    candidate_id: str
    extra_minutes: int
    location: tuple[str, str] | None = None
    sso_user_id: str = ""
    authentication_type: str = ""
    private_reference: str = ""
    account: int | None = None
