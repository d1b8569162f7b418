"""`scrapy replay`: rebuilds what is published from the raw files in the store, without any portal."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from shopdata.command_frame import WorkspaceCommand, add_day_options, read_dataset

if TYPE_CHECKING:
    from shopdata.workspace import Workspace


class Command(WorkspaceCommand):
    """Exit code 0 if every partition asked for is rebuilt and whole, 1 if one is not, 2 for wrong arguments."""

    def syntax(self) -> str:
        return "DATASET --date YYYY-MM-DD | --start YYYY-MM-DD --end YYYY-MM-DD"

    def short_desc(self) -> str:
        return "Rebuild what is published from raw/, with today's contract"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_day_options(parser)

    def work(self, workspace: Workspace, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.replay import replay

        return replay(workspace, read_dataset(args), opts)
