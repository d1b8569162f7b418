"""JD's half of the sandbox, built on PORTALS 4 and 5.1."""

from sandbox.jd.portal import JdPortal

__all__ = ["JdPortal"]
