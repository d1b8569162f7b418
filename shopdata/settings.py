"""Scrapy settings. Where a default of Scrapy 2.19 is changed, the default and the reason stand beside it."""

import gc
import os

from scrapy.settings import default_settings

# Read before most of the program is imported, which makes hundreds of thousands of objects that stay: looking through
# all of them for rubbish after every 700 new ones (Python's default) takes a fifth of the start.
gc.set_threshold(50_000, 20, 20)

BOT_NAME = "shopdata"
SPIDER_MODULES = ["shopdata.spiders"]
# Scrapy's own: ours also looks where platforms bring spiders along.
SPIDER_LOADER_CLASS = "shopdata.crawling.spider_loader.PlatformSpiderLoader"
NEWSPIDER_MODULE = "shopdata.spiders"
COMMANDS_MODULE = "shopdata.commands"

# -- ours (docs/reference.md) --------------------------------------------------------------------------------------

#: Sessions, ledger, outbox, logs and the local copies of merged workbooks.
SHOPDATA_STATE_DIR = os.environ.get("SHOPDATA_STATE_DIR") or ".shopdata"
#: Any SQLAlchemy URL; None is SQLite in the state directory.
SHOPDATA_DATABASE_URL = os.environ.get("SHOPDATA_DATABASE_URL") or None
#: Encrypts saved sessions; None keeps them as plain files of mode 0600.
SHOPDATA_SECRET_KEY = os.environ.get("SHOPDATA_SECRET_KEY") or None
#: The Chromium to sign in with; None looks for Playwright's own, then for a system one.
SHOPDATA_BROWSER_PATH = os.environ.get("SHOPDATA_BROWSER_PATH") or None
#: In which language people are told what came of things, zh or en; None is that of the system.
SHOPDATA_LANGUAGE = os.environ.get("SHOPDATA_LANGUAGE") or None
#: How many shops are worked on side by side. A shop that only waits for its portal to make a report does not count.
SHOPDATA_SHOPS_AT_ONCE = 8
#: How many shops may be in the browser at the same moment: a Chromium context takes about 100 MB.
SHOPDATA_LOGINS_AT_ONCE = 4
#: How many processes read workbooks, in runs of many shops; 0 leaves it to threads.
SHOPDATA_WORKERS = os.environ.get("SHOPDATA_WORKERS") or min(os.cpu_count() or 1, 4)
#: Whether a crawl shows its progress and a summary.
SHOPDATA_PROGRESS = True
#: For how long a run without a sign of life keeps what it holds from others; it shows four in this time.
SHOPDATA_LEASE_SECONDS = 120
#: How long a run waits for what another run holds.
SHOPDATA_PATIENCE_SECONDS = 3600
#: For how many days parsed tables stay in the state directory; later they are read again from raw/ when needed.
SHOPDATA_KEEP_TABLES_DAYS = 7
#: How long a backfill rests between one period and the next.
SHOPDATA_BACKFILL_PAUSE_SECONDS = 5
#: Where a test kills the run (`failpoints.py`). Of no effect without the next one, which no variable can set.
SHOPDATA_FAILPOINT = os.environ.get("SHOPDATA_FAILPOINT") or None
SHOPDATA_FAILPOINTS_KILL = False
#: Where the service listens. Elsewhere than on loopback only with a user name and a password.
SHOPDATA_SERVICE_BIND = os.environ.get("SHOPDATA_SERVICE_BIND") or "127.0.0.1"
SHOPDATA_SERVICE_PORT = os.environ.get("SHOPDATA_SERVICE_PORT") or 6800
#: Both or none; with none, the service makes a password in its folder.
SHOPDATA_SERVICE_USERNAME = os.environ.get("SHOPDATA_SERVICE_USERNAME") or None
SHOPDATA_SERVICE_PASSWORD = os.environ.get("SHOPDATA_SERVICE_PASSWORD") or None
#: Names besides loopback and the address above by which browsers may ask for it, with commas between.
SHOPDATA_SERVICE_HOSTS = os.environ.get("SHOPDATA_SERVICE_HOSTS") or None
#: For rehearsals: the moment that the service's clock takes its start for.
SHOPDATA_SERVICE_NOW = os.environ.get("SHOPDATA_SERVICE_NOW") or None

# -- requests ------------------------------------------------------------------------------------------------------

# 16 and 8: our own limit is shops at once, one request per shop, paced by PaceMiddleware; these must not be lower.
# (From 2.14 on, Scrapy does not hold CONCURRENT_REQUESTS_PER_DOMAIN for bursts anyway.)
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = 64
# True: it would unpack an answer only after our middlewares have read it. Our handler does it while it comes, with a
# limit (downloads.py).
COMPRESSION_ENABLED = False
# False: the portals' certificates are what keeps passwords safe.
DOWNLOAD_VERIFY_CERTIFICATES = True
# 180 seconds: nobody waits three minutes for a JSON answer; large files get their own time-out.
DOWNLOAD_TIMEOUT = 60
# True: cookies belong to a shop's session and are sent by SessionMiddleware. Scrapy's own middleware would also
# download the public suffix list at its first cookie.
COOKIES_ENABLED = False
# True: a redirect to the login page is an answer that we must see, and a file link may lead to allowed hosts only.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
# True: Scrapy's retries know no back-off, ignore Retry-After and repeat POSTs, which would create reports twice. Ours
# (RetryMiddleware) do it for the requests of shops.
RETRY_ENABLED = False
# True: the referer would carry a link's token into the next request and into the log.
REFERER_ENABLED = False
# Scrapy/VERSION: only for sessions that do not say which browser has signed in. All others go by its name, in the
# browser and in plain requests: a session must look like one client.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

DOWNLOADER_MIDDLEWARES = {
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
PLAYWRIGHT_LAUNCH_OPTIONS = {"executable_path": SHOPDATA_BROWSER_PATH} if SHOPDATA_BROWSER_PATH else {}

# -- items ---------------------------------------------------------------------------------------------------------

ITEM_PIPELINES = {
    "shopdata.pipelines.validate.ValidatePipeline": 100,
    "shopdata.pipelines.compare.ComparePipeline": 150,
    "shopdata.pipelines.stage.StagePipeline": 200,
    "shopdata.pipelines.merge.MergePipeline": 300,
    "shopdata.pipelines.publish.PublishPipeline": 400,
    "shopdata.pipelines.refresh.RefreshPipeline": 500,
}
# 100: parsing a workbook is work for a core, not for the network.
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
    "shopdata.extensions.outcome.RunOutcome": 100,
    "shopdata.extensions.reasons.ReasonsLog": 150,
    "shopdata.extensions.progress.Progress": 200,
    "shopdata.extensions.alerts.Alerts": 300,
    "shopdata.extensions.traffic.TrafficCount": 400,
}

# True: the ledger and the summary at a run's end tell more, in fewer lines.
STATS_DUMP = False

# -- what must not leak --------------------------------------------------------------------------------------------

# DEBUG: would tell every URL; our own events are INFO.
LOG_LEVEL = "INFO"
# With the logger's name: each line begins with what it is about instead.
LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"
# Without the zone. All times are Shanghai's, whatever the machine's zone is (`log_times.py`).
LOG_DATEFORMAT = "%Y-%m-%d %H:%M:%S+08:00"
# Eight libraries: `pip list` tells more.
LOG_VERSIONS: list[str] = []
LOG_FORMATTER = "shopdata.logs.PrivateLogFormatter"
# True and True: both are servers that run code for whoever reaches them.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
