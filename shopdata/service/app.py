"""scrapyd's application with what it lacks: a clock, crawls that are found again, a cleaner."""

from __future__ import annotations

import os
from typing import Any

import scrapyd.app
from scrapyd.environ import Environment
from scrapyd.interfaces import IEnvironment, IPoller
from twisted.application.internet import TCPServer
from twisted.application.service import IServiceCollection

from shopdata.service.cleaner import Cleaner
from shopdata.service.clock import Clock
from shopdata.service.configuration import ServiceConfig
from shopdata.service.door import GuardedSite
from shopdata.service.options import OF_THE_SERVICE


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
    config.inside.connect(app, launcher, poller)
    for service in (
        Clock(config.inside, config.options.now),
        Cleaner(config.options, launcher.crawls, config.inside.workspace),
    ):
        service.setServiceParent(app)  # type: ignore[no-untyped-call]
    return app
