"""JD's half of the sandbox, built on docs/portals.md 4 and 5.1."""

from sandbox.jd.portal import SandboxJd

__all__ = ["SandboxJd"]
