"""Chromium on this machine: found, started and ended, its fonts and authorities. No Scrapy, no portal."""
