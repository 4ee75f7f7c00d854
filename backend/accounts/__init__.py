"""People: who they are, what they may do, how they sign in, and the keys of their programs.

`install` puts all of it into an application. Leaves to `backend.kit` what guards every request
whoever asks: `kit.csrf` and `kit.headers`.
"""

from backend.accounts.installation import install

__all__ = ["install"]
