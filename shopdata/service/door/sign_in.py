"""Who comes with which user name and password: the one of the settings, or one of the file of users."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.threads import deferToThread

from shopdata.service.people.hashed import fits, hashed
from shopdata.service.people.roles import Role, Visitor
from shopdata.service.people.users_file import UsersFile

#: What a check costs is for one of two cores, and no more of them than this wait for it.
_MOST_WAITING = 16


@dataclass(frozen=True)
class Credentials:
    """What somebody says who they are."""

    name: str
    password: str = field(repr=False)


def read_basic(authorization: bytes) -> Credentials | None:
    """Those of a header `Basic …`; None for anything else."""
    scheme, _, coded = authorization.partition(b" ")
    try:
        given = base64.b64decode(coded.strip() + b"==", validate=False) if scheme.lower() == b"basic" else b""
    except binascii.Error:
        given = b""
    name, colon, password = (part.decode("utf-8", "surrogateescape") for part in given.partition(b":"))
    return Credentials(name, password) if colon else None


class SignIn:
    """Compares in a time that tells nothing. Its repr has no password. In the reactor's thread only.

    What scrypt takes a third of a second for is done once: a program that sends its password with each request is known
    by a sum under a secret of this process.
    """

    def __init__(self, username: str, password: str, users: UsersFile | None = None) -> None:
        self.single = username
        self._secret = secrets.token_bytes(32)
        self._single = self._sum_of(Credentials(username, password))
        # A cookie's token is its key: of no use to who reads what is kept of the cookie.
        self._single_mark = f"{username}\0{password}".encode()
        self._users = users
        #: By name: what was kept of the password when it fitted, and the sum that it came with.
        self._fitted: dict[str, tuple[str, bytes]] = {}
        self._nobodys = ""
        self._one_at_a_time = DeferredSemaphore(1)

    def __repr__(self) -> str:
        return "<SignIn>"

    def fits(self, authorization: bytes) -> bool:
        """True for a header `Basic …` that needs no further check."""
        given = read_basic(authorization)
        return given is not None and self.known(given) is not None

    def known(self, given: Credentials) -> Visitor | None:
        """Whoever this is for sure, at once; None where it is wrong, or has to be checked."""
        sum_ = self._sum_of(given)
        if hmac.compare_digest(sum_, self._single):
            return self.visitor(given.name)
        kept, wanted = self._fitted.get(given.name, ("", b""))
        is_same = hmac.compare_digest(sum_, wanted)
        return self.visitor(given.name) if is_same and kept == self._kept(given.name) else None

    @property
    def has_checks(self) -> bool:
        """Whether there is a user besides the one of the settings, and so a reason to check."""
        return self._users is not None and bool(self._users.users())

    @property
    def is_busy(self) -> bool:
        """True while so many wait for a check that nobody else can."""
        return len(self._one_at_a_time.waiting) >= _MOST_WAITING

    def check(self, given: Credentials) -> Deferred[Visitor | None]:
        """Whoever this is, in a thread; None if nobody. For a name that there is not it takes as long."""
        return self._one_at_a_time.run(self._check, given, self._kept(given.name))

    def _check(self, given: Credentials, kept: str) -> Deferred[Visitor | None]:
        def work() -> bool:
            self._nobodys = self._nobodys or hashed(secrets.token_hex())
            return fits(given.password, kept or self._nobodys) and bool(kept)

        def done(is_right: bool) -> Visitor | None:
            if not is_right or kept != self._kept(given.name):
                return None
            self._fitted[given.name] = (kept, self._sum_of(given))
            return self.visitor(given.name)

        return deferToThread(work).addCallback(done)

    def visitor(self, name: str, *, has_session: bool = False) -> Visitor | None:
        """A user as they stand now; None if they are gone."""
        if name == self.single:
            return Visitor(name, Role.ADMINISTER, has_session)
        user = self._users.users().get(name) if self._users is not None else None
        return None if user is None else Visitor(name, user.role, has_session)

    def mark(self, name: str, token: str) -> str:
        """Of a user's password as it is now, for the browser of this token; another one means that it has changed."""
        key = token.encode()
        kept = self._single_mark if name == self.single else self._kept(name).encode()
        return hmac.new(key, kept, hashlib.sha256).hexdigest()

    def _kept(self, name: str) -> str:
        user = self._users.users().get(name) if self._users is not None else None
        return "" if user is None else user.kept

    def _sum_of(self, given: Credentials) -> bytes:
        text = "\0".join((given.name, given.password)).encode("utf-8", "surrogateescape")
        return hmac.new(self._secret, text, hashlib.sha256).digest()
