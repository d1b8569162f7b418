"""scrapyd's configuration, as one scrapy.cfg in the service's folder.

scrapyd reads the nearest scrapy.cfg last, and its crawls, which start in the same folder, read it again. So neither
the project's scrapy.cfg nor a scrapyd.conf of this machine gets in, and both find the eggs. No password is in it.
"""

from __future__ import annotations

import os
from configparser import ConfigParser
from typing import Any

from scrapyd.config import Config

from shopdata.service import runner
from shopdata.service.door import Door, Guesses, Hosts, SignIn
from shopdata.service.inside import Inside
from shopdata.service.options import ServiceOptions
from shopdata.service.people.browsers import Browsers

_SERVICES = {
    "addversion.json": "shopdata.service.deployed.AddVersion",
    "delproject.json": "shopdata.service.shared_eggs.DeleteProject",
    "delversion.json": "shopdata.service.shared_eggs.DeleteVersion",
    "listversions.json": "shopdata.service.shared_eggs.ListVersions",
    "schedule.json": "shopdata.service.webservices.ScheduleService",
    "cancel.json": "shopdata.service.webservices.Cancel",
    "status.json": "shopdata.service.webservices.Status",
    "listspiders.json": "shopdata.service.webservices.ListSpiders",
    "listjobs.json": "shopdata.service.webservices.ListJobs",
    "cron.json": "shopdata.service.json_pages.CronPage",
    "runs.json": "shopdata.service.json_pages.RunsPage",
    "cells.json": "shopdata.service.json_pages.CellsPage",
    "signins.json": "shopdata.service.sign_ins_page.SignInsPage",
    "recordings.json": "shopdata.service.recordings_page.RecordingsPage",
    "service.json": "shopdata.service.json_pages.ServicePage",
    "metrics": "shopdata.service.metrics.MetricsPage",
}


def write_configuration(options: ServiceOptions, *, is_shared: bool = False) -> None:
    """Writes `scrapy.cfg`; the folder is made if it is missing.

    Args:
        is_shared: the queue lies in a ledger that other services share.
    """
    for folder in (options.folder, options.logs):
        folder.mkdir(parents=True, exist_ok=True)
    parser = ConfigParser(interpolation=None)
    parser["scrapyd"] = {
        "application": "shopdata.service.app.application",
        "launcher": "shopdata.service.launcher.Launcher",
        "poller": "shopdata.service.queues.Poller",
        "spiderqueue": f"shopdata.service.{'shared_queue.SharedQueue' if is_shared else 'queues.SpiderQueue'}",
        "webroot": "shopdata.service.web.Root",
        # Memory only: finished jobs would be forgotten at every restart.
        "jobstorage": "scrapyd.jobstorage.SqliteJobStorage",
        "bind_address": options.bind,
        "http_port": str(options.port),
        "unix_socket_path": "",
        # 5: two seconds of waiting are enough for a person who has pressed a button.
        "poll_interval": "1",
        # 4 per core: a crawl may hold a browser, and reads workbooks on several cores.
        "max_proc": str(max(2, os.cpu_count() or 1)),
        # From this folder, in which the service and its crawls start: scrapyd reads this file in the code page of the
        # machine, and a path may have any signs.
        "eggs_dir": "eggs",
        "dbs_dir": "dbs",
        "logs_dir": options.logs.relative_to(options.folder).as_posix(),
        "items_dir": "",
        "jobs_dir": "",
        # 5 logs per spider, the others deleted: ours go by age and size (`cleaner.py`).
        "jobs_to_keep": "100000",
        "finished_to_keep": "2000",
        "runner": runner.prepare(options.folder),
        "debug": "off",
    }
    parser["services"] = _SERVICES
    for section in parser.values():
        for name, value in section.items():
            # scrapyd reads with interpolation.
            section[name] = value.replace("%", "%%")
    with (options.folder / "scrapy.cfg").open("w", encoding="utf-8") as file:
        parser.write(file)


class ServiceConfig(Config):  # type: ignore[misc]
    """What scrapyd hands to every part that it makes by name; ours get the service from inside by it."""

    def __init__(self, options: ServiceOptions, inside: Inside) -> None:
        """Reads from the current folder, which must be the service's. Of passwords scrapyd knows nothing."""
        super().__init__()
        self.options = options
        self.inside = inside
        self.door = door_of(options)

    def get(self, option: str, default: Any = None) -> Any:
        """As scrapyd's; crawls, which read the same file, know nothing of what is set here."""
        if option == "eggstorage" and self.inside.eggs is not None:
            return "shopdata.service.shared_eggs.SharedEggs"
        return super().get(option, default)


def door_of(options: ServiceOptions) -> Door:
    """Who may come in, by which names."""
    sign_in = SignIn(*options.credentials(), options.users.file)
    browsers = Browsers(options.browsers_file, sign_in.mark)
    return Door(Hosts(options.bind, options.hosts), sign_in, Guesses(), browsers)
