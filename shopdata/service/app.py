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

#: What a crawl has no use for, and should not be able to tell.
_NOT_FOR_CRAWLS = ("SHOPDATA_SERVICE_USERNAME", "SHOPDATA_SERVICE_PASSWORD")


def application(config: ServiceConfig) -> Any:
    """Called by scrapyd, once."""
    app: Any = scrapyd.app.application(config)
    hidden = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_CRAWLS}
    app.setComponent(IEnvironment, Environment(config, initenv=hidden))
    collection: Any = IServiceCollection(app)
    launcher = collection.getServiceNamed("launcher")
    poller = app.getComponent(IPoller)
    poller.running = launcher.running_keys
    for server in collection:
        if isinstance(server, TCPServer):
            # A line for every request, of which a monitor makes one every few seconds.
            server.args[1].log = lambda request: None
    config.inside.connect(app, launcher, poller)
    for service in (Clock(config.inside, config.options.now), Cleaner(config.options, launcher.crawls)):
        service.setServiceParent(app)  # type: ignore[no-untyped-call]
    return app
