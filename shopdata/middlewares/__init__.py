"""Downloader middlewares: a request simply waits for its shop's session and for its turn, and finds its way out."""

from shopdata.middlewares.network import NetworkMiddleware
from shopdata.middlewares.pace import PaceMiddleware
from shopdata.middlewares.session import SessionMiddleware

__all__ = ["NetworkMiddleware", "PaceMiddleware", "SessionMiddleware"]
