"""People: who they are, what they may do, how they sign in, and the keys of their programs.

`installation.install` puts all of it into an application. Leaves to `backend.kit` what guards every request
whoever asks: `kit.csrf` and `kit.headers`. Imports nothing: a command that needs one room loads that alone.
"""
