"""What `scrapy record` writes: the recipe and, where there is none yet, the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from shopdata.config.folder import config_source
from shopdata.config.recipes.proof import RECORDED, UNPROVEN
from shopdata.exceptions import UsageError
from shopdata.files import write_durably
from shopdata.periods import Period

#: The file of a rehearsal, beside the state directory that it has of its own.
REHEARSED = "rehearsed"

_UNPROVEN = (
    f"{UNPROVEN} {{day}}; shown: {{shown}}. Not proven yet: `scrapy rehearse {{name}}` compares a third day with an "
    "export by hand."
)
_PROVEN = f"{RECORDED}, and proven: {{day}}, collected by this recipe, was equal to an export by hand ({{on}})."


def config_folder() -> Path:
    """The folder of pipelines_config. Raises UsageError where it lies in a package, which nothing is written into."""
    source = config_source()
    if not isinstance(source, Path):
        raise UsageError(
            "the configuration lies in an installed package",
            where=str(source),
            todo="Set SHOPDATA_CONFIG_DIR to a folder of your own.",
        )
    return source


def write_recipe(path: Path, recipe: Mapping[str, Any], today: date, shown: Iterable[Period]) -> None:
    """Writes a recipe that nobody has proven. Raises UsageError where one stands that is not of a recording.

    Args:
        shown: the periods that it was made of.
    """
    if path.exists() and not path.read_text("utf-8").startswith(RECORDED):
        raise UsageError(
            "there is a recipe of this name that was written by hand",
            where=str(path),
            todo="Record it under another name, or move that file away.",
        )
    write_durably(path, recipe_text(path.stem, _beside(path, recipe), today, shown).encode())


def _beside(path: Path, recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """The recipe without what a contract that stays says already: said in both, it would stop every command."""
    contract = path.parent.with_name("datasets") / path.name
    *steps, last = recipe["steps"]
    if (
        "drop_rows" not in last
        or not contract.exists()
        or not (yaml.safe_load(contract.read_text("utf-8")) or {}).get("totals")
    ):
        return recipe
    return {**recipe, "steps": [*steps, {name: part for name, part in last.items() if name != "drop_rows"}]}


def recipe_text(name: str, recipe: Mapping[str, Any], today: date, shown: Iterable[Period]) -> str:
    """A recipe that nobody has proven, as its file has it."""
    head = _UNPROVEN.format(day=today, shown=", ".join(period.dt for period in shown), name=name)
    return f"{head}\n{_dumped(recipe)}"


def contract_text(contract: Mapping[str, Any]) -> str:
    """A contract, as its file has it."""
    return _dumped(contract)


def was_shown(path: Path, period: Period) -> bool:
    """True where a recipe that is not proven was made of this period, or of a day of it."""
    _, _, shown = path.read_text("utf-8").partition("\n")[0].partition("; shown: ")
    labels = re.findall(r"\d{4}-\d\d-\d\d(?:_\d{4}-\d\d-\d\d)?", shown)
    known = [Period.from_dt(label) for label in labels]
    return any(one == period or period.start <= one.start == one.end <= period.end for one in known)


def note_proof(path: Path, period: Period, today: date) -> None:
    """From now on the recipe says of itself that it was proven."""
    text = path.read_text("utf-8")
    if text.startswith(RECORDED):
        write_durably(path, f"{_PROVEN.format(day=period.dt, on=today)}\n{text.partition(chr(10))[2]}".encode())


def write_contract(path: Path, contract: Mapping[str, Any]) -> bool:
    """Writes a contract; one that is there stays. True if it was written."""
    if path.exists():
        return False
    write_durably(path, contract_text(contract).encode())
    return True


def _dumped(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(value), allow_unicode=True, sort_keys=False, width=110, default_flow_style=None)
