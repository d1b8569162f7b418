"""How each platform is signed in to, and which of its answers mean that a session is dead or a risk control woke up."""

from __future__ import annotations

from shopdata.config import Platform
from shopdata.sessions.sign_in.jd import JdLogin
from shopdata.sessions.sign_in.pdd import PddLogin
from shopdata.sessions.sign_in.steps import Answer, Identity, PlatformLogin, Risk, SignedIn, is_login_page, read_session

__all__ = ["Answer", "Identity", "PlatformLogin", "Risk", "SignedIn", "is_login_page", "login_for", "read_session"]

_LOGINS: dict[Platform, PlatformLogin] = {"jd": JdLogin(), "pdd": PddLogin()}


def login_for(platform: Platform) -> PlatformLogin:
    """The login of a platform."""
    return _LOGINS[platform]
