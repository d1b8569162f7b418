"""Tables, Parquet, object store, Dremio and ledger: all that is done with a file once it is here. Knows no Scrapy."""
