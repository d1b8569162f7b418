"""`scrapy check_config`: reads all of pipelines_config and says every problem with its place."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand


class Command(QuietCommand):
    """Exit code 0 if all is well, 2 if not."""

    def short_desc(self) -> str:
        return "Check pipelines_config and say every problem"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from shopdata.actions.check_config import check

        assert self.settings is not None
        self.exitcode = check(args, self.settings)
