"""Pinduoduo's half of the sandbox, built on docs/portals.md 1 to 3 and 5."""

from sandbox.pdd.portal import SandboxPdd

__all__ = ["SandboxPdd"]
