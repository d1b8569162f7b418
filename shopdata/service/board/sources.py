"""What pages know: the configuration as it stands now, the ledger, the clock's entries, the sessions."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.config import Config, Dataset, Shop, config_source
from shopdata.exceptions import ConfigError, LedgerError
from shopdata.periods import SHANGHAI
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.control import Control, Due, LogCopy
from shopdata.service.expected import Expected, expected_of, newest_only
from shopdata.service.schedule_file import signature_of

# `scrapy status` says what the board says, and needs neither store nor sessions for that.
if TYPE_CHECKING:
    from shopdata.ledger import CellKey
    from shopdata.service.people.users import Users
    from shopdata.service.recordings.desk import RecordingsDesk
    from shopdata.service.sign_ins.desk import Desk
    from shopdata.workspace import Workspace

_NODES_SECONDS = 30


class Sources:
    """One for the whole board; every method may block and is called in a thread."""

    def __init__(
        self,
        workspace: Workspace,
        control: Control,
        sign_ins: Desk | None = None,
        users: Users | None = None,
        recordings: RecordingsDesk | None = None,
    ) -> None:
        from shopdata.service.board.renames import Renames
        from shopdata.service.board.sessions_watch import SessionsWatch
        from shopdata.service.board.uploads import Uploads

        self.workspace = workspace
        self.control = control
        self.sign_ins = sign_ins
        self.recordings = recordings
        #: Who may use the service; None where nobody asks.
        self.users = users
        #: Lists of shops that somebody looks at before they are entered, and shops that get another id.
        self.uploads, self.renames = Uploads(), Renames()
        self.sessions = SessionsWatch(workspace.sessions)
        self._lock = threading.Lock()
        self._config: Config | None = None
        self._read_from: object = None
        self._nodes_seen: tuple[float, bool] = (-_NODES_SECONDS * 2, False)
        #: Why the configuration that is there now is not used; "" if it is.
        self.config_problem = ""

    def config(self) -> Config:
        """`pipelines_config/` and the kept shops as they stand now; the last good ones if somebody is in the middle of
        an edit.

        Raises:
            ConfigError, LedgerError: there were no good ones yet.
        """
        with self._lock:
            seen: object = None
            with contextlib.suppress(LedgerError):
                seen = (signature_of(config_source()), self.workspace.shops_stamp())
            if self._config is None or seen != self._read_from:
                try:
                    # Where there is none yet, this is where people enter the first ones.
                    self._config, self.config_problem = self.workspace.read_config(needs_shops=False), ""
                except (ConfigError, LedgerError) as error:
                    if self._config is None:
                        raise
                    self.config_problem = str(error)
                self._read_from = seen
            return self._config

    def contract(self, dataset: str) -> Dataset:
        """The contract of a dataset that an address names. Raises PageNotFoundError."""
        try:
            return self.config().datasets[dataset]
        except KeyError:
            raise PageNotFoundError from None

    def shop(self, shop_id: str) -> Shop | None:
        """A shop of the configuration; None if it is not there any more."""
        return next((shop for shop in self.config().shops if shop.id == shop_id), None)

    def accept(self, key: CellKey, user: str) -> bool | None:
        """Lets a cell's doubtful file through: True if a run must publish it now, None if nothing was doubtful.

        Raises:
            LedgerError: another run is at the cell.
            DiskError: the file lies on another machine.
        """
        from shopdata.lake.accepting import let_one_through
        from shopdata.lake.resources import Resources
        from shopdata.ledger import Ledger
        from shopdata.run_ids import new_run_id

        workspace = self.workspace
        # What is held, is held by a ledger: this one's for as long as it takes.
        with Ledger.at(workspace.state_dir, workspace.database_url) as ledger:
            lake = Resources(self.config(), ledger, workspace.staging, workspace.store)
            return let_one_through(key, new_run_id(), lake, user)

    def rejected(self, dataset: str, dt: str, shop_id: str) -> Path | None:
        """What a portal sent last in place of a report, if it was kept; the parts are checked already."""
        folder = self.workspace.state_dir / "rejected" / dataset / dt
        found = [path for path in sorted(folder.glob(f"{shop_id}.*")) if path.is_file()]
        return max(found, key=lambda path: path.stat().st_mtime, default=None)

    def screenshot(self, platform: str, shop_id: str) -> Path:
        """Where the picture of a login page is kept that asked for a person."""
        return self.workspace.state_dir / "screenshots" / f"{platform}_{shop_id}.png"

    def screenshot_time(self, platform: str, shop_id: str) -> datetime | None:
        """When that picture was taken; None if there is none."""
        try:
            return datetime.fromtimestamp(self.screenshot(platform, shop_id).stat().st_mtime, SHANGHAI)
        except OSError:
            return None

    def has_nodes(self) -> bool:
        """True where services share the ledger. Asked by every page, so it may be as it was half a minute ago."""
        at, known = self._nodes_seen
        now = time.monotonic()
        if now - at > _NODES_SECONDS:
            with contextlib.suppress(LedgerError):
                known = any(node.service_beat_at is not None for node in self.workspace.ledger.nodes.all())
            self._nodes_seen = (now, known)
        return known

    def log(self, run_id: str, spider: str) -> LogCopy | None:
        """The log of a crawl: its own file, or where it ran on another machine the copy in the bucket; None if none is
        there (any more)."""
        path = self.control.log_path(run_id)
        return LogCopy(path) if path is not None else self.control.log_copy(run_id, spider)

    def entries(self) -> Mapping[str, list[Due]]:
        """The clock's entries by the dataset whose newest period they ask for."""
        return newest_only(self.control.next_due())

    def expected(self, day: date) -> dict[str, Expected]:
        """What there should be on a working day, of every dataset that a shop has; in the order of their due times."""
        return expected_of(self.config(), self.entries(), day)
