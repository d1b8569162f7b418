"""One proxy, as a variable names it: `http://user:password@proxy.example.com:3128`."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from shopdata.exceptions import UsageError

_EXAMPLE = "http://proxy.example.com:3128"


@dataclass(frozen=True)
class Proxy:
    """A proxy that is spoken to by plain HTTP; it passes TLS connections on with CONNECT."""

    #: Where it was named: a variable.
    variable: str
    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Its address, without user name and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def authorization(self) -> str:
        """The value of `Proxy-Authorization`; empty if it wants none."""
        if not self.username:
            return ""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()

    @classmethod
    def read(cls, variable: str, value: str) -> Proxy:
        """Reads a variable's value.

        Raises:
            UsageError: it is no address of a proxy that all our parts can use. The value is not in the sentence: it may
                hold a password, and a value that can't be read does not say where.
        """
        if re.search(r"[\s\x00-\x1f\x7f]", value):
            raise _refused(variable, "blanks or line breaks in it", "Take them out, also at its ends.")
        scheme, has_scheme, _ = value.partition("://")
        scheme = scheme.lower()
        if not has_scheme or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
            raise _refused(variable, "no scheme", "Write http:// in front.")
        if scheme.startswith("socks"):
            raise _refused(
                variable,
                f"a {scheme} proxy",
                "Name an HTTP proxy (most SOCKS servers offer one on another port), or unset the variable.",
            )
        if scheme != "http":
            raise _refused(
                variable,
                f"{scheme}://" if scheme == "https" else "another scheme",
                "Write http://, also for the proxy of https addresses: it is about how we speak to the proxy itself.",
            )
        try:
            parts = urlsplit(value)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _refused(variable, "no host and port that can be read", _HINT) from None
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise _refused(variable, "something behind host and port", _HINT)
        if port == 0 or not re.fullmatch(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?|[0-9a-f:.]*:[0-9a-f:.]*", host):
            raise _refused(variable, "no host and port that can be read", _HINT)
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        if ":" in username or re.search(r"[\x00-\x1f\x7f]", username + password):
            raise _refused(variable, "a sign in user name or password that HTTP can't carry", "Change it.")
        return cls(variable, host, port or 80, username, password)


_HINT = "Fix it; in a user name or password, : / ? # @ % are written as %3A %2F %3F %23 %40 %25."


def _refused(variable: str, found: str, todo: str) -> UsageError:
    return UsageError(
        "unsupported proxy",
        where=variable if " " in variable else f"environment variable {variable}",
        found=found,
        expected=f"{_EXAMPLE}, or with http://user:password@ in front of the host",
        todo=todo,
    )
