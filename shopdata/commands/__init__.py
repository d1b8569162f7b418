"""Scrapy commands of the project. Scrapy imports this before each command, its own ones included: it is their door.

A module here imports at once only what its help needs; what the command does is in `actions`.
"""

from shopdata import doorway

doorway.enter()
doorway.report_lost_output()
