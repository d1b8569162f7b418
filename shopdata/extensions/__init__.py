"""Listeners: they hear signals and must never hurt a crawl.

No listener imports another, and no pipeline or spider knows of them. They import whatever is below `crawling`.
"""
