"""What is a portal's own about a report: how it is ordered and listed, and how long what may take."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from shopdata.config import Portal
from shopdata.crawling.report_jobs.limits import OrderLimits
from shopdata.crawling.report_jobs.listed import ListShape, Report
from shopdata.crawling.report_jobs.orders import ReportJob


@dataclass(frozen=True)
class Placed:
    """What the answer to an order says: how the report is called, or its id."""

    name: str = ""
    id: str = ""


class ReportWay(Protocol):
    """What is a portal's own: how one of its reports is ordered and listed."""

    #: How messages call the portal, and where a person sees the list.
    portal_name: str
    list_page: str

    @property
    @abstractmethod
    def shape(self) -> ListShape:
        """What stands where in an entry of the list."""

    @abstractmethod
    async def place(self, may_leave: Callable[[], Awaitable[None]]) -> Placed:
        """Sends an order once.

        Args:
            may_leave: as `PortalClient.ask_json` has it.

        Raises:
            ReportRefusedError, NotReadyError: the portal says no.
            PortalError, RiskBlockedError: whether it was taken is not known.
        """

    @abstractmethod
    async def listed(self, job: ReportJob | None) -> list[Report]:
        """The list as it is now; `job` is what is looked for, where that is known. Raises PortalError."""


@dataclass(frozen=True)
class JobPace:
    """How long what may take; in seconds."""

    #: Between two looks into the list.
    poll_every: float
    #: From the order on until the report is done.
    deadline: float
    #: A report that was ordered is in the list by then; only after it, it is ordered again.
    order_grace: float
    #: How often a report is ordered while nobody knows whether an order was taken.
    max_orders: int
    limits: OrderLimits = field(default_factory=OrderLimits)

    @classmethod
    def of(cls, portal: Portal) -> JobPace:
        """As portals.yaml says."""
        return cls(
            portal.poll_every_seconds, portal.report_deadline_seconds, portal.order_grace_seconds, portal.max_orders
        )
