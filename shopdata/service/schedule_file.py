"""schedule.yaml as it is now: an edit counts at once, a broken one is told and the last good schedule stays."""

from __future__ import annotations

import logging
from importlib.resources.abc import Traversable
from pathlib import Path

from shopdata.config import Config, Schedule, config_source, load_config
from shopdata.exceptions import ConfigError, LedgerError
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class ScheduleFile:
    """Read again when a file of the configuration has changed: one of them may be why it could not be read.

    Args:
        folder: the configuration, where it is not the workspace's.
        workspace: whose kept shops belong to it.
    """

    def __init__(self, folder: Traversable | None = None, *, workspace: Workspace | None = None) -> None:
        self._folder = config_source() if folder is None else folder
        self._workspace = workspace
        self._seen: object = None
        self.schedule = Schedule()
        #: The configuration that it was read with; None until there was a good one.
        self.config: Config | None = None
        #: Why the schedule that is there now is not used, or "".
        self.problem = ""

    def refresh(self) -> bool:
        """Looks at the files; True if there is another schedule now. Blocks for as long as reading takes."""
        try:
            seen = (signature_of(self._folder), self._workspace and self._workspace.shops_stamp())
            if seen == self._seen:
                return False
            self._seen = seen
            config = self._read()
        except (ConfigError, LedgerError) as error:
            if isinstance(error, LedgerError):
                self._seen = None
            self.problem = str(error)
            logger.error("the configuration was not taken over, the last good schedule stays. %s", error)
            return False
        if self.problem:
            logger.info("the configuration can be read again")
        self.problem = ""
        schedule = config.schedule
        is_other = schedule != self.schedule
        if is_other:
            names = ", ".join(job.name for job in schedule.jobs if job.enabled) or "no job"
            logger.info("schedule.yaml: %s", names)
        self.schedule, self.config = schedule, config
        return is_other

    def _read(self) -> Config:
        return load_config(self._folder) if self._workspace is None else self._workspace.read_config(needs_shops=False)


def signature_of(folder: Traversable) -> object:
    """Changes when a file of the configuration does; of what lies inside an egg, where nobody edits, it never does."""
    if not isinstance(folder, Path):
        return str(folder)
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        try:
            about = path.stat()
        except OSError:
            continue  # an editor is just replacing it
        found.append((str(path), about.st_mtime_ns, about.st_size))
    return tuple(found)
