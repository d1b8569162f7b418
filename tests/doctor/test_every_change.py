"""Portals that have changed in one fact: the doctor says which, and where to write it; written there, a crawl works."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from table import CASES, JD, PDD, Case, Edit
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions, changes
from shopdata.config import ObjectStoreSettings

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
QUICK = {"requests_per_second": 100, "link_grace_seconds": 1, "login_timeout_seconds": 120}


@dataclass
class Told:
    """What was found under each change, before and after its keys were changed."""

    by_change: dict[str, dict[str, Any]]
    sandbox: Sandbox


def value_of(value: Any, sandbox: Sandbox) -> Any:
    return value(sandbox) if callable(value) else value


def edit(folder: Path, edits: Iterable[Edit], sandbox: Sandbox) -> None:
    for file, way, value in edits:
        path = folder / file
        content = yaml.safe_load(path.read_text("utf-8"))
        holder = content
        for name in way[:-1]:
            holder = holder[name] if isinstance(name, int) else holder.setdefault(name, {})
        holder[way[-1]] = copy.deepcopy(value_of(value, sandbox))
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("doctor")
    nobody = ObjectStoreSettings(
        endpoint="127.0.0.1:9", secure=False, access_key="nobody", secret_key=SecretStr("nothing"), bucket="nowhere"
    )
    options = SandboxOptions(shops=1, pdd_shops=1, rows=5, conversations=2, form="old", report_seconds=0.1)
    with pytest.MonkeyPatch.context() as patch, Sandbox(options) as sandbox:
        # A doctor on a busy machine does not ask faster than once in 0.2 s by itself.
        patch.setattr(changes, "LEAST_SECONDS", 2.0)
        place = Workplace(folder, sandbox, nobody)
        place.edit("portals.yaml", lambda portals: [portal.update(QUICK) for portal in portals.values()])
        place.sign_in(JD, PDD)
        cases = []
        for case in CASES:
            changed = place.sandbox.write_config(folder / case.change)
            edit(
                changed,
                [("portals.yaml", (part, name), value) for part in ("jd", "pdd") for name, value in QUICK.items()],
                sandbox,
            )
            edit(changed, case.edits, sandbox)
            cases.append(
                {
                    "name": case.change,
                    "changes": [case.change],
                    "shop": case.shop,
                    "probes": case.looks,
                    "config": str(place.config_dir),
                    "changed": str(changed),
                }
            )
        asked = folder / "asked.json"
        content = {
            "cases": cases,
            "shops": [JD, PDD],
            "control": sandbox.origins["control"],
            "folder": str(folder / "saved"),
            "told": str(folder / "told.json"),
        }
        asked.write_text(json.dumps(content), "utf-8")
        done = subprocess.run(
            [sys.executable, HERE / "every_change.py", asked],
            env=place.environment({"PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(HERE.parent)])}),
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        yield Told(json.loads((folder / "told.json").read_text("utf-8")), sandbox)


def found(examined: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    return [one for one in examined["findings"] if (one["probe"], one["fact"]) == (case.probe, case.fact)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.change)
def test_a_change_is_told_and_answered(told: Told, case: Case) -> None:
    before, after = told.by_change[case.change]["before"], told.by_change[case.change]["after"]
    assert before["stopped"] == "", before
    # What is odd is odd by this probe alone.
    odd = [one for one in before["findings"] if one["verdict"] == "differs"]
    assert {(one["probe"], one["fact"]) for one in odd} == (
        {(case.probe, case.fact)} if case.verdict == "differs" else set()
    ), before["findings"]
    first = next(one for one in found(before, case) if one["verdict"] == case.verdict)
    assert next(iter(first["keys"]), "") == case.key
    if case.value is not None:
        assert first["keys"][case.key] == value_of(case.value, told.sandbox)
    assert before["findings"][-1]["probe"] == "D18"
    if case.edits and not case.by_crawl:
        assert [one for one in after["findings"] if one["verdict"] == "differs"] == []
        assert after["stopped"] == ""
