"""`atelier demo-data`: fills a running studio with something to look at, over its own API, as its three ready people."""
