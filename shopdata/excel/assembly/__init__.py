"""From the blocks of a file to one `Table` under the names of its contract."""
