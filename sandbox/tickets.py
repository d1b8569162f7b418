"""One-time tickets: what a page is given to come back with."""

from __future__ import annotations

import secrets
from collections import OrderedDict

MAX_OPEN_TICKETS = 10_000


class Tickets:
    """One-time tickets and what each stands for. The oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, str] = OrderedDict()

    def issue(self, meaning: str) -> str:
        """A new ticket."""
        ticket = secrets.token_hex(12)
        self._open[ticket] = meaning
        if len(self._open) > MAX_OPEN_TICKETS:
            self._open.popitem(last=False)
        return ticket

    def look(self, ticket: str) -> str | None:
        """What the ticket stands for, as `redeem`; it stays good."""
        return self._open.get(ticket)

    def redeem(self, ticket: str) -> str | None:
        """What the ticket stood for; None if it was never issued or is used up."""
        return self._open.pop(ticket, None)
