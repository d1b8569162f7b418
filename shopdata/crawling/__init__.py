"""What the spiders share, on whichever platform: arguments and plan, shops side by side, the way to a portal.

The lowest package that knows Scrapy. Imports whatever is below it; no platform, no spider, no pipeline.
"""

from shopdata.crawling.paged_rows import Page, PagedRows, Room
from shopdata.crawling.report_spider import ReportSpider

__all__ = ["Page", "PagedRows", "ReportSpider", "Room"]
