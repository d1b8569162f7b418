"""How each platform is signed in to, and which of its answers mean that a session is dead or a risk control woke up."""

from __future__ import annotations

import functools

from shopdata.config import platforms
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


@functools.cache
def login_for(platform: str) -> PlatformLogin:
    """The login of a platform, by its name."""
    login: PlatformLogin = platforms()[platform].load_login()()
    return login
