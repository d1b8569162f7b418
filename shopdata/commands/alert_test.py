"""`scrapy alert_test`: sends a message to the channels of alerts.yaml and shows what each of them answers."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from scrapy.commands import ScrapyCommand

from shopdata.alerts.channels import Deadline, send_message
from shopdata.alerts.message import Block, Message
from shopdata.command_frame import refuse_arguments
from shopdata.config import load_alerts
from shopdata.exceptions import AlertError, ArgumentError, UsageError
from shopdata.periods import SHANGHAI


class Command(ScrapyCommand):
    """0 every channel took it, 1 one did not, 2 there is none."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Send a test message to the channels of alerts.yaml"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--channel", metavar="NAME", help="only this one")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            refuse_arguments(args)
            alerts = load_alerts()
            channels = [c for c in alerts.channels_on if opts.channel in (None, c.name)]
            if not channels:
                raise _nobody([channel.name for channel in alerts.channels], opts.channel)
        except UsageError as error:
            print(error, file=sys.stderr)
            self.exitcode = 2
            return
        self.exitcode = 0
        deadline = Deadline(alerts.deadline_seconds)
        for channel in channels:
            try:
                print(f"{channel.name} ({channel.kind}): {send_message(channel, _message(), alerts, deadline)}")
            except AlertError as error:
                print(error, file=sys.stderr)
                self.exitcode = 1


def _nobody(names: list[str], wanted: str | None) -> ArgumentError:
    if wanted is not None and wanted not in names:
        return ArgumentError(
            f"there is no channel {wanted!r}",
            where="alerts.yaml",
            expected=", ".join(names) or "at least one channel",
            todo="Mend the name, or add the channel.",
        )
    return ArgumentError(
        f"channel {wanted!r} is off" if wanted else "no channel is on",
        where="alerts.yaml",
        found="no address" if names else "no channel",
        todo="Give it a `url`: set the variable that it comes from.",
    )


def _message() -> Message:
    return Message(
        headline="shopdata 测试消息：看到它就说明通道正常",
        level="good",
        blocks=(Block("无需处理", (f"{datetime.now(SHANGHAI):%Y-%m-%d %H:%M}，由 scrapy alert_test 发出",)),),
    )
