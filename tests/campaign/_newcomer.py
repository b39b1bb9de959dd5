"""A newcomer in a process of its own: connects ten times a second, asks once, notes how long
that took, and leaves.
"""

import json
import os
import socket
import sys
import time


def wait(port, request):
    """Return seconds until an answer begins, from before the connection."""
    began = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request)
            if not connection.recv(4_096):
                return 10.0
    except OSError:
        return 10.0
    return time.monotonic() - began


def main():
    port, cpu, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    os.sched_setaffinity(0, {cpu})
    request, end, waits = sys.stdin.buffer.read(), time.monotonic() + seconds, []
    while time.monotonic() < end:
        waits.append(wait(port, request))
        time.sleep(0.1)
    print(json.dumps(waits))


if __name__ == "__main__":
    main()
