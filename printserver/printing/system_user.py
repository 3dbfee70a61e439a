"""Starting a program as another user of the operating system."""

from __future__ import annotations

import pwd


def command_prefix(user: str | None) -> list[str]:
    """What to put before a command so that it runs as `user`, with that user's group alone and no way back up.

    None: nothing, it runs as the caller. Only root can use the prefix.   Raises KeyError for an unknown user.
    """
    if user is None:
        return []
    group = str(pwd.getpwnam(user).pw_gid)
    return ["/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs", "--"]
