"""What AssumeRole costs beside Ceph's radosgw, which checks signatures and trust policies too.

The smallest cluster there is runs in a folder: a monitor, a store in memory, the gateway; see
`docs/performance.md`. Only the gateway's own processor time counts, not that of the store that it
asks. It is nobody's service: without authentication between its parts, on the loopback alone.
"""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import uuid

from tests.bench import servers
from tests.bench.calls import one_pair
from tests.bench.figures import Figure, at_least, median_ratio, not_measured, readable
from tests.bench.rounds import Side, take_rounds
from tests.bench.signing import Key, signed

ROW = "AssumeRole, one pair: radosgw : daypass"
GOAL = at_least(3, 5)
PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")  # fmt: skip
KEY = Key("AKIACALLER", "bench" * 8)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam:::user/caller"]},
            "Action": ["sts:AssumeRole"],
        }
    ],
}
START_SECONDS_MAX = 90.0
COMMAND_SECONDS_MAX = 60.0
SETTINGS = """
[global]
fsid = {fsid}
mon host = [v1:127.0.0.1:{monitor}]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
osd objectstore = memstore
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
pid file =
log file = {folder}/$name.log
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
[osd]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{gateway} tcp_nodelay=1
rgw data = {folder}/rgw
rgw sts key = abcdefghijklmnop
rgw s3 auth use sts = true
"""


class Cluster:
    """A monitor, a store in memory and a gateway, with one user and one role that trusts it."""

    def __init__(self, folder):
        self._folder, self._processes = folder, contextlib.ExitStack()
        for name in ("mon", "osd", "rgw", "run"):
            (folder / name).mkdir(parents=True)
        self._fsid, self._monitor, self.port = str(uuid.uuid4()), servers.free_port(), servers.free_port()  # fmt: skip
        self._environ = {**os.environ, "CEPH_CONF": str(folder / "ceph.conf")}
        text = SETTINGS.format(fsid=self._fsid, monitor=self._monitor, gateway=self.port, folder=folder)  # fmt: skip
        (folder / "ceph.conf").write_text(text)

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._processes.close()
            raise
        return self

    def __exit__(self, *_):
        self._processes.close()

    def cpu_seconds(self):
        """Return the processor time of the gateway so far."""
        return servers.cpu_seconds(self._gateway.pid)

    def _start(self):
        keyring, monitors = self._folder / "keyring", self._folder / "monmap"
        self._call("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")  # fmt: skip
        self._call("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *")  # fmt: skip
        address = f"[v1:127.0.0.1:{self._monitor}]"
        self._call("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", address, monitors)
        self._call("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors, "--keyring", keyring)
        self._run("ceph-mon", "-i", "a", "-f")
        store = str(uuid.uuid4())
        self._call("ceph", "osd", "new", store)
        self._call("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
        self._run("ceph-osd", "-i", "0", "-f")
        self._gateway = self._run("radosgw", "-n", "client.rgw", "-i", "rgw", "-f")
        servers.wait_for(f"http://127.0.0.1:{self.port}/", START_SECONDS_MAX)
        self._call("radosgw-admin", "user", "create", "--uid", "caller", "--display-name", "caller", "--access-key", KEY.id, "--secret-key", KEY.secret)  # fmt: skip
        self._call("radosgw-admin", "role", "create", "--role-name", "role", "--path", "/", "--assume-role-policy-doc", json.dumps(TRUST))  # fmt: skip

    def _call(self, *command):
        subprocess.run(
            command,
            env=self._environ,
            check=True,
            capture_output=True,
            timeout=COMMAND_SECONDS_MAX,
        )

    def _run(self, *command):
        process = subprocess.Popen(
            command, env=self._environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._processes.callback(process.wait)
        # The store and the gateway wait for each other when they are asked to end.
        self._processes.callback(process.kill)
        return process


def assuming(port):
    """Return endless calls of the user for the role."""
    arn = "arn:aws:iam:::role/role"
    return itertools.repeat(signed(port, KEY, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="bench"))  # fmt: skip


def figures(run):
    """Yield the row of this group."""
    missing = [each for each in PROGRAMS if shutil.which(each) is None]
    if missing:
        yield not_measured(ROW, f"{missing[0]} is not installed")
        return
    run.say("a cluster")
    with Cluster(run.folder / "ceph") as theirs:
        data, keys = run.filled("calls")
        with servers.daypass(data) as ours:
            sides = [
                Side("radosgw", theirs, assuming(theirs.port)),
                Side("daypass", ours, one_pair(ours.port, keys)),
            ]
            take_rounds(sides, run.rounds, run.seconds, run.say)
    them, us = sides
    value = median_ratio(them.microseconds, us.microseconds)
    yield Figure(ROW, value, "×", GOAL, f"radosgw {readable(them.cost)} µs, daypass {readable(us.cost)}")  # fmt: skip
