"""scrapyd's application with what it lacks: a clock, crawls that are found again, who sees to what is left."""

from __future__ import annotations

import os
from typing import Any

import scrapyd.app
from scrapyd.environ import Environment
from scrapyd.interfaces import IEnvironment, IPoller, ISpiderScheduler
from twisted.application.internet import TCPServer
from twisted.application.service import IServiceCollection

from shopdata.service.cleaner import Cleaner
from shopdata.service.clock import Clock
from shopdata.service.configuration import ServiceConfig
from shopdata.service.door import GuardedSite
from shopdata.service.left_files import LeftFiles
from shopdata.service.log_copies import LogCopies
from shopdata.service.options import OF_THE_SERVICE
from shopdata.service.shared_eggs import EggSync
from shopdata.workspace import is_shared


def application(config: ServiceConfig) -> Any:
    """Called by scrapyd, once."""
    app: Any = scrapyd.app.application(config)
    hidden = {name: value for name, value in os.environ.items() if name not in OF_THE_SERVICE}
    app.setComponent(IEnvironment, Environment(config, initenv=hidden))
    collection: Any = IServiceCollection(app)
    launcher = collection.getServiceNamed("launcher")
    poller = app.getComponent(IPoller)
    poller.running = launcher.running_keys
    for server in collection:
        if isinstance(server, TCPServer):
            port, site, *others = server.args
            server.args = (port, GuardedSite(site.resource, config.door), *others)
            # 50: in a crowd, others would wait for a place in it.
            server.kwargs["backlog"] = 512
    inside = config.inside
    inside.connect(app, launcher, poller)
    poller.may_start = inside.node.may_start
    shared: list[Any] = []
    if (eggs := inside.eggs) is not None:
        poller.may_start = lambda project, one: inside.node.may_start(project, one) and eggs.may_start(project, one)
        poller.prepare = eggs.prepare
        parts = (poller, app.getComponent(ISpiderScheduler))
        shared.append(EggSync(eggs, inside.versions_in_use, lambda: [part.update_projects() for part in parts]))
    copies = LogCopies(
        config.options,
        launcher.crawls,
        lambda: inside.workspace.store,
        lambda: {process.job for process in launcher.processes.values()},
    )
    clock = Clock(inside, config.options.now)
    inside.node.go_on = clock.go_on
    inside.node.before_the_end = lambda: copies.look(set())
    for service in (
        clock,
        *([copies] if is_shared(inside.workspace.database_url) else []),
        *shared,
        LeftFiles(lambda: bool(launcher.processes), inside.workspace),
        Cleaner(config.options, launcher.crawls, inside.workspace),
    ):
        service.setServiceParent(app)
    return app
