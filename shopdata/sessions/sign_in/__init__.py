"""How each platform is signed in to, and which of its answers mean that a session is dead or a risk control woke up."""

from __future__ import annotations

import functools
from collections.abc import Callable

from shopdata.config import platform_named
from shopdata.config.platforms import DescribedPlatform
from shopdata.sessions.sign_in.steps import (
    CodeState,
    Identity,
    PlatformLogin,
    PortalAnswer,
    Risk,
    SignedIn,
    first_expiry,
    is_login_page,
    read_session,
)

__all__ = [
    "CodeState",
    "Identity",
    "PlatformLogin",
    "PortalAnswer",
    "Risk",
    "SignedIn",
    "first_expiry",
    "is_login_page",
    "login_for",
    "read_session",
]


def login_for(platform: str) -> PlatformLogin:
    """The login of a platform, by its name."""
    found = platform_named(platform)
    # What a file describes may change while a service runs.
    return _made(found.load_login()) if isinstance(found, DescribedPlatform) else _of_package(platform)


@functools.cache
def _of_package(platform: str) -> PlatformLogin:
    return _made(platform_named(platform).load_login())


def _made(make: Callable[[], PlatformLogin]) -> PlatformLogin:
    return make()
