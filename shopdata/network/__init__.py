"""The network around us: proxies, what is reached without them, and whose certificates are believed. One for all.

Imports leaf modules only; whoever opens a connection asks here first.
"""

from shopdata.network.description import Network, current_network, read_network
from shopdata.network.hosts import is_loopback
from shopdata.network.proxy import Proxy

__all__ = ["Network", "Proxy", "current_network", "is_loopback", "read_network"]
