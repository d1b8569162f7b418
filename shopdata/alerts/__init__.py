"""Tells a person what came of a run: what is missing, why, what to do; later only what has changed.

`facts` reads the ledger, `changes` compares with what was told, `digest` says it in Chinese, `channels` send it, and
`teller` brings them together. No Scrapy in here.
"""

from shopdata.alerts.delivery import Count
from shopdata.alerts.refusals import tell_broken, tell_refusal
from shopdata.alerts.teller import Teller

__all__ = ["Count", "Teller", "tell_broken", "tell_refusal"]
