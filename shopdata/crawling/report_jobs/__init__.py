"""Reports that a portal makes as jobs: ordered once, found again in a list that others write into, waited for."""
