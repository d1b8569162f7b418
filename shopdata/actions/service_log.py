"""`scrapy service log`: which log is meant, and where it is: on this machine, or in the bucket, copied from another."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from shopdata import terminal
from shopdata.actions.names import as_spider
from shopdata.config import COMMANDS
from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.service.control import LogCopy
from shopdata.service.crawls import Crawls
from shopdata.service.log_copies import copies_in, fetch_copy
from shopdata.service.log_view import RunLog, copied_lines, find_log, lines, service_log
from shopdata.service.options import ServiceOptions
from shopdata.wording import Texts
from shopdata.workspace import Workspace, is_shared

#: How far back a dataset's latest run is looked for.
_MOST_RUNS = 200


def show_log(options: ServiceOptions, name: str | None, settings: BaseSettings, t: Texts, *, follow: bool) -> None:
    """Prints the end of a log; with `follow`, goes on until nobody reads it.

    Args:
        name: a run (its id, or how it begins or ends), a spider or a dataset; None is the service itself.

    Raises:
        ArgumentError: there is none, or several fit.
        StoreError: only another machine has it, and the bucket can't be asked.
    """
    for line in _lines(options, name, settings, t, follow=follow):
        print(line, flush=follow)
        if not terminal.is_read():
            break


def _lines(
    options: ServiceOptions, name: str | None, settings: BaseSettings, t: Texts, *, follow: bool
) -> Iterator[str]:
    if name is None:
        return lines(service_log(options), follow=follow)
    log = log_of(options, name, settings)
    if log.path is not None:
        return lines(log.path, follow=follow)
    store = Workspace.from_settings(settings).store

    def fetch() -> LogCopy:
        copy = fetch_copy(store, options.log_copies, log.spider, log.job)
        if copy is None:
            raise ArgumentError(
                "the copy of this log is gone", where=log.job, todo="Look at it on the machine that the run was on."
            )
        return copy

    # Not between the lines, which may be going into a file.
    print(f"{log.job}: {t('run.log.as_of', time=t.moment(fetch().as_of))}", file=sys.stderr, flush=True)
    return copied_lines(lambda: fetch().path, follow=follow)


def log_of(options: ServiceOptions, name: str, settings: BaseSettings) -> RunLog:
    """The log of a run, or of the latest run of a spider or dataset, on whichever machine. Raises ArgumentError."""
    workspace = Workspace.from_settings(settings)

    def elsewhere() -> list[RunLog]:
        if not is_shared(workspace.database_url):
            return []
        try:
            return copies_in(workspace.store)
        except ShopdataError as error:
            # What is here can be shown without.
            print(error, file=sys.stderr)
            return []

    try:
        return find_log(options, name, elsewhere)
    except ArgumentError:
        job = _latest_of_dataset(options, name, settings, workspace)
        if job is None:
            raise
        return find_log(options, job, elsewhere)


def _latest_of_dataset(options: ServiceOptions, name: str, settings: BaseSettings, workspace: Workspace) -> str | None:
    try:
        spider, arguments = (name, {}) if name in COMMANDS else as_spider(get_spider_loader(settings), name, {})
    except ArgumentError:
        return None
    crawls = Crawls(options.folder)
    runs = [(run.job, run.spider, run.arguments) for run in (*crawls.open(), *crawls.latest(_MOST_RUNS))]
    if is_shared(workspace.database_url):
        try:
            # The latest one may have been another machine's.
            runs = [(run.run_id, run.spider, run.arguments) for run in workspace.ledger.runs(_MOST_RUNS)]
        except ShopdataError as error:
            print(error, file=sys.stderr)
    kind = arguments.get("period")
    # Without the argument it was the spider's first kind, which is the day.
    fitting = (job for job, of, own in runs if of == spider and kind in (None, own.get("period", "day")))
    return next(fitting, None)
