"""Shops that are not to be asked: they wait for a person, or for time to pass, also in later runs."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable
from datetime import datetime

from shopdata.config import Shop
from shopdata.exceptions import (
    CredentialsRefusedError,
    DiskError,
    LedgerError,
    NeedsPersonError,
    ParkedError,
    RiskBlockedError,
    ShopdataError,
)
from shopdata.periods import SHANGHAI
from shopdata.reasons import UNKNOWN, Reason
from shopdata.sessions.restraint import Restraint
from shopdata.sessions.sessions import SessionStore

logger = logging.getLogger(__name__)


def is_of_account(error: NeedsPersonError) -> bool:
    """True for what is the same for all shops that one login opens."""
    return isinstance(error, CredentialsRefusedError) or error.code == "account_locked"


class LeftAlone:
    """Kept for later runs beside the sessions. All of it is blocking."""

    def __init__(self, sessions: SessionStore, restraint: Restraint, shops: Iterable[Shop] = ()) -> None:
        self._sessions = sessions
        self._shops = tuple(shops)
        self._restraint = restraint
        #: Why shops were parked by this run: all that is asked for them comes to the same, and not to "since an earlier
        #: run".
        self._parked: dict[str, NeedsPersonError] = {}

    def keep(self, shop: Shop, error: ShopdataError) -> None:
        """Takes note of an error, if it means that the shop is to be left alone."""
        try:
            if isinstance(error, NeedsPersonError) and error.parks and error is not self._parked.get(shop.id):
                self._sessions.park(shop, Reason.of(error))
                self._parked[shop.id] = error
                if is_of_account(error):
                    self._keep_for_others(shop, error)
            elif isinstance(error, RiskBlockedError) and error.rest_seconds:
                self._restraint.rest(shop, error.rest_seconds, error.found)
        except (DiskError, LedgerError) as second:
            logger.error("%s: the next run tries the same again, for this could not be kept: %s", shop.id, second)

    def _keep_for_others(self, shop: Shop, error: NeedsPersonError) -> None:
        """What was refused is as wrong for the other shops of this login; sent on and on, it locks the account."""
        for other in self._shops:
            if other.id != shop.id and other.account == shop.account and other.password == shop.password:
                theirs = copy.copy(error)
                theirs.where = f"shop {other.id!r}"
                self._sessions.park(other, Reason.of(theirs))
                self._parked[other.id] = theirs

    def refuse(self, shop: Shop) -> None:
        """Before the shop is asked anything by its session.

        Raises:
            NeedsPersonError: somebody must act first.
            RiskBlockedError: time must pass first.
        """
        reason = self._sessions.parked(shop)
        if reason and shop.id in self._parked:
            raise self._parked[shop.id]
        if reason:
            raise ParkedError(
                f"the shop waits for a person since an earlier run. Then: {reason.text.rstrip('.')}",
                # It needs the same of a person as the reason of that run.
                code="" if reason.code == UNKNOWN else reason.code,
                params=reason.params,
                todo=f"Fix its credentials, run `scrapy login {shop.id}`, or try again as it is with `-a force=1`.",
            )
        rest = self._restraint.rests_until(shop)
        if rest is not None:
            raise _resting(shop, *rest)


def _resting(shop: Shop, until: datetime, why: str) -> RiskBlockedError:
    error = RiskBlockedError(
        "the portal's risk control says too often, and the shop is left alone until "
        f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M} (Shanghai)",
        where=f"shop {shop.id!r}",
        found=why,
        params={"said": why, "until": until.isoformat(timespec="minutes")},
        todo="Asked before, it would take longer still: leave exports of this account alone, also by hand.",
    )
    error.is_final = True
    return error
