"""The studio's one notice to everybody: a piece of news, or that it is under maintenance."""
