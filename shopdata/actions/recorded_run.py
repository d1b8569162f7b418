"""A command that changes what is published is a run in the ledger, as a crawl is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from shopdata.actions.printing import print_line
from shopdata.exceptions import LedgerError
from shopdata.ledger import Ledger


def carry_out(
    ledger: Ledger, run_id: str, command: str, arguments: Mapping[str, str], results: Iterable[tuple[str, bool]]
) -> int:
    """Prints what comes of each period, a line and whether it is whole now; returns the exit code.

    Raises:
        LedgerError: the run could not be begun, and nothing was done.
    """
    ledger.start_run(run_id, command, arguments)
    is_whole = True
    for line, is_good in results:
        print_line(line)
        is_whole = is_whole and is_good
    exit_code = 0 if is_whole else 1
    try:
        ledger.finish_run(run_id, "complete" if is_whole else "incomplete", {}, exit_code)
    except LedgerError as error:
        # Exit code 2 would say that nothing was done.
        print(error, file=sys.stderr)
        return 1
    return exit_code
