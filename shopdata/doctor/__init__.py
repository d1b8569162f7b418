"""Which belief about a portal does not hold: one probe for each, what it expects by the YAML, and the key to change.

A probe asks as a crawl asks: through the same middlewares, at the same pace, with the shop's session. What an answer
means is judged apart from the asking, by functions that take an answer and give findings.
"""
