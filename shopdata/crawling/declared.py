"""Spiders that say in attributes what they ask for; what is left out is told at import, before a portal is asked."""

from __future__ import annotations

from typing import Any, ClassVar


class Declared:
    """A base whose subclasses with a name have all of `must_declare`."""

    must_declare: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        missing = [name for name in cls.must_declare if not hasattr(cls, name)]
        if "name" in vars(cls) and missing:
            raise TypeError(f"{cls.__module__}.{cls.__name__} does not say its {', '.join(missing)}")
