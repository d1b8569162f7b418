"""Platforms that portals.yaml describes: an ordinary sign-in form and answers in JSON need no package."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, create_model, model_validator

from shopdata.config.model import Model, ShownText, Text, Url
from shopdata.config.portals import LoginPage, Portal, Signs

#: The class of such a login.
LOGIN = "shopdata.sessions.sign_in.described:DescribedLogin"
#: A key of a section that says where one of the platform's machines is.
_ORIGIN = re.compile(r"(?:[a-z][a-z0-9]*_)*origin")


class LoginDescription(Model):
    """How one sees by its answers whether a shop is signed in."""

    #: The cheapest address that needs a session, for a GET; `{name.origin}` as in recipes.
    check: Text
    #: What the answer to it holds while the session lives;
    alive: Annotated[Signs, Field(min_length=1)] | None = None
    #: or, where the answer is a page, a text that stands on pages of somebody who is signed in, and on no other.
    alive_on_page: Text | None = None
    #: What any answer holds once the session has ended, each of them alone; besides HTTP 401, a redirect, and a page in
    #: the place of data.
    dead: tuple[Signs, ...] = ()
    #: What any answer holds when the portal says "too often": it passes by itself.
    too_often: tuple[Signs, ...] = ()
    #: What any answer holds when the portal asks for a person.
    person: tuple[Signs, ...] = ()

    @model_validator(mode="after")
    def _says_what_lives(self) -> LoginDescription:
        if (self.alive is None) == (self.alive_on_page is None):
            raise ValueError("one thing tells that a session lives: write alive, or alive_on_page where it is a page")
        return self


class DescribedLoginPage(LoginPage):
    """CSS selectors of the sign-in form; most forms have neither tabs nor a slider."""

    account_tab: tuple[str, ...] = ()
    slider: tuple[str, ...] = ()
    username: Annotated[tuple[str, ...], Field(min_length=1)]
    password: tuple[str, ...] = ("input[type=password]",)
    submit: tuple[str, ...] = ("button[type=submit]", "input[type=submit]", "button:not([type])")


class DescribedPortal(Portal):
    """A section that has `login`, and an address under each key that ends in `origin`."""

    #: What people call the platform, by language.
    title: dict[str, ShownText] = Field(default_factory=dict)
    login_page: DescribedLoginPage
    login: LoginDescription


def portal_of(section: Mapping[str, Any]) -> type[DescribedPortal]:
    """The model of a section: with its own origins."""
    origins: dict[str, Any] = {name: (Url, ...) for name in section if _ORIGIN.fullmatch(str(name))}
    return create_model("DescribedPortal", __base__=DescribedPortal, **(origins or {"origin": (Url, ...)}))


def described_sections(folder: Traversable) -> Mapping[str, Mapping[str, Any]]:
    """The sections of portals.yaml that describe a login, as they are written; their mistakes, `load_config` tells."""
    file = folder / "portals.yaml"
    if isinstance(file, Path):
        try:
            state = file.stat()
        except OSError:
            return {}
        return _sections_of(file, state.st_mtime_ns, state.st_size)
    return _read(file)


@functools.lru_cache(maxsize=8)
def _sections_of(file: Path, _changed: int, _size: int) -> Mapping[str, Mapping[str, Any]]:
    return _read(file)


def _read(file: Traversable) -> Mapping[str, Mapping[str, Any]]:
    try:
        text = file.read_text("utf-8-sig")
        # Most have none, and are read often.
        value = yaml.safe_load(text) if "login:" in text else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    sections = value if isinstance(value, dict) else {}
    return {
        name: section
        for name, section in sections.items()
        if isinstance(name, str) and isinstance(section, dict) and isinstance(section.get("login"), dict)
    }
