"""How good a safety check is on pictures whose labels are known: figures, a picture of them, a command.

`inference.evaluating` reads the folder and measures; the policy that holds now says what would be held.
"""
