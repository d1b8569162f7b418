"""`scrapy service`: the service in the background, from a terminal."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError as ScrapyUsageError

from shopdata import terminal
from shopdata.config import config_source, fill_from, project_folder, read_env_file
from shopdata.exceptions import ShopdataError, UsageError
from shopdata.service import background, units
from shopdata.service.client import Client
from shopdata.service.deploy import DeployError, deploy, source_folder
from shopdata.service.log_view import find_log, lines
from shopdata.service.options import PROJECT, ServiceOptions
from shopdata.service.overview import overview
from shopdata.workspace import Workspace

_ACTIONS = ("start", "stop", "restart", "status", "log", "unit", "compose")


class Command(ScrapyCommand):
    """0: done, or up; 1: it did not work, or it is down; 2: settings or configuration are wrong."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def syntax(self) -> str:
        return f"{'|'.join(_ACTIONS)} [options] [JOB]"

    def short_desc(self) -> str:
        return "Run the schedule in the background, with a board to look at"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--now", action="store_true", help="stop: do not wait for running crawls, end them")
        parser.add_argument("--follow", action="store_true", help="log: go on with what is added")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if not args or args[0] not in _ACTIONS or len(args) > (2 if args[0] == "log" else 1):
            raise ScrapyUsageError(f"say what to do: {', '.join(_ACTIONS)}")
        try:
            self._read_env_file(args[0])
            options = ServiceOptions.from_settings(self.settings)
            self.exitcode = self._act(args, opts, options)
        except UsageError as error:
            print(error, file=sys.stderr)
            self.exitcode = 2
        except ShopdataError as error:
            print(error, file=sys.stderr)
            self.exitcode = 1
        except KeyboardInterrupt:
            self.exitcode = 130

    def _act(self, args: list[str], opts: argparse.Namespace, options: ServiceOptions) -> int:
        action = args[0]
        if action == "start":
            return self._start(options, is_new_wanted=False)
        if action == "stop":
            is_stopped = background.stop(options, "now" if opts.now else "wait", _say)
            _say("stopped." if is_stopped else "it was not up.")
            return 0
        if action == "restart":
            # What runs goes on meanwhile, and is adopted.
            background.stop(options, "now" if opts.now else "leave", _say)
            return self._start(options, is_new_wanted=True)
        if action == "status":
            is_up, said = overview(options, lambda: self._workspace().ledger)
            print("\n".join(said))
            return 0 if is_up else 1
        if action == "log":
            for line in lines(find_log(options, args[1] if len(args) > 1 else None), follow=opts.follow):
                print(line, flush=opts.follow)
                if not terminal.is_read():
                    break
            return 0
        source = source_folder()
        if source is None:
            raise UsageError(
                "only a checkout has something to run",
                where=f"scrapy service {action}",
                todo="Go to the project's folder.",
            )
        print(units.systemd_unit(source, options) if action == "unit" else units.compose_file())
        return 0

    def _read_env_file(self, action: str) -> None:
        """What the shell has set stays. A service can be stopped and looked at whatever stands in the file."""
        assert self.settings is not None
        env_file = read_env_file(project_folder() / ".env")
        for hint in env_file.hints:
            print(hint, file=sys.stderr)
        if action not in ("start", "restart"):
            env_file.problems.clear()
        if fill_from(env_file, os.environ):
            # They were read from the environment as it was before.
            importlib.reload(sys.modules["shopdata.settings"])
            self.settings.setmodule("shopdata.settings", priority="project")

    def _start(self, options: ServiceOptions, *, is_new_wanted: bool) -> int:
        assert self.settings is not None
        workspace = self._workspace()
        assert workspace.config
        assert workspace.sessions
        daemon = background.start(options, environment_for(self.settings, options))
        username, _ = options.credentials()
        if daemon is None:
            _say(f"it is up already: {options.url}/")
            return 0
        password = "SHOPDATA_SERVICE_PASSWORD" if options.password else str(options.password_file)
        _say(f"up: {options.url}/, user name {username}, the password is in {password}")
        source = source_folder()
        if source is not None:
            return self._deploy(options, source, is_new_wanted)
        return 0

    def _deploy(self, options: ServiceOptions, source: Path, is_new_wanted: bool) -> int:
        client = Client(options)
        try:
            version = deploy(client, options, source)
        except DeployError as error:
            print(error, file=sys.stderr)
            # After a boot, a service with the version of yesterday is better than none.
            has_another = bool(client.get("listversions", project=PROJECT)["versions"])
            return 0 if has_another and not is_new_wanted else 1
        _say(f"deployed: version {version}" if version else "deployed before: nothing has changed")
        return 0

    def _workspace(self) -> Workspace:
        assert self.settings is not None
        return Workspace.from_settings(self.settings)


def environment_for(settings: Mapping[str, Any], options: ServiceOptions) -> dict[str, str]:
    """What the service and its crawls get to see: ours, with every path whole, for they start in another folder."""
    environment = dict(os.environ)
    config = config_source()
    if isinstance(config, Path):
        environment["SHOPDATA_CONFIG_DIR"] = str(config.resolve())
    environment["SHOPDATA_STATE_DIR"] = str(options.state_dir.resolve())
    service = ("SERVICE_PORT", "SERVICE_BIND", "SERVICE_USERNAME", "SERVICE_PASSWORD", "SERVICE_HOSTS")
    for name in ("DATABASE_URL", "SECRET_KEY", *service):
        value = settings.get(f"SHOPDATA_{name}")
        if value:
            environment[f"SHOPDATA_{name}"] = str(value)
    source = source_folder()
    if source is not None:
        paths = [str(source), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def _say(text: str) -> None:
    print(text, flush=True)
