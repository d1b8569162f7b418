"""Show it once: what a browser did while a person exported a report, and the recipe that follows from it.

A recording is a journal, lines of JSON without any secret (`redaction`); `inference` reads two takes of different days
off it and knows no browser and no clock.
"""
