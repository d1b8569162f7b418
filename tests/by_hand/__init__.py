"""The spiders in whose place recipes have come, written by hand: what both publish must be the same bytes."""
