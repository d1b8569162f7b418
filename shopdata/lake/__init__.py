"""What is done with a file once it is here: checked, merged, published with a receipt, replayed, verified; and Dremio.

Brings engine, ledger and store together. No Scrapy, no portal, nothing of what is said to people.
"""
