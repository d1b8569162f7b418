"""Downloader middlewares: a request simply waits for its shop's session and for its turn, finds its way out, and is
sent again while that may help.

They import sessions, network and crawling, and no platform: whose answer it is, `config.platforms` tells.
"""

from shopdata.middlewares.cookies import CookiesMiddleware
from shopdata.middlewares.network import NetworkMiddleware
from shopdata.middlewares.pace import PaceMiddleware
from shopdata.middlewares.retry import RetryMiddleware
from shopdata.middlewares.session import SessionMiddleware
from shopdata.middlewares.signed_page import SignedPageMiddleware

__all__ = [
    "CookiesMiddleware",
    "NetworkMiddleware",
    "PaceMiddleware",
    "RetryMiddleware",
    "SessionMiddleware",
    "SignedPageMiddleware",
]
