"""The codes of every refusal that a person or a machine can meet, in one place.

A code is part of the interface: it stands in the `code` member of a problem document (RFC 9457), its text comes from
the translations of the page. Codes are only ever added.
"""

from enum import StrEnum


class Code(StrEnum):
    """Why a request was not carried out. The comment says who can meet it."""

    # any command
    CHANGED = "changed"  # the form was made from an older state of the case
    NOT_NOW = "not-now"  # the case is in a state in which this cannot be done
    CLOSED = "closed"  # the case is closed
    ERASED = "erased"  # the personal data of the case were erased
    COMMAND_REUSED = "command-reused"  # the same Idempotency-Key came with another content
    CONFLICT = "conflict"  # somebody else changed it at the same moment
    BUSY = "busy"  # a server is overloaded or restarting
    # requests
    NOT_FOUND = "not-found"
    FORBIDDEN = "forbidden"
    SIGN_IN = "sign-in"
    METHOD = "method"
    INVALID = "invalid"
    MALFORMED = "malformed"
    CSRF = "csrf"
    TOO_MANY = "too-many"
    TOO_LARGE = "too-large"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    # intake
    INCOMPLETE = "incomplete"  # required answers are missing
    DECLARATION = "declaration"  # a declaration was not given
    NO_OFFICE = "no-office"  # no office is known for the place of residence
    ALREADY_SUBMITTED = "already-submitted"
    EMPTY_MESSAGE = "empty-message"
    TOO_MANY_LETTERS = "too-many-letters"
    TOO_MANY_DRAFTS = "too-many-drafts"
    DRAFT_CHANGED = "draft-changed"  # another tab or device saved in between
    # documents
    EMPTY_FILE = "empty"
    FILE_TOO_LARGE = "file-too-large"
    TYPE_NOT_ALLOWED = "type-not-allowed"
    NOT_WHAT_IT_SAYS = "not-what-it-says"
    PASSWORD = "password"  # noqa: S105 the file asks for one
    MALWARE = "malware"
    UNREADABLE = "unreadable"
    TOO_MANY_FILES = "too-many-files"
    TOO_MANY_UPLOADS = "too-many-uploads"
    # review
    NOT_ASSIGNED = "not-assigned"  # take the case first
    TAKEN = "taken"  # somebody else works on it
    SAME_PERSON = "same-person"  # the second pair of eyes must be another person
    NO_PROPOSAL = "no-proposal"
    DEADLINE_PAST = "deadline-past"
    NOTHING_REQUESTED = "nothing-requested"
    # scheduling
    NOT_OFFERED = "not-offered"
    OFFER_EXPIRED = "offer-expired"
    SLOT_TAKEN = "slot-taken"
    SLOT_UNKNOWN = "slot-unknown"
    NO_APPOINTMENT = "no-appointment"
    TOO_MANY_CHOICES = "too-many-choices"
