"""schedule.yaml: what runs by the clock."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shopdata.config.model import Model, Text


class Job(Model):
    """A spider that runs by the clock."""

    name: Text
    spider: Text
    cron: Annotated[str, Field(pattern=r"^\S+(\s+\S+){4}$")]
    args: dict[str, str] = Field(default_factory=dict)
    enabled: bool = True


class Schedule(Model):
    """schedule.yaml."""

    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    jobs: tuple[Job, ...] = ()
