"""What the spiders share: arguments and plan, shops side by side, and each platform's way to a report."""

from shopdata.base_spiders.jd import JdSpider
from shopdata.base_spiders.paged_rows import Page, PagedRows, Room
from shopdata.base_spiders.pdd import PddSpider, Post
from shopdata.base_spiders.report_spider import ReportSpider

__all__ = ["JdSpider", "Page", "PagedRows", "PddSpider", "Post", "ReportSpider", "Room"]
