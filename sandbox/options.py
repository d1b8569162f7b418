"""What can be chosen about a sandbox: one frozen dataclass, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sandbox.faults import FaultRule
from sandbox.sliders import Hand

LoginForm = Literal["old", "new", "mixed"]
# One number for every shop, or several that the shops take in turn.
PerShop = int | tuple[int, ...]
StringStyle = Literal["shared", "inline", "mixed"]
DeadSessionAnswer = Literal["redirect", "html", "message", "mixed"]

# Excel's own limit of rows in a sheet, less the header.
MAX_ROWS = 1_048_575
# No two messages of a conversation are of the same second, and the longest conversation must fit into a day.
MAX_MESSAGES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """The parameters of one sandbox. Equal options serve equal reports; only ports, tokens and times differ.

    Raises `ValueError` with the name of the option that cannot be.
    """

    # --- the world
    shops: int = 3
    """How many JD shops there are: `sandbox-01`, `sandbox-02`, …"""
    pdd_shops: int = 2
    """How many Pinduoduo shops there are: `pdd-01`, `pdd-02`, …"""
    shops_of_a_login: int = 1
    """How many shops of a platform have one user name: from 2 on, a page asks which of them is meant."""
    seed: int = 20260301
    """All report contents follow from seed, shop and date."""
    shop_names: tuple[str, ...] = ()
    """Display names of the first JD shops, in order, in place of the built-in ones (to try a hostile name)."""
    pdd_shop_names: tuple[str, ...] = ()
    """The same for Pinduoduo."""
    faults: tuple[FaultRule, ...] = ()
    """Faults that are set from the start."""
    recordings: Path | None = None
    """A folder of answers that `scrapy doctor` has saved: they are given in place of the sandbox's own."""
    changes: tuple[str, ...] = ()
    """Facts of the portals that have changed, by their names (`sandbox/changed.py`)."""

    # --- what the reports hold
    rows: int = 200
    """Data rows of every JD report."""
    reviews: PerShop = (90, 0)
    """Reviews with 1 to 3 stars that a Pinduoduo shop gets on a day; half as many have more stars."""
    goods: PerShop = (97, 41)
    """Goods in a Pinduoduo shop's list of product quality."""
    conversations: PerShop = 12
    """Buyers that a Pinduoduo shop talks with on a day."""
    messages_per_conversation: int = 15
    """How many messages they exchange in the mean; each conversation has at least one, at most twice as many."""

    # --- the server
    base_port: int | None = None
    """Ports base_port, base_port + 1, … instead of free ones."""
    state_file: Path | None = None
    """Where live sessions are kept, so that a restarted sandbox still knows them. None: for the life of the process."""
    cache_megabytes: int = 1024
    """Disk that made reports may take in the temporary folder of this sandbox."""

    # --- sign-in
    session_seconds: float = 12 * 3600
    """How long the server honours a session. The cookies themselves claim to live longer."""
    login_delay_seconds: float = 0.15
    """The login page's own timer between success and the jump to the home page."""
    code_seconds: float = 120.0
    """How long a code that the app scans is good for."""
    code_ask_seconds: float = 0.3
    """How often the login page asks what became of it."""
    form: LoginForm = "mixed"
    """Which of a platform's two login forms is shown; `mixed`: in turn, by page load. `?form=` decides for one load."""
    dead_session_answer: DeadSessionAnswer = "mixed"
    """What a dead session is told: by data endpoints, and (Pinduoduo) how a page leads to the login page; `mixed`: each
    as it usually does."""
    hand: Hand = field(default_factory=Hand)
    """What is taken for a hand where a slider's path is judged."""
    kicked_after: int = 20
    """How many calls of the data interface a session lives with fault `kicked`."""

    # --- report jobs
    report_seconds: float = 1.0
    """How long a report job takes."""
    empty_link_seconds: float = 0.3
    """How long a finished job is listed without a link."""
    link_seconds: float = 3600
    """How long a download link is good for."""
    link_dead_seconds: float = 1.0
    """How long after a report is done links are dead, with fault `link_dead_first`."""
    listed_late_seconds: float = 1.0
    """How late a job comes into the list with fault `listed_late`."""
    clock_skew_seconds: float = 0.0
    """How far the portal's clock is ahead of this machine's (negative: behind)."""
    strings: StringStyle = "mixed"
    """How workbooks hold text; `mixed`: odd shops shared strings, even shops inline strings."""
    slow_seconds: float = 2.0
    """The delay that fault `slow` puts before each answer."""
    retry_after_seconds: int = 1
    """The Retry-After that fault `too_many_requests` asks for."""

    # --- what `write_config` puts into portals.yaml
    poll_every_seconds: float = 0.2
    order_grace_seconds: float = 2.0
    report_deadline_seconds: float = 60.0
    requests_per_second: float = 20.0

    def __post_init__(self) -> None:
        """Refuses values that no sandbox can have."""
        for name in ("shops", "pdd_shops"):
            if not 0 <= getattr(self, name) <= 999:
                raise ValueError(f"sandbox option {name} is {getattr(self, name)}; expected 0 to 999")
        if self.shops + self.pdd_shops == 0:
            raise ValueError("sandbox options shops and pdd_shops are both 0; expected a shop on one of the platforms")
        if not 1 <= self.shops_of_a_login <= 999:
            raise ValueError(f"sandbox option shops_of_a_login is {self.shops_of_a_login}; expected 1 to 999")
        if not 0 <= self.rows <= MAX_ROWS:
            raise ValueError(f"sandbox option rows is {self.rows}; expected 0 to {MAX_ROWS} (a sheet holds no more)")
        if self.base_port is not None and not 1024 <= self.base_port <= 65000:
            raise ValueError(f"sandbox option base_port is {self.base_port}; expected 1024 to 65000, or none")
        for name in _PER_SHOP:
            numbers = getattr(self, name)
            if numbers == () or min([numbers] if isinstance(numbers, int) else numbers) < 0:
                raise ValueError(f"sandbox option {name} is {numbers}; expected 0 or more, or several such numbers")
        if not 1 <= self.messages_per_conversation <= MAX_MESSAGES:
            raise ValueError(
                f"sandbox option messages_per_conversation is {self.messages_per_conversation}; "
                f"expected 1 to {MAX_MESSAGES}"
            )
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise ValueError(f"sandbox option {name} is {getattr(self, name)}; expected 0 or more")
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"sandbox option {name} is {getattr(self, name)}; expected more than 0")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"sandbox option {name} is {getattr(self, name)!r}; expected one of {', '.join(choices)}"
                )


def of_shop(option: PerShop, number: int) -> int:
    """The number that a `PerShop` option has for a platform's shop of that number (counted from 1)."""
    return option if isinstance(option, int) else option[(number - 1) % len(option)]


_PER_SHOP = ("reviews", "goods", "conversations")
_NOT_NEGATIVE = (
    "cache_megabytes",
    "login_delay_seconds",
    "report_seconds",
    "empty_link_seconds",
    "link_seconds",
    "link_dead_seconds",
    "listed_late_seconds",
    "slow_seconds",
    "retry_after_seconds",
    "kicked_after",
)
_POSITIVE = (
    "requests_per_second",
    "poll_every_seconds",
    "order_grace_seconds",
    "report_deadline_seconds",
    "session_seconds",
    "code_seconds",
    "code_ask_seconds",
)
_CHOICES = {
    "form": ("old", "new", "mixed"),
    "strings": ("shared", "inline", "mixed"),
    "dead_session_answer": ("redirect", "html", "message", "mixed"),
}
