"""Recordings of portals that nobody here wrote: each gives the recipe that was rehearsed there for a third day.

They are made by `tests/foreign_portals/show.py --keep`, which sets the portals up, records them and compares.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml
from kept_journals import FOREIGN, dialects

from shopdata.recording.contract import columns_of_files, contract_of, sheet_of
from shopdata.recording.journal import Call, read_journal
from shopdata.recording.saving import infer_again

NAMES = sorted(path.stem for path in FOREIGN.glob("*.jsonl"))
#: What was entered there: people, passwords, subjects, sessions.
_ENTERED = re.compile(r"guest|tea\.example|tea house|obvious|fake|\bmei\b|\blin\b|\bpot\b|blue|T0\d{3}", re.IGNORECASE)


def test_there_are_some_of_each() -> None:
    assert {name.partition("_")[0] for name in NAMES} == {"pretix", "redmine"}
    assert len(NAMES) == 6


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_gives_the_recipe_that_was_proven(name: str) -> None:
    journal = read_journal(FOREIGN / f"{name}.jsonl")
    wanted = yaml.safe_load((FOREIGN / f"{name}.yaml").read_text("utf-8"))
    found = infer_again(journal, dialects(name), name)
    assert found.recipe == wanted["recipe"]
    sheet = sheet_of(journal)
    columns = columns_of_files(journal, sheet[0] if sheet else "")
    contract, _ = contract_of(columns, title=name, platform=name.partition("_")[0], lag_days=1, has_day=True)
    assert contract == wanted["contract"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("pretix")])
def test_what_was_done_at_once_may_have_to_be_waited_for(name: str) -> None:
    """A quick portal shows no state of work: the recipe is that of a slow one."""
    journal = read_journal(FOREIGN / f"{name}.jsonl")

    def is_waiting(call: Call) -> bool:
        answer = (call.answer or {}).get("json")
        return call.method == "GET" and isinstance(answer, dict) and answer.get("ready") is False

    takes = tuple(
        replace(take, calls=tuple(call for call in take.calls if not is_waiting(call))) for take in journal.takes
    )
    quick = infer_again(replace(journal, takes=takes), dialects(name), name)
    assert quick.recipe == infer_again(journal, dialects(name), name).recipe
    assert quick.recipe["steps"][1]["status"] == {"at": "ready", "working": [False], "done": [True]}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_was_entered_there_is_kept(name: str) -> None:
    text = (FOREIGN / f"{name}.jsonl").read_text("utf-8")
    # Moments in milliseconds, which tell how long something took, and lengths.
    rest = re.sub(r'"(?:at|done)":\d{13}|"opaque":\d+', "", text)
    assert _ENTERED.findall(rest) == []
