"""The service: scrapyd with our clock, front page and metrics, in the background. Only commands import it."""
