"""Killed at any point, a writer starts again with every acknowledged change and no half one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daypass.state.sql import open_sqlite

WRITES = 12
# Counts what SQLite asks of the disk, and dies before the n-th of it.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
static long left = -1;
static void step(void) {
  if (left < 0) { const char *at = getenv("DIE_AT"); left = at ? atol(at) : 0; }
  if (left > 0 && --left == 0) kill(getpid(), SIGKILL);
}
#define REAL(name) __typeof__(name) *real = dlsym(RTLD_NEXT, #name)
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64); step(); return real(f, b, n, o); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); step(); return real(f, b, n, o); }
int fsync(int f) { REAL(fsync); step(); return real(f); }
int fdatasync(int f) { REAL(fdatasync); step(); return real(f); }
int unlink(const char *p) { REAL(unlink); step(); return real(p); }
int ftruncate64(int f, off64_t n) { REAL(ftruncate64); step(); return real(f, n); }
"""
# Two users a commit, which must both be there or neither; says so when each commit is durable.
WRITER = """
import sys
from pathlib import Path
from daypass.core.domain.user import User
from daypass.state.changes import Changes, Put
from daypass.state.sql import open_sqlite
store = open_sqlite(Path(sys.argv[1]))
directory = store.load(())
for number in range(int(sys.argv[2])):
    pair = [Put(User(account="111122223333", name=f"{side}{number}", unique_id=f"AIDA{side}{number}", created=1)) for side in "ab"]
    [directory] = store.commit(directory, [Changes(pair, read={"111122223333": directory.account("111122223333").revision})], now=1)
    print(number, flush=True)
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: the disk's calls cannot be counted here")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)  # fmt: skip
    return folder / "shim.so"


def write(path, shim, die_at):
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(path), str(WRITES)],
        env={"LD_PRELOAD": str(shim), "DIE_AT": str(die_at), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [int(line) for line in done.stdout.split()]


def test_t287_data_a_writer_killed_at_any_of_sixty_points_keeps_what_it_acknowledged(
    shim, tmp_path
) -> None:
    points = range(20, 140, 2)
    killed = 0
    for point in points:
        path = Path(tmp_path / f"db{point}")
        code, acknowledged = write(path, shim, point)
        killed += code == -9
        store = open_sqlite(path)
        names = {each.name for each in store.load(()).account("111122223333").users}
        store.close()

        assert {f"{side}{number}" for number in acknowledged for side in "ab"} <= names
        assert {name[1:] for name in names if name[0] == "a"} == {
            name[1:] for name in names if name[0] == "b"
        }
        assert len(names) <= 2 * (len(acknowledged) + 1)

    assert killed >= 50, f"only {killed} kills"
