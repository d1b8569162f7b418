"""What people read: one catalogue, Chinese and English side by side, and which of them a reader gets.

The texts are in `tables/*.yaml`, for people who are no programmers, too. `Texts` fills them in, `language` chooses.
Imports leaf modules only.
"""

from shopdata.wording.texts import Texts

__all__ = ["Texts"]
