"""One module for each format that is read, and `kinds`, which tells them apart by content and never by name."""
