"""admit 50, validate 100, compare 150, stage 200, merge 300, publish 400, refresh 500: each one thin over `lake/`.

A `ReportFile` walks through the first four, a `Partition` through the last three; whatever is yielded waits in the
first one for a place. What can be done without Scrapy is done below; no pipeline imports another (`step` is none).
"""
