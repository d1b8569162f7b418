"""Shops that are kept in the ledger: entered one by one or out of a workbook, with user name and password sealed.

Knows configuration, ledger and how secrets are sealed; no portal and no Scrapy. Who collects does not know of it: its
shops are in the configuration like those of shops.yaml.
"""

from shopdata.shops.book import Entry, ShopBook

__all__ = ["Entry", "ShopBook"]
