"""Scrapy commands of the project. Scrapy imports this before each command, its own ones included: it is their door."""

from shopdata import doorway

doorway.enter()
doorway.tell_lost_output()
