"""Finding images again: the search, its words, tags, stars and saved searches. Shows nobody what they may not see."""
