"""A small OpenID provider inside the studio, for a machine that has no other.

The real flow, three ready people, no passwords. Discovery, keys, an authorize page, one-time codes with PKCE, userinfo and sign-out, RS256 with a key
made at each start. It answers under `/idp`, to this machine only; `Settings` refuses to start with it
anywhere else. It keeps everything in memory and knows nothing of the studio's own rows.
"""

from backend.accounts.devidp.app import create_development_provider
from backend.accounts.devidp.people import PEOPLE, Person

__all__ = ["PEOPLE", "Person", "create_development_provider"]
