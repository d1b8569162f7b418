"""The service: scrapyd with our clock, front page and metrics, in the background. Only actions import it.

A crawl is a process of its own, maybe of another version: nothing of it is imported here, but what lies below.
"""
