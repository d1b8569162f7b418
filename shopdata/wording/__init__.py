<<<<<<< HEAD
"""What people read, in Chinese and English. Imports nothing of the project but its leaf modules."""
=======
"""What people read: one catalogue, Chinese and English side by side, and which of them a reader gets.

The texts are in `tables/*.yaml`, for people who are no programmers, too; a platform brings tables of its own
(`add_tables`). `Texts` fills them in, `language` chooses. Imports nothing but `exceptions` and `periods`.
"""

from shopdata.wording.catalogue import CATALOGUES, add_tables
from shopdata.wording.texts import Texts

__all__ = ["CATALOGUES", "Texts", "add_tables"]
>>>>>>> 7e2121b ([wording] One catalogue of texts, Chinese and English side by side)
