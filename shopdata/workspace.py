"""The door: what every component of a run needs, read once from settings and `pipelines_config/`."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from shopdata import failpoints, private
from shopdata.config import OWN_VARIABLES, Config, KeptShops, Shop, in_project, load_config, odd_settings
from shopdata.exceptions import ConfigError, UsageError
from shopdata.long_paths import require_room
from shopdata.variables import database_url, secret_key, web_address
from shopdata.whole_numbers import whole_number
from shopdata.wording import Texts
from shopdata.wording.language import FOR_GROUPS, chosen_language, system_language

# Each part is imported where it is opened: `scrapy status` needs neither object store nor browser.
if TYPE_CHECKING:
    from shopdata.accounts import Account
    from shopdata.excel.workers import Workers
    from shopdata.lake.dremio import DremioClient
    from shopdata.lake.resources import Resources
    from shopdata.ledger import Ledger
    from shopdata.sessions.devices import DeviceStore
    from shopdata.sessions.identity import Identities
    from shopdata.sessions.left_alone import LeftAlone
    from shopdata.sessions.pace import Pacer
    from shopdata.sessions.parts import SessionParts
    from shopdata.sessions.places import Place
    from shopdata.sessions.restraint import Restraint
    from shopdata.sessions.session import Session
    from shopdata.sessions.sessions import SessionStore
    from shopdata.sessions.sign_in.steps import Identity, SignedIn
    from shopdata.shops import ShopBook
    from shopdata.store.object_store import ObjectStore
    from shopdata.store.outbox import Outbox
    from shopdata.store.staging import Staging

#: The file whose variables are asked for where no shop is.
OF_THE_LAKE = ("lake.yaml",)
#: A database server is restarted in less; a crawl that lets go at once would lose all shops that it is at work on.
_OUTAGE_SECONDS = 30
_OPEN: WeakKeyDictionary[object, Workspace] = WeakKeyDictionary()


@dataclass(frozen=True)
class Workspace:
    """Configuration, state directory, ledger, object store and sessions of one run.

    Parts are opened when they are first used; opening a workspace asks nothing of the network.
    """

    state_dir: Path
    database_url: str | None = None
    secret_key: str | None = None
    #: None where memory and processor decide.
    shops_at_once: int | None = None
    logins_at_once: int | None = None
    workers_count: int = 2
    keep_tables_days: int = 7
    lease_seconds: float = 120
    lease_wait_seconds: float = 3600
    node_lost_seconds: float = 3600
    #: How long a database server is waited for, before it is said that it does not answer.
    answer_seconds: float = 100
    #: And how long one is waited for that was there, and has gone away.
    outage_seconds: float = 0
    #: zh or en, if somebody has said so.
    language: str | None = None
    #: Where people find the board.
    board_url: str | None = None
    #: The ledger of sessions and pace, if that is another one.
    sessions_database_url: str | None = field(default=None, repr=False)
    #: False where it does not matter what the store holds already.
    asks_store: bool = True

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Workspace:
        """Reads the `SHOPDATA_…` settings.

        Raises:
            ConfigError: the value of one has a blank or a control character that nobody can have meant.
            ArgumentError: one that is to be a number is none, or the language is not there.
        """
        if odd := list(odd_settings(settings, OWN_VARIABLES)):
            raise ConfigError(odd)
        # From any folder of the project it is the same ledger.
        state_dir = in_project(settings["SHOPDATA_STATE_DIR"])
        require_room(state_dir, "SHOPDATA_STATE_DIR")
        private.close_to_others(state_dir)
        if settings.get("SHOPDATA_FAILPOINT") and settings.get("SHOPDATA_FAILPOINTS_KILL") in (True, "1"):
            failpoints.arm(settings["SHOPDATA_FAILPOINT"])
        shops, logins = settings["SHOPDATA_SHOPS_AT_ONCE"], settings["SHOPDATA_LOGINS_AT_ONCE"]
        # The setting's earlier name counts where somebody has it.
        lease_wait = settings.get("SHOPDATA_PATIENCE_SECONDS", settings["SHOPDATA_LEASE_WAIT_SECONDS"])
        return cls(
            state_dir=state_dir,
            database_url=database_url(settings.get("SHOPDATA_DATABASE_URL")),
            sessions_database_url=database_url(settings.get("SHOPDATA_SESSIONS_DATABASE_URL")),
            asks_store=settings.get("SHOPDATA_ASKS_STORE", True) not in (False, "0", "False", "false"),
            secret_key=secret_key(settings.get("SHOPDATA_SECRET_KEY"), settings.get("SHOPDATA_SECRET_KEY_FILE")),
            shops_at_once=None if shops is None else whole_number(shops, "SHOPDATA_SHOPS_AT_ONCE"),
            logins_at_once=None if logins is None else whole_number(logins, "SHOPDATA_LOGINS_AT_ONCE"),
            workers_count=whole_number(settings["SHOPDATA_WORKERS"], "SHOPDATA_WORKERS", 0),
            keep_tables_days=whole_number(settings["SHOPDATA_KEEP_TABLES_DAYS"], "SHOPDATA_KEEP_TABLES_DAYS", 0),
            lease_seconds=whole_number(settings["SHOPDATA_LEASE_SECONDS"], "SHOPDATA_LEASE_SECONDS"),
            lease_wait_seconds=float(lease_wait),
            node_lost_seconds=whole_number(settings["SHOPDATA_NODE_LOST_SECONDS"], "SHOPDATA_NODE_LOST_SECONDS", 0),
            language=chosen_language(settings),
            board_url=web_address(settings.get("SHOPDATA_BOARD_URL"), "SHOPDATA_BOARD_URL"),
        )

    @classmethod
    def of(cls, crawler: Any) -> Workspace:
        """The workspace of a crawler: the same one for all of its components."""
        found = _OPEN.get(crawler)
        if found is None:
            workspace = cls.from_settings(crawler.settings)
            found = _OPEN[crawler] = replace(workspace, outage_seconds=_OUTAGE_SECONDS)
        return found

    @functools.cached_property
    def texts(self) -> Texts:
        """What is printed at this terminal."""
        return Texts(self.language or system_language())

    @functools.cached_property
    def group_texts(self) -> Texts:
        """What people elsewhere read, in a group chat or at the board: the system's language is not theirs."""
        return Texts(self.language or FOR_GROUPS)

    @functools.cached_property
    def config(self) -> Config:
        """`pipelines_config/` and the kept shops, as they stood when they were first asked for.

        Raises:
            ConfigError, LedgerError: see `read_config`.
        """
        return self.read_config()

    def read_config(self, *, needs_shops: bool = True, needs_values: bool | Collection[str] = True) -> Config:
        """`pipelines_config/` and the kept shops, as they stand now: the one way to both.

        Args:
            needs_shops: whether it is a mistake that there is no shop at all.
            needs_values: as `load_config` has it.

        Raises:
            ConfigError: with every mistake in either.
            LedgerError: the kept shops can't be read.
        """
        # Where none is kept, nothing is imported that opens them.
        has_any = self._has_ledger and self.ledger.shops.all()
        kept = self.shop_book.read() if has_any else KeptShops()
        return load_config(kept=kept, needs_shops=needs_shops, needs_values=needs_values)

    @property
    def files(self) -> Config:
        """The configuration for whoever asks for no shop, whatever the ledger is: of its variables only those of the
        lake need be set. Raises ConfigError."""
        return self.__dict__.get("config") or self._files

    _files = functools.cached_property(lambda self: load_config(needs_shops=False, needs_values=OF_THE_LAKE))

    def shops_stamp(self) -> object:
        """What changes with the kept shops. Raises LedgerError."""
        return self.ledger.shops.stamp() if self._has_ledger else None

    @property
    def _has_ledger(self) -> bool:
        """False where none was begun: who only looks at the configuration does not begin one."""
        return self.database_url is not None or (self.state_dir / "ledger.sqlite3").is_file()

    @functools.cached_property
    def shop_book(self) -> ShopBook:
        """The kept shops, in the ledger. Raises LedgerError."""
        from shopdata.shops import ShopBook

        return ShopBook(self.ledger, self.secret_key)

    @functools.cached_property
    def ledger(self) -> Ledger:
        """The ledger, its schema created when missing. Raises LedgerError; UsageError, where it needs a key."""
        return self._opened(self.database_url)

    def _opened(self, url: str | None) -> Ledger:
        if is_shared(url) and not self.secret_key:
            raise UsageError(
                "no key is set, and a ledger on a database server keeps sessions encrypted, for all that share it",
                where="SHOPDATA_SECRET_KEY",
                expected="a long secret text, the same on every machine with this SHOPDATA_DATABASE_URL",
                todo='Make one, `python -c "import secrets; print(secrets.token_urlsafe(32))"`, and set it on all of '
                "them, in `.env`.",
            )
        from shopdata.ledger import Ledger

        return Ledger.at(self.state_dir, url, answer_seconds=self.answer_seconds, outage_seconds=self.outage_seconds)

    @functools.cached_property
    def store(self) -> ObjectStore:
        """The object store of lake.yaml."""
        from shopdata.store.object_store import ObjectStore

        return ObjectStore(self.files.lake.object_store)

    @functools.cached_property
    def outbox(self) -> Outbox:
        """Raw files on their way into the object store."""
        from shopdata.store.outbox import Outbox

        return Outbox(self.staging, self.ledger, self.store)

    @functools.cached_property
    def dremio(self) -> DremioClient | None:
        """Dremio; None if lake.yaml names none."""
        from shopdata.lake.dremio import DremioClient

        settings = self.files.lake.dremio
        return DremioClient(settings) if settings.url else None

    @functools.cached_property
    def lake(self) -> Resources:
        """What the steps of the lake work with."""
        from shopdata.lake.resources import Resources

        return Resources(
            self.config,
            self.ledger,
            self.staging,
            self.store,
            self.dremio,
            node_lost_seconds=self.node_lost_seconds,
        )

    @functools.cached_property
    def _session_parts(self) -> SessionParts:
        from shopdata.sessions.parts import SessionParts

        node = (lambda: self.staging.node) if is_shared(self.sessions_database_url or self.database_url) else None
        return SessionParts(self.state_dir, self.secret_key, lambda: self._sessions_ledger, node)

    @functools.cached_property
    def _sessions_ledger(self) -> Ledger:
        if self.sessions_database_url is None:
            return self.ledger
        return self._opened(self.sessions_database_url)

    @property
    def kept_sessions(self) -> Place:
        """Where sessions and what goes with them are kept. Raises UsageError, LedgerError."""
        return self._session_parts.place

    @property
    def sessions(self) -> SessionStore:
        """The saved sessions. Raises UsageError where they are encrypted with another key, or no key is set."""
        return self._session_parts.store

    @property
    def devices(self) -> DeviceStore:
        """What portals know the shops' browsers by."""
        return self._session_parts.devices

    @property
    def identities(self) -> Identities:
        """Which shop each account opens."""
        return self._session_parts.identities

    @property
    def restraint(self) -> Restraint:
        """Passwords sent in vain, and shops left alone; this run begins when it is first used."""
        return self._session_parts.restraint

    def keep_session(self, shop: Shop, new: SignedIn) -> Session:
        """Saves what a sign-in has brought, once it is known whose it is. Raises DiskError."""
        how = replace(new.how, device_made_at=self.devices.made_at(shop))
        return self.sessions.save(
            shop, new.cookies, user_agent=new.user_agent, identity=new.identity, is_proven=True, how=how
        )

    def check_identity(self, shop: Shop, found: Identity, *, is_accepted: bool = False) -> None:
        """Compares who is signed in with all that sessions and ledger know of ids and accounts, and keeps it.

        Raises:
            WrongShopError: see `Identities.check_and_keep`.
            LedgerError: the ledger could not be read.
        """
        if shop.platform not in self._accounts:
            # Once in a run: what this run itself adds, is kept with the sessions.
            self._accounts[shop.platform] = self.ledger.accounts(shop.platform)
        known = self._accounts[shop.platform]
        self.identities.check_and_keep(shop, found, self.config.shops, known=known, is_accepted=is_accepted)

    @functools.cached_property
    def _accounts(self) -> dict[str, dict[str, Account]]:
        return {}

    @functools.cached_property
    def left_alone(self) -> LeftAlone:
        """Which shops are not to be asked."""
        from shopdata.sessions.left_alone import LeftAlone

        return LeftAlone(self.sessions, self.restraint, self.config.shops)

    @functools.cached_property
    def pace(self) -> Pacer:
        """How fast each shop may be asked."""
        return self._session_parts.pace(self.config)

    @functools.cached_property
    def workers(self) -> Workers:
        """Processes that read and merge, once they are started. Who uses them shuts them down."""
        from shopdata.excel.workers import Workers

        return Workers(self.workers_count, gives_way=True)

    @functools.cached_property
    def staging(self) -> Staging:
        """Files on their way, in the state directory."""
        from shopdata.store.staging import Staging

        return Staging(self.state_dir)


def is_shared(url: str | None) -> bool:
    """True for a database server, which other machines may use as well; a SQLite file is this machine's."""
    return (url or "").startswith("postgresql")
