"""Listeners: they hear signals and must never hurt a crawl."""
