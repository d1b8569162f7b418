"""schedule.yaml: what runs by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, get_args

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, Field, model_validator

from shopdata.config.cron import cron_trigger, duration
from shopdata.config.model import Model, Text
from shopdata.periods import SHANGHAI


def _checked_cron(line: str) -> str:
    cron_trigger(line, SHANGHAI)
    return line


def _checked_duration(text: str) -> str:
    duration(text)
    return text


Cron = Annotated[str, Field(pattern=r"^\S+(\s+\S+){4}$"), AfterValidator(_checked_cron)]
Duration = Annotated[str, AfterValidator(_checked_duration)]


#: Commands that run by the clock as spiders do.
Command = Literal["preflight", "mail"]
COMMANDS: tuple[str, ...] = get_args(Command)


class Job(Model):
    """A spider that runs by the clock, or one of our commands. Each time that its cron names is a slot."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    #: One of the two.
    spider: Text | None = None
    command: Command | None = None
    cron: Cron
    args: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    enabled: bool = True
    #: What becomes of a slot that nobody was there for: run once afterwards, or left out.
    misfire: Literal["catch_up", "skip"] = "catch_up"
    #: A slot older than this is not caught up any more.
    max_late: Duration = "20h"
    #: A slot begins up to so much later, the same each time it is asked: not every machine at once.
    jitter: Duration = "0s"
    #: When the job's last run still goes on: run right after it, or leave the slot out.
    overlap: Literal["queue", "skip"] = "queue"
    #: On how many machines at once, where services share a ledger; auto: one for each hundred shops.
    crew: Annotated[int, Field(ge=1, le=100)] | Literal["auto"] = "auto"

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Job:
        if (self.spider is None) == (self.command is None):
            raise ValueError(f"write `spider: NAME`, or `command: {COMMANDS[0]}`: one of the two")
        return self

    @property
    def runs(self) -> str:
        """The name of the spider or command, as queue and ledger have it."""
        return self.command or self.spider or ""

    @property
    def trigger(self) -> CronTrigger:
        """When its slots are."""
        return cron_trigger(self.cron, SHANGHAI)

    @property
    def latest(self) -> timedelta:
        """`max_late` as a length of time."""
        return duration(self.max_late)

    @property
    def spread(self) -> timedelta:
        """`jitter` as a length of time."""
        return duration(self.jitter)


class Schedule(Model):
    """schedule.yaml."""

    unique: ClassVar[Mapping[str, tuple[str, ...]]] = {"jobs": ("name",)}

    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    jobs: tuple[Job, ...] = ()
