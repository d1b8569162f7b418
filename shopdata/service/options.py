"""The service's door: its settings, read once, and where its things lie."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata.exceptions import ArgumentError, UsageError
from shopdata.network import is_loopback
from shopdata.periods import SHANGHAI
from shopdata.service.door.hosts import read_names
from shopdata.service.people.passwords import weakness_of
from shopdata.service.people.users import Users
from shopdata.whole_numbers import whole_number
from shopdata.workspace import Workspace

#: The name of our project in scrapyd.
PROJECT = "shopdata"
_USERNAME = "shopdata"
#: What a crawl or a sign-in has no use for, and should not be able to tell.
OF_THE_SERVICE = ("SHOPDATA_SERVICE_USERNAME", "SHOPDATA_SERVICE_PASSWORD")


@dataclass(frozen=True)
class ServiceOptions:
    """Where the service listens, who may speak to it, and its folder in the state directory."""

    state_dir: Path
    port: int = 6800
    bind: str = "127.0.0.1"
    username: str = ""
    password: str = field(default="", repr=False)
    #: Names besides loopback and `bind` by which browsers may ask for it; `.x` is a domain and all below it.
    hosts: tuple[str, ...] = ()
    #: For rehearsals: the clock takes the service's start for this moment.
    now: datetime | None = None
    #: How long a person has for a sign-in, and how long nobody may look at it.
    sign_in_seconds: int = 600
    sign_in_away_seconds: int = 180

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> ServiceOptions:
        """Reads the `SHOPDATA_SERVICE_…` settings.

        Raises:
            UsageError: the port is none, or somebody else could reach the service without a password, or guess it.
        """
        options = cls(
            state_dir=Workspace.from_settings(settings).state_dir,
            port=_port(settings["SHOPDATA_SERVICE_PORT"]),
            bind=settings["SHOPDATA_SERVICE_BIND"],
            username=settings["SHOPDATA_SERVICE_USERNAME"] or "",
            password=settings["SHOPDATA_SERVICE_PASSWORD"] or "",
            hosts=read_names(settings["SHOPDATA_SERVICE_HOSTS"] or "", "SHOPDATA_SERVICE_HOSTS"),
            now=_moment(settings["SHOPDATA_SERVICE_NOW"]),
            sign_in_seconds=whole_number(settings["SHOPDATA_SIGN_IN_SECONDS"], "SHOPDATA_SIGN_IN_SECONDS"),
            sign_in_away_seconds=whole_number(
                settings["SHOPDATA_SIGN_IN_AWAY_SECONDS"], "SHOPDATA_SIGN_IN_AWAY_SECONDS"
            ),
        )
        if bool(options.username) != bool(options.password):
            raise UsageError(
                "a user name and a password belong together",
                where="SHOPDATA_SERVICE_PASSWORD" if options.username else "SHOPDATA_SERVICE_USERNAME",
                found="only one of the two",
                todo="Set both, or none: then the service makes a password of its own.",
            )
        if ":" in options.username:
            raise UsageError("a user name must not hold a colon", where="SHOPDATA_SERVICE_USERNAME", todo="Change it.")
        if not is_loopback(options.bind) and not options.password:
            raise UsageError(
                "whoever reaches this address could run code here",
                where="SHOPDATA_SERVICE_BIND",
                found=options.bind,
                expected="127.0.0.1, or a user name and a password of your own",
                todo="Set SHOPDATA_SERVICE_USERNAME and SHOPDATA_SERVICE_PASSWORD, and put TLS in front.",
            )
        weakness = weakness_of(options.username, options.password) if options.password else ""
        if weakness and not (is_loopback(options.bind) and all(map(is_loopback, options.hosts))):
            raise UsageError(
                "this password is too weak for an address that others reach",
                where="SHOPDATA_SERVICE_PASSWORD",
                found=weakness,
                expected="12 letters or more that nobody guesses",
                todo='Make one: `python -c "import secrets; print(secrets.token_urlsafe(24))"`.',
            )
        return options

    @property
    def folder(self) -> Path:
        """Everything of the service: eggs, queue, logs, its own log."""
        return self.state_dir / "service"

    @property
    def logs(self) -> Path:
        """The crawls' logs, `PROJECT/SPIDER/JOB.log`."""
        return self.folder / "logs"

    @property
    def log_copies(self) -> Path:
        """What was fetched of other machines' logs, `SPIDER/JOB.log`."""
        return self.folder / "log-copies"

    @property
    def log(self) -> Path:
        """The service's own log."""
        return self.folder / "service.log"

    @property
    def sign_ins(self) -> Path:
        """Who has signed in which shop from the board."""
        return self.folder / "sign_ins.jsonl"

    @property
    def pid_file(self) -> Path:
        """Which process it is, written when it is up."""
        return self.folder / "service.pid"

    @property
    def draining_file(self) -> Path:
        """There while the service is to take no crawl."""
        return self.folder / "draining"

    @property
    def lock_file(self) -> Path:
        """Locked for as long as the service lives."""
        return self.folder / "service.lock"

    @property
    def password_file(self) -> Path:
        """The password that the service has made, if it had to."""
        return self.folder / "password"

    @property
    def users_file(self) -> Path:
        """Who else may use it: names, roles, and what is kept of passwords."""
        return self.folder / "users"

    @property
    def browsers_file(self) -> Path:
        """Which browsers are signed in, as sums."""
        return self.folder / "browsers.json"

    @property
    def users(self) -> Users:
        """Them, to be looked at and changed."""
        return Users(self.users_file, self.username or _USERNAME)

    @property
    def url(self) -> str:
        """Where it answers, seen from this machine."""
        host = "127.0.0.1" if self.bind in ("0.0.0.0", "localhost") else self.bind  # noqa: S104 - compared only
        host = "::1" if host == "::" else host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def credentials(self) -> tuple[str, str]:
        """User name and password: the configured ones, else with that of `password_file`, made if it is missing."""
        if self.password:
            return self.username, self.password
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            # O_EXCL: of two that begin at once, one makes it.
            handle = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(24))
        return _USERNAME, self.password_file.read_text("utf-8").strip()


def _port(value: object) -> int:
    try:
        port = int(str(value))
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise ArgumentError(
            "invalid port",
            where="SHOPDATA_SERVICE_PORT",
            found=repr(value),
            expected="a number from 1 to 65535",
            todo="Fix it, or unset it to use 6800.",
        )
    return port


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ArgumentError(
            "invalid datetime",
            where="SHOPDATA_SERVICE_NOW",
            found=repr(value),
            expected="2026-03-01T08:29:50",
            todo="Fix it, or unset it to go by the machine's clock.",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
