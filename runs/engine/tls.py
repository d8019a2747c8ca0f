"""What connections of the site trust."""

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """The certificates of this machine, whatever the environment says.

    All connections of a process share them: to read them takes some 40 ms, in which nothing else
    goes on.
    """
    return httpx2.create_ssl_context(trust_env=False)
