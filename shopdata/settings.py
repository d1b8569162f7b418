"""Scrapy settings. Where a default of Scrapy 2.19 is changed, the default and the reason stand beside it."""

import gc
import os

# Read before most of the program is imported, which makes hundreds of thousands of objects that stay: looking through
# all of them for rubbish after every 700 new ones (Python's default) takes a fifth of the start.
gc.set_threshold(50_000, 20, 20)

BOT_NAME = "shopdata"
SPIDER_MODULES = ["shopdata.spiders"]
# Scrapy's own: ours also looks where platforms bring spiders along.
SPIDER_LOADER_CLASS = "shopdata.crawling.spider_loader.PlatformSpiderLoader"
NEWSPIDER_MODULE = "shopdata.spiders"
COMMANDS_MODULE = "shopdata.commands"
#: Switches on what a crawl is made of; the settings that it changes stand in `crawl_settings.py`.
ADDONS = {"shopdata.Addon": 500}

# -- ours (docs/reference.md) --------------------------------------------------------------------------------------

#: Sessions, ledger, outbox, logs and the local copies of merged workbooks.
SHOPDATA_STATE_DIR = os.environ.get("SHOPDATA_STATE_DIR") or ".shopdata"
#: Any SQLAlchemy URL; None is SQLite in the state directory.
SHOPDATA_DATABASE_URL = os.environ.get("SHOPDATA_DATABASE_URL") or None
#: Where sessions and pace are kept, if not there: a rehearsal has a ledger of its own, and signs in as runs do.
SHOPDATA_SESSIONS_DATABASE_URL = os.environ.get("SHOPDATA_SESSIONS_DATABASE_URL") or None
#: False for a crawl that does not care what is published already, as a rehearsal.
SHOPDATA_ASKS_STORE = True
#: Encrypts saved sessions; None keeps them as plain files of mode 0600.
SHOPDATA_SECRET_KEY = os.environ.get("SHOPDATA_SECRET_KEY") or None
#: A file that holds it in its place, as secrets of containers come.
SHOPDATA_SECRET_KEY_FILE = os.environ.get("SHOPDATA_SECRET_KEY_FILE") or None
#: The Chromium to sign in with; None looks for Playwright's own, then for a system one.
SHOPDATA_BROWSER_PATH = os.environ.get("SHOPDATA_BROWSER_PATH") or None
#: In which language people are told what came of things, zh or en; None is that of the system.
SHOPDATA_LANGUAGE = os.environ.get("SHOPDATA_LANGUAGE") or None
#: Where people find the board, for links in messages; None writes none.
SHOPDATA_BOARD_URL = os.environ.get("SHOPDATA_BOARD_URL") or None
#: How many shops are worked on side by side; None leaves it to memory and processor. A shop that waits, for its pace or
#: for its report, does not count.
SHOPDATA_SHOPS_AT_ONCE: int | None = None
#: How many shops may be in the browser at the same moment, some 100 MB each; None leaves it to memory and processor.
SHOPDATA_LOGINS_AT_ONCE: int | None = None
#: How many processes read workbooks, in runs of many shops; 0 leaves it to threads.
SHOPDATA_WORKERS = os.environ.get("SHOPDATA_WORKERS") or min(os.cpu_count() or 1, 4)
#: Whether a crawl shows its progress and a summary.
SHOPDATA_PROGRESS = True
#: For how long a run, or a service with jobs of a shared queue, keeps what it holds from others without a sign of life;
#: it shows four in this time.
SHOPDATA_LEASE_SECONDS = os.environ.get("SHOPDATA_LEASE_SECONDS") or 120
#: How long a run waits for what another run holds.
SHOPDATA_LEASE_WAIT_SECONDS = 3600
#: For how long a machine may show no life before files on its disk, which the store does not hold, count as lost.
SHOPDATA_NODE_LOST_SECONDS = os.environ.get("SHOPDATA_NODE_LOST_SECONDS") or 3600
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
#: How long a person has for a sign-in from the board, and how long nobody may look at it before it ends.
SHOPDATA_SIGN_IN_SECONDS = os.environ.get("SHOPDATA_SIGN_IN_SECONDS") or 600
SHOPDATA_SIGN_IN_AWAY_SECONDS = os.environ.get("SHOPDATA_SIGN_IN_AWAY_SECONDS") or 180

# Scrapy/VERSION: only for sessions that do not say which browser has signed in. All others go by its name, in the
# browser and in plain requests: a session must look like one client.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

# -- the log --------------------------------------------------------------------------------------------------------

# DEBUG: would tell every URL; our own events are INFO.
LOG_LEVEL = "INFO"
# With the logger's name: each line begins with what it is about instead.
LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"
# Without the zone. All times are Shanghai's, whatever the machine's zone is (`log_times.py`).
LOG_DATEFORMAT = "%Y-%m-%d %H:%M:%S+08:00"
# Eight libraries: `pip list` tells more.
LOG_VERSIONS: list[str] = []
