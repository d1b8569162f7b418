"""How `scrapy rehearse` says what came of a rehearsal."""

from __future__ import annotations

import argparse
import sys

from shopdata.actions.names import as_dataset
from shopdata.actions.printing import print_line, say
from shopdata.actions.rehearsal import check_period, period_of, rehearsed, shop_with
from shopdata.exceptions import ArgumentError
from shopdata.periods import parse_date
from shopdata.workspace import Workspace


def rehearse(workspace: Workspace, name: str, opts: argparse.Namespace) -> int:
    """Collects, compares and says what came of it; returns the exit code. Raises ShopdataError."""
    t, day = workspace.texts, parse_date(opts.date, "--date")
    name = as_dataset(workspace.config, name)
    shop = shop_with(workspace, name, opts.shop)
    if not opts.by_hand.is_file():
        raise ArgumentError("there is no such file", where="--with", found=str(opts.by_hand), todo="Name the export.")
    period = period_of(workspace, name, day)
    check_period(workspace, name, period)
    say(t, "rehearse.collects", name=name, day=period.dt)
    done = rehearsed(workspace, name, shop, period, opts.by_hand)
    if done.kind == "nothing":
        print(done.sentence(t), file=sys.stderr)
        return 1
    print_line(done.sentence(t))
    for line in done.lines(t):
        print_line(line)
    if done.kind == "differs":
        say(t, "rehearse.not_proven")
    elif done.proven is not None:
        say(t, "rehearse.proven", path=done.proven)
    return 0 if done.kind == "same" else 1
