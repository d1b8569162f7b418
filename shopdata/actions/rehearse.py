"""How `scrapy rehearse` collects a day aside, and what it holds against it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path

from shopdata.actions.names import as_dataset
from shopdata.actions.printing import say
from shopdata.arguments import shops_of
from shopdata.excel.contract import Contract
from shopdata.excel.reading import read_table
from shopdata.exceptions import ArgumentError
from shopdata.periods import SHANGHAI, parse_date
from shopdata.recording.files import REHEARSED, config_folder, note_proof
from shopdata.workspace import Workspace

#: What a rehearsal's files go through: nothing that publishes.
_PIPELINES = {
    "shopdata.pipelines.admit.AdmitPipeline": 50,
    "shopdata.pipelines.validate.ValidatePipeline": 100,
    "shopdata.pipelines.rehearse.RehearsalPipeline": 200,
}
#: Of the state directory, what a rehearsal shares with real runs.
_SHARED = ("sessions", "devices", "pace")
#: Of a difference, so many rows are counted as shown.
_MOST_SHOWN = 5


def rehearse(workspace: Workspace, name: str, opts: argparse.Namespace) -> int:
    """Collects, compares and says what came of it; returns the exit code. Raises ShopdataError."""
    t, day = workspace.texts, parse_date(opts.date, "--date")
    name = as_dataset(workspace.config, name)
    shops = shops_of(name, workspace.config, opts.shop)
    if len(shops) != 1:
        raise ArgumentError("one shop is rehearsed", where="--shop", found=opts.shop, todo="Name one shop.")
    if not opts.by_hand.is_file():
        raise ArgumentError("there is no such file", where="--with", found=str(opts.by_hand), todo="Name the export.")
    dataset = workspace.config.dataset(name)
    with tempfile.TemporaryDirectory(prefix="shopdata-rehearsal-") as folder:
        ours = _collect(workspace, name, shops[0].id, opts.date, Path(folder))
        if ours is None:
            print(t("rehearse.nothing", name=name, day=day), file=sys.stderr)
            return 1
        contract = Contract.of(dataset)
        rows = [_rows(path, contract) for path in (ours, opts.by_hand)]
    only = [sum((rows[0] - rows[1]).values()), sum((rows[1] - rows[0]).values())]
    if any(only):
        say(
            t,
            "rehearse.differs",
            name=name,
            day=day,
            ours=only[0],
            theirs=only[1],
            same=sum((rows[0] & rows[1]).values()),
        )
        return 1
    recipe = config_folder() / "recipes" / f"{name}.yaml"
    if recipe.is_file():
        note_proof(recipe, day, datetime.now(SHANGHAI).date())
    say(t, "rehearse.same", name=name, day=day, rows=sum(rows[0].values()))
    return 0


def _collect(workspace: Workspace, name: str, shop: str, day: str, folder: Path) -> Path | None:
    """The file that a crawl brings, which keeps its state aside and publishes nothing."""
    state = folder / "state"
    state.mkdir()
    for part in _SHARED:
        source = workspace.state_dir / part
        if source.is_dir():
            try:
                (state / part).symlink_to(source.resolve(), target_is_directory=True)
            except OSError:  # Windows asks for a right that few have
                shutil.copytree(source, state / part)
    target = folder / REHEARSED
    variables = {
        **os.environ,
        "SHOPDATA_STATE_DIR": str(state),
        "SHOPDATA_DATABASE_URL": "",
    }
    command = [
        sys.executable, "-m", "scrapy", "crawl", name, "-a", f"date={day}", "-a", f"shops={shop}", "-a", "force=1",
        "-s", f"ITEM_PIPELINES={json.dumps(_PIPELINES)}",
    ]  # fmt: skip
    subprocess.run(command, env=variables, check=False)  # noqa: S603 - our own command
    return target if target.is_file() else None


def _rows(path: Path, contract: Contract) -> Counter[tuple[str | None, ...]]:
    table = read_table(path, contract).to_arrow()
    names = sorted(table.column_names)
    columns = [table.column(name).to_pylist() for name in names]
    return Counter(zip(*columns, strict=True))
