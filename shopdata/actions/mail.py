"""What `scrapy mail` does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from shopdata.actions.names import as_dataset
from shopdata.actions.printing import print_line
from shopdata.alerts.workbooks import WorkbookMails
from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.periods import Period, parse_date
from shopdata.run_ids import new_run_id
from shopdata.workspace import Workspace


def send_mails(workspace: Workspace, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Sends what is due, or one period now; returns the exit code. Raises ShopdataError."""
    given = dict(pair.partition("=")[::2] for pair in opts.spargs)
    channels = [channel.name for channel in workspace.config.alerts.channels_with_workbooks]
    if opts.channel is not None and opts.channel not in channels:
        raise ArgumentError(
            f"there is no channel {opts.channel!r} that brings workbooks",
            where="--channel",
            expected=", ".join(channels) or "a channel with `workbook` in alerts.yaml, and with an address",
            todo="Fix its name, or add it.",
        )
    if args or opts.date or opts.channel:
        return _send_one(workspace, args, opts)
    return _send_due(workspace, given.get("_job") or new_run_id(), is_of_clock="_job" in given)


def _send_due(workspace: Workspace, run_id: str, *, is_of_clock: bool) -> int:
    t, ledger = workspace.texts, workspace.ledger
    if is_of_clock:
        ledger.start_run(run_id, "mail", {})
    count = _mails(workspace).send_due(run_id)
    if count.sent or count.failed or count.held:
        print_line(t("mail.sent", sent=count.sent, failed=count.failed, held=count.held))
    else:
        print_line(t("mail.nothing"))
    exit_code = 1 if count.failed else 0
    if is_of_clock:
        counts = {"sent": count.sent, "failed": count.failed, "held": count.held}
        ledger.finish_run(run_id, "incomplete" if count.failed else "complete", counts, exit_code)
    return exit_code


def _send_one(workspace: Workspace, args: Sequence[str], opts: argparse.Namespace) -> int:
    if len(args) != 1 or not opts.date:
        raise ArgumentError(
            "a dataset and a day are needed",
            where="scrapy mail",
            found=" ".join(args) or "no dataset",
            todo="Write `scrapy mail DATASET --date YYYY-MM-DD`, or `scrapy mail` alone for what is due.",
        )
    config, t = workspace.config, workspace.texts
    name = as_dataset(config, args[0])
    dt = Period.of(config.dataset(name).period, parse_date(opts.date, "--date")).dt
    exit_code, is_anybody = 0, False
    for channel, said in _mails(workspace).send_now(name, dt, opts.channel):
        is_anybody = True
        if isinstance(said, ShopdataError):
            print(said, file=sys.stderr)
            exit_code = 1
        else:
            print_line(t("mail.channel", channel=channel, what=said))
    if not is_anybody:
        raise ArgumentError(
            f"nobody gets {name!r} by mail",
            where="alerts.yaml",
            expected="a channel with `kind: mail`, `workbook` and an address",
            todo="Add one: docs/reference.md#alertsyaml.",
        )
    return exit_code


def _mails(workspace: Workspace) -> WorkbookMails:
    return WorkbookMails(workspace.lake, workspace.group_texts, board_url=workspace.board_url)
