"""What people read: one catalogue, Chinese and English side by side, and which of them a reader gets.

The texts are in `tables/*.yaml`, for people who are no programmers, too; a platform brings tables of its own
(`add_tables`). `Texts` fills them in, `language` chooses. Imports nothing but `exceptions` and `periods`.
"""

from shopdata.wording.catalogue import CATALOGUES, add_tables
from shopdata.wording.texts import Texts

__all__ = ["CATALOGUES", "Texts", "add_tables"]
