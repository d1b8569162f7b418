"""Acts are told in the log and kept in the ledger."""

from __future__ import annotations

import logging

from shopdata.exceptions import LedgerError
from shopdata.ledger.acts import Act
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


def note(workspace: Workspace, act: Act) -> None:
    """Keeps an act that is done. Blocks. Where the ledger can't be written, the log has it."""
    told = ", ".join(f"{name} {value}" for name, value in act.params.items())
    logger.info(
        "%s: %s, by %s from %s%s", act.target or "service", act.code, act.user, act.address, told and f": {told}"
    )
    try:
        workspace.ledger.acts.add(act)
    except LedgerError as error:
        logger.error("that %s did this could not be kept: %s", act.user, error)
