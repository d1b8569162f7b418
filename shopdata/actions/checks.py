"""What `scrapy checks` shows."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from typing import Any

from shopdata.actions.names import as_dataset
from shopdata.actions.printing import print_line, print_table
from shopdata.config import Dataset
from shopdata.exceptions import ArgumentError
from shopdata.lake.rehearsal import Question, Rehearsal, fill_from_raw, rehearse
from shopdata.periods import today
from shopdata.terminal import json_text
from shopdata.wording import Texts
from shopdata.workspace import Workspace

#: So many questions are listed; `--json` has all of them.
_MOST_LINES = 60


def show_checks(workspace: Workspace, name: str, opts: argparse.Namespace) -> int:
    """Prints what would have been asked; returns the exit code. Raises ShopdataError."""
    name = as_dataset(workspace.config, name)
    if not 1 <= opts.days <= 3650:
        raise ArgumentError(
            "this can't be a number of days", where="--days", found=str(opts.days), expected="1 to 3650", todo="Try 90."
        )
    dataset = _with_drop(workspace.config.dataset(name), opts.drop)
    last = today()
    first = last - timedelta(days=opts.days)
    exit_code = 0
    if opts.from_raw:
        for what, why in fill_from_raw(name, first, last, workspace.lake):
            exit_code = 1
            print(f"{what}: {why}", file=sys.stderr)
    found = rehearse(name, dataset, first, last, workspace.lake)
    if opts.json:
        print(json_text(_as_json(name, found)))
    else:
        names = {shop.id: shop.name for shop in workspace.config.shops}
        _show(workspace.texts, name, found, names)
    return exit_code


def _with_drop(dataset: Dataset, drop: float | None) -> Dataset:
    if drop is None:
        return dataset
    if not 0 < drop < 1:
        raise ArgumentError(
            "this is no share", where="--drop", found=str(drop), expected="more than 0, less than 1", todo="Try 0.7."
        )
    rows = dataset.checks.rows.model_copy(update={"drop": drop})
    return dataset.model_copy(update={"checks": dataset.checks.model_copy(update={"rows": rows})})


def _show(t: Texts, name: str, found: Rehearsal, names: dict[str, str]) -> None:
    if found.questions:
        heads = [t("head.period"), t("head.shop"), t("checks.action"), t("checks.found")]
        rows = [_row(question, names) for question in found.questions[:_MOST_LINES]]
        print_table(heads, rows)
    if (more := len(found.questions) - _MOST_LINES) > 0:
        print_line(t("checks.more", n=more))
    judged = found.files - found.learning
    per_1000 = 1000 * len(found.questions) / judged if judged else 0.0
    counts = {"files": found.files, "learning": found.learning, "asked": len(found.questions)}
    print_line(t("checks.total", dataset=name, **counts, per_1000=f"{per_1000:.1f}"))
    for check, count in found.by_check.most_common():
        print_line(t("checks.of_check", check=check, n=count))
    if found.without_facts:
        print_line(t("checks.without_facts", n=found.without_facts, dataset=name))


def _row(question: Question, names: dict[str, str]) -> tuple[str, ...]:
    text = "; ".join(found.text for found in question.judged.found)
    return (question.dt, names.get(question.shop, question.shop), question.judged.action, text)


def _as_json(name: str, found: Rehearsal) -> dict[str, Any]:
    return {
        "dataset": name,
        "files": found.files,
        "learning": found.learning,
        "without_facts": found.without_facts,
        "questions": [
            {
                "dt": question.dt,
                "shop": question.shop,
                "action": question.judged.action,
                "found": [entry.as_json() for entry in question.judged.found],
            }
            for question in found.questions
        ],
    }
