"""What `scrapy service` does with the service in the background."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from shopdata.actions.printing import of_other_keys, say
from shopdata.actions.service_log import show_log
from shopdata.config import config_source, fill_from, in_project, project_folder, read_env_file
from shopdata.exceptions import UsageError
from shopdata.service import background, units
from shopdata.service.client import Client
from shopdata.service.deploy import DeployError, deploy, source_folder
from shopdata.service.options import PROJECT, ServiceOptions
from shopdata.service.overview import overview
from shopdata.wording.language import terminal_texts
from shopdata.workspace import Workspace, is_shared


def act(args: list[str], opts: argparse.Namespace, settings: BaseSettings) -> int:
    """Does what is the first of the arguments; returns the exit code. Raises ShopdataError."""
    action = args[0]
    _read_env_file(action, settings)
    options, t = ServiceOptions.from_settings(settings), terminal_texts(settings)
    if action == "start":
        return _start(settings, options, is_new_wanted=False)
    if action == "stop":
        is_stopped = background.stop(options, "now" if opts.now else "wait", partial(say, t))
        say(t, "service.stopped" if is_stopped else "service.was_not_up")
        return 0
    if action == "restart":
        # What runs goes on meanwhile, and is adopted.
        background.stop(options, "now" if opts.now else "leave", partial(say, t))
        return _start(settings, options, is_new_wanted=True)
    if action == "drain":
        background.drain(options, partial(say, t), is_now=opts.now)
        say(t, "service.drained")
        return 0
    if action == "undrain":
        background.undrain(options)
        say(t, "service.undrained")
        return 0
    if action == "status":
        is_up, said = overview(t, options, lambda: Workspace.from_settings(settings).ledger)
        print("\n".join(said))
        return 0 if is_up else 1
    if action == "log":
        show_log(options, args[1] if len(args) > 1 else None, settings, t, follow=opts.follow)
        return 0
    source = source_folder()
    if source is None:
        raise UsageError(
            "only a checkout has something to run",
            where=f"scrapy service {action}",
            todo="Go to the project's folder.",
        )
    print(units.systemd_unit(source, options, opts.nodes) if action == "unit" else units.compose_file(opts.nodes))
    return 0


def _read_env_file(action: str, settings: BaseSettings) -> None:
    """What the shell has set stays. A service can be stopped and looked at whatever stands in the file."""
    env_file = read_env_file(project_folder() / ".env")
    for hint in env_file.hints:
        print(hint, file=sys.stderr)
    if action not in ("start", "restart"):
        env_file.problems.clear()
    if fill_from(env_file, os.environ):
        # They were read from the environment as it was before.
        importlib.reload(sys.modules["shopdata.settings"])
        settings.setmodule("shopdata.settings", priority="project")


def _start(settings: BaseSettings, options: ServiceOptions, *, is_new_wanted: bool) -> int:
    workspace = Workspace.from_settings(settings)
    t = workspace.texts
    # The first shops may be entered on its board.
    shops = workspace.read_config(needs_shops=False).shops
    assert workspace.sessions
    if foreign := of_other_keys(t, workspace.sessions.of_other_key(shops)):
        print(foreign, file=sys.stderr)
    daemon = background.start(options, environment_for(settings, options))
    username, _ = options.credentials()
    if daemon is None:
        say(t, "service.up_already", url=options.url)
        return 0
    password = "SHOPDATA_SERVICE_PASSWORD" if options.password else str(options.password_file)
    say(t, "service.up", url=options.url, user=username, password=password)
    source = source_folder()
    if source is not None:
        return _deploy(workspace, options, source, is_new_wanted)
    return 0


def _deploy(workspace: Workspace, options: ServiceOptions, source: Path, is_new_wanted: bool) -> int:
    client, t = Client(options), workspace.texts
    try:
        version = deploy(client, options, source, is_shared=is_shared(workspace.database_url))
    except DeployError as error:
        print(error, file=sys.stderr)
        # After a boot, a service with the version of yesterday is better than none.
        has_another = bool(client.get("listversions", project=PROJECT)["versions"])
        return 0 if has_another and not is_new_wanted else 1
    if version:
        say(t, "service.deployed", version=version)
    else:
        say(t, "service.deployed_before")
    return 0


def environment_for(settings: Mapping[str, Any], options: ServiceOptions) -> dict[str, str]:
    """What the service and its crawls get to see: ours, with every path whole, for they start in another folder."""
    environment = dict(os.environ)
    config = config_source()
    if isinstance(config, Path):
        environment["SHOPDATA_CONFIG_DIR"] = str(config.resolve())
    environment["SHOPDATA_STATE_DIR"] = str(options.state_dir.resolve())
    for name in ("SHOPDATA_BROWSER_PATH", "SHOPDATA_SECRET_KEY_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        if value := environment.get(name):
            environment[name] = os.pathsep.join(str(in_project(part)) for part in value.split(os.pathsep))
    if database_url := Workspace.from_settings(settings).database_url:
        environment["SHOPDATA_DATABASE_URL"] = database_url
    service = ("SERVICE_PORT", "SERVICE_BIND", "SERVICE_USERNAME", "SERVICE_PASSWORD", "SERVICE_HOSTS")
    for name in ("SECRET_KEY", "LANGUAGE", *service):
        value = settings.get(f"SHOPDATA_{name}")
        if value:
            environment[f"SHOPDATA_{name}"] = str(value)
    source = source_folder()
    if source is not None:
        paths = [str(source), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment
