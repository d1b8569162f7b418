"""What the spiders share: arguments and plan, shops side by side, and each platform's way to a report."""

from shopdata.crawling.jd import JdSpider
from shopdata.crawling.paged_rows import Page, PagedRows, Room
from shopdata.crawling.pdd import PddSpider, Post
from shopdata.crawling.report_spider import ReportSpider

__all__ = ["JdSpider", "Page", "PagedRows", "PddSpider", "Post", "ReportSpider", "Room"]
