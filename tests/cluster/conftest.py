"""The cluster's helpers stand on those of crawls and of the service."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "crawl"), str(TESTS / "service")]
