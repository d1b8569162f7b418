"""What `scrapy check_config` looks at, and says."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoaderProtocol, get_spider_loader

from shopdata.actions.names import as_spider
from shopdata.actions.printing import of_other_keys
from shopdata.arguments import check_command, check_names
from shopdata.config import (
    COMMANDS,
    Config,
    EnvFile,
    Job,
    config_source,
    load_config,
    look_again,
    platforms,
    project_folder,
    read_env_file,
)
from shopdata.exceptions import ArgumentError, ConfigError, UsageError
from shopdata.network import Network, Proxy, current_network
from shopdata.sessions.sign_in import login_for
from shopdata.wording import Texts
from shopdata.wording.language import terminal_texts
from shopdata.workspace import Workspace, is_shared

#: On Windows no shell reads such a file.
_TAKE_IN = "check.take_in_windows" if os.name == "nt" else "check.take_in"


def check(settings: BaseSettings, *, is_connecting: bool) -> int:
    """Prints all problems, or what was found to be well; returns the exit code. Raises ArgumentError.

    Args:
        is_connecting: where there is no problem, also tries what a run needs.
    """
    t = terminal_texts(settings)
    env_path = project_folder() / ".env"
    env_file = read_env_file(env_path)
    config: Config | None = None
    try:
        workspace = _workspace(settings)
        config = workspace.read_config()
        problems = [
            *_unloadable_logins(config),
            *_recipes_of_spiders(settings),
            *_impossible_jobs(config, settings),
            *_unknown_addresses(config),
            *_unreadable_sessions(workspace),
        ]
    except UsageError as error:
        problems = error.problems if isinstance(error, ConfigError) else [error]
    look = look_again(config)
    problems = [*env_file.problems, *problems, *look.problems]
    for line in (*problems, *look.hints, *env_file.hints, *_of_env_file(t, env_path, env_file, look.unset)):
        print(line, file=sys.stderr)
    if config is None and any("/shops.yaml" in problem.where for problem in problems):
        print(t("shops.without_yaml"), file=sys.stderr)
    if problems or config is None:
        tail = t("check.nothing_tried") if is_connecting else ""
        print(t("check.problems", n=len(problems)) + tail, file=sys.stderr)
        return 2
    enabled = sum(shop.enabled for shop in config.shops)
    counts = {"enabled": enabled, "shops": len(config.shops), "datasets": len(config.datasets)}
    print(t("check.found", source=config_source(), **counts))
    titles = [platform.title(t.code) for platform in platforms().values()]
    print(t("check.platforms", platforms=t("format.listed").join(titles)))
    print(t("check.sessions", how=t("check.encrypted" if workspace.secret_key else "sessions.plain")))
    if foreign := of_other_keys(t, workspace.sessions.of_other_key(config.shops)):
        print(foreign, file=sys.stderr)
    print(t("check.env" if env_path.exists() else "check.no_env", path=env_path, n=len(env_file.values)))
    told = t("format.listed").join(channel.name for channel in config.alerts.channels_on)
    print(t("check.alerts", channels=told or t("check.nobody")))
    if config.schedule.jobs and not any(job.command == "preflight" for job in config.schedule.jobs):
        # Written before there was such a job; one with `enabled: false` says that nobody wants it.
        print(t("check.no_preflight"))
    for line in (*_unproven(t, config), *_other_nodes(t, workspace)):
        print(line, file=sys.stderr)
    for line in _network_lines(t, current_network(), config):
        print(t("network.line", what=line))
    if not is_connecting:
        return 0
    from shopdata.actions.connecting import connect

    is_well = True
    for tried in connect(workspace, settings["SHOPDATA_BROWSER_PATH"]):
        print(tried.text(t), flush=True)
        is_well = is_well and tried.is_well is not False
    return 0 if is_well else 1


def _workspace(settings: BaseSettings) -> Workspace:
    try:
        return Workspace.from_settings(settings)
    except UsageError:
        # With all that is wrong in the files besides.
        load_config()
        raise


def _unloadable_logins(config: Config) -> Iterator[UsageError]:
    for name in sorted({shop.platform for shop in config.shops}):
        try:
            login_for(name)
        except Exception as error:  # noqa: BLE001 - whatever the package of somebody else does
            yield UsageError(
                f"the sign-in of the platform {name!r} can't be loaded",
                where=platforms()[name].login,
                found=f"{type(error).__name__}: {error}",
                todo="Fix it in the package that brings the platform.",
            )


def _recipes_of_spiders(settings: BaseSettings) -> Iterator[UsageError]:
    for name in getattr(get_spider_loader(settings), "twice", ()):
        yield UsageError(
            f"a spider written in Python is called {name!r}, too, and is what runs",
            where=f"recipes/{name}.yaml",
            todo="Take one of them out.",
        )


def _unproven(t: Texts, config: Config) -> Iterator[str]:
    """What was recorded, and nobody has held against an export; first what the clock starts."""
    scheduled = {job.spider for job in config.schedule.jobs if job.enabled}
    for name in sorted(config.unproven, key=lambda name: (name not in scheduled, name)):
        yield t("check.unproven_scheduled" if name in scheduled else "check.unproven", name=name)


def _other_nodes(t: Texts, workspace: Workspace) -> Iterator[str]:
    """Machines of the same cluster whose configuration is not what it is here."""
    if is_shared(workspace.database_url):
        from shopdata.service.differences import differences_from_here  # with what compares, others do without

        for node, what in differences_from_here(workspace):
            yield t("check.other_node", node=node, what=what)


def _impossible_jobs(config: Config, settings: BaseSettings) -> Iterator[UsageError]:
    loader = get_spider_loader(settings)
    for number, job in enumerate(config.schedule.jobs):
        checks: dict[str, Callable[[], None]] = {"args": partial(check_names, job.runs, job.args)}
        if job.command is not None:
            checks = {"args": partial(check_command, config, job.command, job.args)}
        else:
            checks = {"spider": partial(_check_spider, loader, job), **checks}
        for key, look in checks.items():
            try:
                look()
            except ArgumentError as problem:
                problem.where = f"schedule.yaml jobs[{number}].{key}"
                yield problem


def _check_spider(loader: SpiderLoaderProtocol, job: Job) -> None:
    if job.spider in COMMANDS:
        raise ArgumentError(f"{job.spider!r} is a command, and no spider", todo=f"Write `command: {job.spider}`.")
    spider, arguments = as_spider(loader, job.runs, {})
    if spider != job.runs:
        raise ArgumentError(
            f"{job.runs!r} is a dataset, and a job names its spider",
            todo=f"Write `spider: {spider}` and `args: {{period: {arguments['period']}}}`.",
        )


def _unreadable_sessions(workspace: Workspace) -> Iterator[UsageError]:
    try:
        assert workspace.sessions
    except UsageError as problem:
        yield problem


def _of_env_file(t: Texts, path: Path, env_file: EnvFile, unset: Sequence[str]) -> Iterator[str]:
    """What this shell and the service would take for something else: sessions of one key are no good to the other."""
    other = [name for name, value in env_file.values.items() if os.environ.get(name, value) != value]
    if other:
        yield t("check.env_other", names=", ".join(other))
    missing = [name for name in env_file.values if name not in os.environ]
    if missing:
        yield t("check.env_not_in_shell", names=", ".join(missing), todo=t(_TAKE_IN))
    nowhere = ", ".join(name for name in unset if name not in env_file.values)
    if nowhere:
        yield t("check.env_nowhere", names=nowhere, path=path, todo=t(_TAKE_IN))


def _unknown_addresses(config: Config) -> Iterator[UsageError]:
    for number, channel in enumerate(config.alerts.channels):
        if channel.kind != "apprise" or not channel.is_on:
            continue
        from shopdata.alerts.channels import apprise_address  # with clients of HTTP that others do without

        if not apprise_address.is_known(channel):
            yield UsageError(
                "apprise does not know this kind of address",
                where=f"alerts.yaml channels[{number}].url",
                expected="one as its documentation shows, for example ntfys://topic",
                todo="Fix the variable that it comes from.",
            )


def _network_lines(t: Texts, network: Network, config: Config) -> Iterator[str]:
    """The way out: proxies, exceptions, authorities, and who is asked how; no password, no address of a channel."""
    if not network.proxies:
        yield t("network.no_proxy")
    for scheme in ("https", "http") if network.proxies else ():
        yield t("network.scheme", scheme=scheme, way=_way(t, network.proxies.get(scheme)))
    if network.proxies:
        exempt = [t("network.system_exemptions")] if network.is_of_system else [one.text for one in network.exemptions]
        hosts = [t("network.this_machine"), *exempt]
        yield t("network.exempt", hosts=t("format.listed").join(hosts))
        ways: dict[str, list[str]] = {"network.by_proxy": [], "network.straight": []}
        for url in _urls(config):
            way = "network.straight" if network.proxy_for(url) is None else "network.by_proxy"
            ways[way].append(urlsplit(url).netloc)
        for way, hosts in ways.items():
            if hosts:
                yield t(way, hosts=", ".join(dict.fromkeys(hosts)))
    for variable, path in network.authority_paths:
        yield t("network.authorities_of", variable=variable, path=path)
    count = len(network.company_authorities)
    if count:
        yield t("network.company_authorities", n=count)
    elif network.authority_paths:
        yield t("network.no_company_authorities")


def _way(t: Texts, proxy: Proxy | None) -> str:
    if proxy is None:
        return t("network.way_straight")
    key = "network.way_with_password" if proxy.authorization else "network.way"
    return t(key, url=proxy.url, variable=proxy.variable)


def _urls(config: Config) -> Iterator[str]:
    for portal in config.portals.values():
        yield from portal.addresses
    yield config.lake.object_store.url
    if config.lake.dremio.url:
        yield config.lake.dremio.url
    # In apprise's addresses, what looks like a host is often the secret.
    yield from (c.url.get_secret_value() for c in config.alerts.channels_on if c.kind not in ("apprise", "mail"))
