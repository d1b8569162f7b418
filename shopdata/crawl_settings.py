"""What `shopdata.Addon` sets for a crawl, in this project and in any other that switches it on.

Where a default of Scrapy 2.19 is changed, the default and the reason stand beside it. What a project sets itself, wins.
"""

from typing import Any

from scrapy.settings import default_settings

from shopdata.settings import SHOPDATA_BROWSER_PATH

# -- requests ------------------------------------------------------------------------------------------------------

# 16: requests that wait for their shop's pace count, so that it would be a limit of shops; ours is shops at once.
CONCURRENT_REQUESTS = 1000
# True: it would unpack an answer only after our middlewares have read it. Our handler does it while it comes, with a
# limit (downloads.py).
COMPRESSION_ENABLED = False
# False: the portals' certificates are what keeps passwords safe.
DOWNLOAD_VERIFY_CERTIFICATES = True
# 180 seconds: nobody waits three minutes for a JSON answer; large files get their own time-out.
DOWNLOAD_TIMEOUT = 60
# True: a redirect to the login page is an answer that we must see, and a file link may lead to allowed hosts only.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
# True: Scrapy's retries know no back-off, ignore Retry-After and repeat POSTs, which would create reports twice. Ours
# (RetryMiddleware) do it for the requests of shops.
RETRY_ENABLED = False
# True: the referer would carry a link's token into the next request and into the log.
REFERER_ENABLED = False

DOWNLOADER_MIDDLEWARES = {
    # Ours keeps away from the cookies of shops, which SessionMiddleware sends, and downloads no public suffix list.
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "shopdata.middlewares.CookiesMiddleware": 690,
    # Ours has the rule that browser, store, Dremio and alerts have too; this one has urllib's, without address ranges.
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    # Nearer to the engine than the others: it judges what they let through, and what they raise.
    "shopdata.middlewares.RetryMiddleware": 550,
    "shopdata.middlewares.SessionMiddleware": 700,
    "shopdata.middlewares.NetworkMiddleware": 750,
    # Before the pace: that page is a request of its own.
    "shopdata.middlewares.SignedPageMiddleware": 800,
    # After Scrapy's cache, for those who switch it on: what comes from there is no turn taken.
    "shopdata.middlewares.PaceMiddleware": 950,
}

# -- the browser ---------------------------------------------------------------------------------------------------

DOWNLOAD_HANDLERS = {
    "http": "shopdata.crawling.downloads.DownloadHandler",
    "https": "shopdata.crawling.downloads.DownloadHandler",
}
# The stock provider starts a node process per scheme with every crawl; ours starts one at the first sign-in.
PLAYWRIGHT_BROWSER_PROVIDER = "shopdata.crawling.browser_provider.LazyBrowserProvider"
# Scrapy's headers on a page's own requests would lose their Content-Type, and a login form its POST.
PLAYWRIGHT_PROCESS_REQUEST_HEADERS = None
# Defaults to CONCURRENT_REQUESTS; a page that is never closed must not make the next one wait for ever.
PLAYWRIGHT_MAX_PAGES_PER_CONTEXT = 4
PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT = 30_000
PLAYWRIGHT_LAUNCH_OPTIONS: dict[str, Any] = {"executable_path": SHOPDATA_BROWSER_PATH} if SHOPDATA_BROWSER_PATH else {}

# -- items ---------------------------------------------------------------------------------------------------------

ITEM_PIPELINES = {
    "shopdata.pipelines.admit.AdmitPipeline": 50,
    "shopdata.pipelines.validate.ValidatePipeline": 100,
    "shopdata.pipelines.compare.ComparePipeline": 150,
    "shopdata.pipelines.plausible.PlausiblePipeline": 175,
    "shopdata.pipelines.stage.StagePipeline": 200,
    "shopdata.pipelines.merge.MergePipeline": 300,
    "shopdata.pipelines.publish.PublishPipeline": 400,
    "shopdata.pipelines.refresh.RefreshPipeline": 500,
}
# 100, and of one response each: parsing a workbook is work for a core, not for the network. AdmitPipeline holds it over
# the whole crawl, also for the items of `start()`.
CONCURRENT_ITEMS = 8

# All of Scrapy's but remote control, which is switched off below: it brings aiohttp along, and is imported where
# EXTENSIONS names it, also with None.
EXTENSIONS_BASE = {
    name: place
    for name, place in default_settings.EXTENSIONS_BASE.items()
    if name != "scrapy.extensions.remote_control.RemoteControl"
}
EXTENSIONS = {
    # 0: it would export our items. Ours takes its place.
    "scrapy.extensions.feedexport.FeedExporter": None,
    "shopdata.extensions.published_feed.PublishedFeed": 0,
    "shopdata.extensions.cell_leases.CellLeases": 50,
    "shopdata.extensions.publish_at_idle.PublishAtIdle": 60,
    "shopdata.extensions.outcome.RunOutcome": 100,
    "shopdata.extensions.reasons.ReasonsLog": 150,
    "shopdata.extensions.progress.Progress": 200,
    "shopdata.extensions.alerts.Alerts": 300,
}

# True: the ledger and the summary at a run's end tell more, in fewer lines.
STATS_DUMP = False

# -- what must not leak ------------------------------------------------------------------------------------------------

LOG_FORMATTER = "shopdata.logs.PrivateLogFormatter"
# True and True: both are servers that run code for whoever reaches them.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
