"""Everything that can go wrong, as one tree; what each means, its docstring says.

::

    ShopdataError
    ├── UsageError        wrong arguments or configuration; nothing was asked of any portal (exit code 2)
    │                     ConfigError, ArgumentError
    ├── TransientError    the same question may succeed later, by itself
    │                     PortalError (OddAnswerError, ProxyError, TooLateError, UnclearSignInError), RiskBlockedError,
    │                     IncompleteError, NotReadyError, StoreError, LedgerError (LeaseLostError), DiskError,
    │                     BrowserError, RefreshError, AlertError
    ├── TerminalError     the same question gets the same answer until something is changed
    │                     ReportRefusedError, SessionRefusedError, UntrustedError, ForbiddenHostError,
    │                     RejectedFileError, ReceiptError
    └── NeedsPersonError  somebody must sign in or fix the credentials
                          CredentialsRefusedError, ChallengeError, WrongShopError, OtherKeyError, ParkedError,
                          BrowserMissingError

A sentence has four parts: what, where, what was found against what was expected, and what to do. None of them may
hold a password, a cookie or a link with its query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from shopdata.texts import one_line

#: Characters of a part of a sentence: what a portal says of itself may be as long as it likes.
_MOST_QUOTED, _MOST_SAID = 400, 2_000


class ShopdataError(Exception):
    """Base of all errors that are told to a person.

    Args:
        what: what went wrong, a clause without a full stop.
        where: file, line, key, shop or host; comes first in the sentence.
        found: what was there.
        expected: what should have been there.
        todo: what the reader can do about it, a sentence.
        code: what it is, for programs; finer than that of the class.
        params: the facts that go with the code, as `shopdata.reasons` takes them; no secrets.
    """

    #: What kind of trouble it is. `wording/tables/reasons.yaml` has texts for each.
    code: str = "failed"
    #: The cell state that this error leads to (docs/reference.md#states-of-a-cell).
    state: ClassVar[str] = "failed"

    def __init_subclass__(cls, *, code: str = "", **others: Any) -> None:
        super().__init_subclass__(**others)
        if code:
            cls.code = code

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        found: str = "",
        expected: str = "",
        todo: str = "",
        code: str = "",
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.found = found
        self.expected = expected
        self.todo = todo
        self.code = code or self.code
        self.params = dict(params or {})
        # Its facts travel with it through a pool: they are its attributes.
        super().__init__(what)

    def __str__(self) -> str:
        """All four parts as one line of prose: whatever they quote, no terminal obeys it, and it has an end."""
        where, found, expected = (one_line(part, _MOST_QUOTED) for part in (self.where, self.found, self.expected))
        what, todo = one_line(self.what, _MOST_SAID), one_line(self.todo, _MOST_SAID)
        parts = [f"{where}: {what}." if where else f"{what}."]
        if found and expected:
            parts.append(f"Found {found}, expected {expected}.")
        elif found:
            parts.append(f"Found {found}.")
        elif expected:
            parts.append(f"Expected {expected}.")
        if todo:
            parts.append(todo if todo.endswith((".", "?", "`")) else f"{todo}.")
        return " ".join(parts)


class UsageError(ShopdataError, code="usage_wrong"):
    """Raised before the first request: arguments or configuration are wrong."""


class ConfigError(UsageError, code="config_wrong"):
    """Raised by `config.load_config`; `problems` holds every mistake that was found, not only the first."""

    def __init__(self, problems: list[UsageError]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    def __str__(self) -> str:
        return self.what


class ArgumentError(UsageError, code="arguments_wrong"):
    """Raised when a command or spider is given an argument that it can't use."""


class TransientError(ShopdataError):
    """Asked again by itself: within the run where that is cheap, else by the next run."""


class PortalError(TransientError, code="portal_failed"):
    """Raised when a portal is down, slow, cuts a download short or answers what nobody knows.

    `retry_after_seconds` is how long it wants to be left alone, where it says so; `status` what HTTP said, where it was
    more than 0; `is_final` is True if asking on in this run changes nothing.
    """

    retry_after_seconds: float = 0
    status: int = 0
    is_final: bool = False

    @property
    def is_plain_no(self) -> bool:
        """True if HTTP says that the request itself was refused: nothing was done."""
        return 400 <= self.status < 500 and self.status not in (408, 425, 429, 499)


class OddAnswerError(PortalError, code="odd_answer"):
    """Raised when an answer came that is not as answers were, or larger than is safe. The same question would be
    answered so again: it is asked by the next run. What came is kept under `rejected/`."""

    is_final = True

    @classmethod
    def too_large(cls, where: str, most_bytes: int, key: str, look: str = "Look at what came") -> OddAnswerError:
        """For an answer that was cut; `key` is where the limit stands in portals.yaml."""
        return cls(
            "the portal's answer is larger than is allowed",
            code="answer_too_large",
            params={"most_bytes": most_bytes},
            where=where,
            found=f"more than {most_bytes:,} bytes",
            expected=f"at most `{key}` of portals.yaml",
            todo=f"{look}. If it is meant to be so large, raise the limit.",
        )


class ProxyError(PortalError, code="proxy_failed"):
    """Raised when the proxy on the way to a portal refuses, or can't be reached; whose name it has is in `network`.

    `is_final` is True if it refused user name or password: with wrong ones, accounts get locked.
    """


class TooLateError(PortalError, code="report_too_late"):
    """Raised when a report was not done by its deadline."""


class UnclearSignInError(PortalError, code="sign_in_unclear"):
    """Raised when a login page has taken user name and password and then shows neither the back office nor a refusal
    that we know. They are not sent again in this run: it may have been a refusal, and accounts get locked."""

    is_final = True


class RiskBlockedError(TransientError, code="risk_blocked"):
    """Raised when risk control answers instead of the portal. Asked again after a cool-down, a few times at most.

    `needs_person` is True if, should the cool-downs not help, somebody has to look into the portal. `rest_seconds` is
    how long the shop is left alone, by later runs too, where asking on makes it worse. `is_final` is True if the shop
    has cooled down often enough in this run, or is to be left alone.
    """

    needs_person = False
    rest_seconds: float = 0
    is_final = False


class IncompleteError(TransientError, code="rows_incomplete"):
    """Raised when paged rows do not add up to the portal's own total."""


class NotReadyError(TransientError, code="not_ready"):
    """Raised when the platform has not published the period yet."""

    state = "not_ready"


class StoreError(TransientError, code="store_failed"):
    """Raised by `store` when the object store is down, slow, full or refuses the keys."""


class LedgerError(TransientError, code="ledger_failed"):
    """Raised by `ledger` when the database can't be opened or written."""


class DiskError(TransientError, code="disk_failed"):
    """Raised by `files` when the state directory can't be written: mostly, because the disk is full."""


class BrowserError(TransientError, code="browser_failed"):
    """Raised when the browser can't be started on this machine, or dies: no shop's fault, and the same for all of them.
    Once it is known in a run, no other shop waits for it."""


class LeaseLostError(LedgerError, code="lease_lost"):
    """Raised when a run wants to write about what another run has taken over, because it seemed dead."""


class RefreshError(TransientError, code="refresh_failed"):
    """Raised by `lake.dremio` when a refresh was refused, failed or took too long."""


class AlertError(TransientError, code="alert_failed"):
    """Raised by `alerts` when a channel can't be reached or refuses a message; the next run tells it.

    `may_retry` is True if the same message may be taken a moment later, `is_too_large` if a smaller one would be.
    """

    may_retry = False
    is_too_large = False


class TerminalError(ShopdataError):
    """Asking again changes nothing until somebody changes something."""


class ReportRefusedError(TerminalError, code="report_refused"):
    """Raised when a portal refuses to create a report, or says that it failed."""


class SessionRefusedError(TerminalError, code="session_refused"):
    """Raised when a portal takes a session for dead that was made a moment ago: signing in on and on helps nobody."""


class UntrustedError(TerminalError, code="certificate_untrusted"):
    """Raised when a portal's certificate was signed by nobody whom we, or the browser, believe."""


class ForbiddenHostError(TerminalError, code="host_forbidden"):
    """Raised when a portal's link leads to a host outside `download_hosts`."""


class RejectedFileError(TerminalError, code="file_rejected"):
    """Raised when a file is not what it claims to be or breaks the dataset's contract; its bytes are kept."""

    state = "rejected"


class ReceiptError(TerminalError, code="receipt_odd"):
    """Raised when what lies under a receipt's key is none, or tells of something else than its key says; and when rows
    that are published would be lost because no receipt tells where they came from. Nothing is replaced then."""


class NeedsPersonError(ShopdataError, code="needs_person"):
    """A person must act; this shop waits, the others go on.

    Where `parks` is true, the shop is not asked again until `scrapy login`, changed credentials or `force=1`.
    """

    state = "needs_login"
    parks: ClassVar[bool] = True


class CredentialsRefusedError(NeedsPersonError, code="credentials_refused"):
    """Raised when the portal refuses user name or password. They are not tried again unchanged: accounts get locked."""


class ChallengeError(NeedsPersonError, code="challenge"):
    """Raised when the portal asks for a captcha, a slider or an SMS code."""


class WrongShopError(NeedsPersonError, code="wrong_shop"):
    """Raised after a sign-in that opened another shop than before, than `portal_name` says, or one we have already."""


class BrowserMissingError(NeedsPersonError, code="browser_missing"):
    """Raised when a shop must be signed in and no Chromium is to be found."""

    parks = False


class OtherKeyError(NeedsPersonError, code="other_key"):
    """Raised when a shop's saved session can't be opened with the key that is set now. It is not taken for none: the
    shop would sign in again, with its password and as a device that nobody knows, because of a variable."""

    parks = False


class ParkedError(NeedsPersonError, code="parked"):
    """Raised instead of asking a portal for a shop that waits for a person since an earlier run."""

    parks = False
