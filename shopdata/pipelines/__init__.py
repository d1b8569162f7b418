"""validate 100, compare 150, stage 200, merge 300, publish 400, refresh 500: each one thin over `lake/`.

A `ReportFile` walks through the first three, a `Partition` through the last three. What can be done without Scrapy is
done below; no pipeline imports another.
"""
