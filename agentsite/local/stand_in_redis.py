"""A Redis in pure Python, for machines without one; run with the port as its argument."""

import signal
import sys

from fakeredis import TcpFakeServer

from agentsite.local.ports import LOOPBACK


def main() -> None:
    """Serve until a signal comes. It knows no password and keeps nothing on disk."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = TcpFakeServer((LOOPBACK, int(sys.argv[1])), server_type="redis")
    # Connections end with the process; waiting for each to close would hold up the end.
    server.daemon_threads = True
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
