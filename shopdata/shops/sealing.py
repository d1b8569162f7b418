"""User name and password of a kept shop: one text that only the key of SHOPDATA_SECRET_KEY opens."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from shopdata.exceptions import UsageError
from shopdata.sessions.secret_files import OtherKeyUsedError, UnreadableError, new_salt, salt_of, seal, unseal

_WHERE = "SHOPDATA_SECRET_KEY"
_LOST = "If it is lost, set a new one and enter all of them anew, by `scrapy shops import FILE --update`."


@dataclass(frozen=True)
class Credentials:
    """What a shop signs in with."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True)
class Sealer:
    """Seals with one key and one salt, so that hundreds are opened as quickly as one."""

    key: str = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def beside(cls, key: str | None, sealed: Iterable[str]) -> Sealer:
        """One whose work may lie beside what is sealed already.

        Raises:
            UsageError: there is no key, or another one has sealed what is there.
        """
        if not key:
            raise UsageError(
                "user names and passwords are only kept encrypted, and no key is set",
                where=_WHERE,
                todo="Set it to a long secret text, also where crawls and the service run, and keep a copy of it.",
            )
        first = next(iter(sealed), None)
        if first is None:
            return cls(key, new_salt())
        opened(first, key)
        return cls(key, salt_of(_bytes(first)))

    def opens(self, sealed: str) -> bool:
        """True if this key has sealed it, and it is whole."""
        try:
            opened(sealed, self.key)
        except UsageError:
            return False
        return True

    def seal(self, credentials: Credentials) -> str:
        """As a text for the ledger."""
        content = json.dumps([credentials.username, credentials.password]).encode()
        return base64.b64encode(seal(content, self.key, self.salt)).decode("ascii")


def opened(sealed: str, key: str | None) -> Credentials:
    """What was sealed.

    Raises:
        UsageError: there is no key, or it is another one; or what was kept is damaged.
    """
    if not key:
        raise UsageError(
            "kept shops are encrypted, and no key is set",
            where=_WHERE,
            expected="the key that they were kept with",
            todo=f"Set it. {_LOST}",
        )
    try:
        username, password = json.loads(unseal(_bytes(sealed), key))
    except OtherKeyUsedError:
        raise UsageError(
            "kept shops were encrypted with another key",
            where=_WHERE,
            expected="the key that they were kept with",
            todo=f"Set that one. To change it, set the new one and run `scrapy shops rekey`. {_LOST}",
        ) from None
    except (UnreadableError, ValueError, TypeError):
        raise UsageError(
            "what is kept of a shop's user name and password is damaged",
            where="the ledger, table `shops`",
            todo="Bring the ledger back from a copy, or give the shop both anew with `scrapy shops edit ID`.",
        ) from None
    return Credentials(str(username), str(password))


def _bytes(sealed: str) -> bytes:
    return base64.b64decode(sealed, validate=True)
