"""Chromium on this machine: found, started and ended, its fonts and authorities.

Imports configuration and network; no Scrapy, no session, no platform.
"""
