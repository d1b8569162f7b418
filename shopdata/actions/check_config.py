"""What `scrapy check_config` looks at, and says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from shopdata.actions.names import as_spider
from shopdata.actions.network_lines import network_lines
from shopdata.alerts.channels import apprise_address
from shopdata.arguments import check_names
from shopdata.command_frame import refuse_arguments
from shopdata.config import (
    Config,
    EnvFile,
    config_source,
    load_config,
    look_again,
    project_folder,
    read_env_file,
)
from shopdata.exceptions import ArgumentError, ConfigError, UsageError
from shopdata.network import current_network
from shopdata.sessions.sessions import PLAIN, of_other_keys
from shopdata.workspace import Workspace

#: On Windows no shell reads such a file.
_TAKE_IN = (
    "Set them in the system settings too; only `scrapy service` reads .env."
    if os.name == "nt"
    else "`set -a; . ./.env; set +a` brings it into this shell; `scrapy service` reads it by itself."
)


def check(args: list[str], settings: BaseSettings, *, is_connecting: bool) -> int:
    """Prints all problems, or what was found to be well; returns the exit code.

    Args:
        is_connecting: where there is no problem, also tries what a run needs.
    """
    try:
        refuse_arguments(args)
    except ArgumentError as error:
        print(error, file=sys.stderr)
        return 2
    env_file = read_env_file(_env_path())
    config: Config | None = None
    try:
        config = load_config()
        problems = [*_impossible_jobs(config, settings), *_unknown_addresses(config), *_unreadable_sessions(settings)]
    except UsageError as error:
        problems = error.problems if isinstance(error, ConfigError) else [error]
    look = look_again(config)
    problems = [*env_file.problems, *problems, *look.problems]
    for line in (*problems, *look.hints, *env_file.hints, *_of_env_file(env_file, look.unset)):
        print(line, file=sys.stderr)
    if problems or config is None:
        tail = " Nothing was tried: fix them first." if is_connecting else ""
        print(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}.{tail}", file=sys.stderr)
        return 2
    enabled = sum(shop.enabled for shop in config.shops)
    print(f"{config_source()}: {enabled} of {len(config.shops)} shops enabled, {len(config.datasets)} datasets.")
    print(f"sessions: {'saved encrypted' if settings['SHOPDATA_SECRET_KEY'] else PLAIN}")
    if foreign := _foreign_sessions(config, settings):
        print(foreign, file=sys.stderr)
    print(_env_line(env_file))
    told = ", ".join(channel.name for channel in config.alerts.channels_on)
    print(f"alerts: {told or 'nobody is told; give a channel of alerts.yaml a url'}")
    for line in network_lines(current_network(), config):
        print(line)
    if not is_connecting:
        return 0
    from shopdata.actions.connecting import connect

    is_well = connect(
        Workspace.from_settings(settings), settings["SHOPDATA_BROWSER_PATH"], lambda tried: print(tried, flush=True)
    )
    return 0 if is_well else 1


def _impossible_jobs(config: Config, settings: BaseSettings) -> Iterator[UsageError]:
    loader = get_spider_loader(settings)
    for number, job in enumerate(config.schedule.jobs):
        try:
            spider, arguments = as_spider(loader, job.spider, {})
            if spider != job.spider:
                raise ArgumentError(
                    f"{job.spider!r} is a dataset, and a job names its spider",
                    todo=f"Write `spider: {spider}` and `args: {{period: {arguments['period']}}}`.",
                )
        except ArgumentError as problem:
            yield ArgumentError(
                problem.what,
                where=f"schedule.yaml jobs[{number}].spider",
                expected=problem.expected,
                todo=problem.todo,
            )
        try:
            check_names(job.spider, job.args)
        except ArgumentError as problem:
            yield ArgumentError(
                problem.what,
                where=f"schedule.yaml jobs[{number}].args",
                expected=problem.expected,
                todo=problem.todo,
            )


def _foreign_sessions(config: Config, settings: BaseSettings) -> str:
    """Which sessions another key has saved; "" for none."""
    workspace = Workspace.from_settings(settings)
    return of_other_keys(workspace.texts, workspace.sessions.of_other_key(config.shops))


def _unreadable_sessions(settings: BaseSettings) -> Iterator[UsageError]:
    try:
        assert Workspace.from_settings(settings).sessions
    except UsageError as problem:
        yield problem


def _of_env_file(env_file: EnvFile, unset: Sequence[str]) -> Iterator[str]:
    """What this shell and the service would take for something else: sessions of one key are no good to the other."""
    other = [name for name, value in env_file.values.items() if os.environ.get(name, value) != value]
    if other:
        yield f"{', '.join(other)}: .env has another value than this shell; the service takes what the shell has."
    missing = [name for name in env_file.values if name not in os.environ]
    if missing:
        yield f"{', '.join(missing)}: in .env, and not in this shell. {_TAKE_IN}"
    nowhere = ", ".join(name for name in unset if name not in env_file.values)
    if nowhere:
        yield f"{nowhere}: neither in this shell nor in {_env_path()}. Write NAME=value there, one a line. {_TAKE_IN}"


def _env_path() -> Path:
    return project_folder() / ".env"


def _env_line(env_file: EnvFile) -> str:
    """Who gets which variables, in one line."""
    count = len(env_file.values)
    if not _env_path().exists():
        return f"{_env_path()}: not there; the service and its crawls get what the shell has that starts it"
    return f"{_env_path()}: {count} {'variable' if count == 1 else 'variables'}, read by `scrapy service` alone"


def _unknown_addresses(config: Config) -> Iterator[UsageError]:
    for number, channel in enumerate(config.alerts.channels):
        if channel.kind == "apprise" and channel.is_on and not apprise_address.is_known(channel):
            yield UsageError(
                "apprise does not know this kind of address",
                where=f"alerts.yaml channels[{number}].url",
                expected="one as its documentation shows, for example ntfys://topic",
                todo="Fix the variable that it comes from.",
            )
