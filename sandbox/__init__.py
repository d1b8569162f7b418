"""Stand-ins for the portals: servers on loopback that a developer without accounts can work against.

with Sandbox(SandboxOptions(shops=2, rows=50)) as sandbox:
    sandbox.write_config(folder)
    ...                                   # run shopdata with SHOPDATA_CONFIG_DIR=folder and sandbox.environment()
    assert sandbox.counters().downloads == {"sandbox-01": 1, "sandbox-02": 1}
"""

from sandbox.faults import EVERY_SHOP, Fault, FaultRule
from sandbox.options import SandboxOptions
from sandbox.records import Counters, Record
from sandbox.server import Sandbox
from sandbox.truth import Truth
from sandbox.world import SandboxShop

__all__ = [
    "EVERY_SHOP",
    "Counters",
    "Fault",
    "FaultRule",
    "Record",
    "Sandbox",
    "SandboxOptions",
    "SandboxShop",
    "Truth",
]
