"""How each platform is signed in to, and which of its answers mean that a session is dead or a risk control woke up."""

from __future__ import annotations

from shopdata.config import Platform
from shopdata.login.jd import JdLogin
from shopdata.login.pdd import PddLogin
from shopdata.login.steps import Answer, PlatformLogin, Risk

__all__ = ["Answer", "PlatformLogin", "Risk", "login_for"]

_LOGINS: dict[Platform, PlatformLogin] = {"jd": JdLogin(), "pdd": PddLogin()}


def login_for(platform: Platform) -> PlatformLogin:
    """The login of a platform."""
    return _LOGINS[platform]
