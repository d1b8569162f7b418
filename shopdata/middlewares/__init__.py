"""Downloader middlewares: a request simply waits for its shop's session and for its turn."""

from shopdata.middlewares.pace import PaceMiddleware
from shopdata.middlewares.session import SessionMiddleware

__all__ = ["PaceMiddleware", "SessionMiddleware"]
