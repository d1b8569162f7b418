"""Collects the reports of e-commerce back offices and publishes them to an S3 lake."""

__version__ = "1.1.0"

from shopdata.addon import Addon

__all__ = ["Addon"]
