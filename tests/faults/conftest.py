"""A disk that dies, or fails, at the n-th thing that is asked of it."""

import shutil
import subprocess

import pytest

# Counts what a process asks of the disk, from its start or from the signal that arms it; then the process dies before
# the n-th of it, or the n-th call that forces something to disk fails once.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
static volatile long left = -1, failing = 0;
static long number(const char *name) { const char *at = getenv(name); return at ? atol(at) : 0; }
static void arm(int signal) { (void)signal; failing = number("FAIL_AT"); left = number("DIE_AT"); }
__attribute__((constructor)) static void start(void) {
  if (getenv("ARMED_BY_SIGNAL")) { left = 0; signal(SIGUSR2, arm); } else arm(0);
}
static void step(void) { if (left > 0 && --left == 0) kill(getpid(), SIGKILL); }
static int fails(void) { if (failing > 0 && --failing == 0) { errno = EIO; return 1; } return 0; }
#define REAL(name) __typeof__(name) *real = dlsym(RTLD_NEXT, #name)
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64); step(); return real(f, b, n, o); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); step(); return real(f, b, n, o); }
int fsync(int f) { REAL(fsync); step(); return fails() ? -1 : real(f); }
int fdatasync(int f) { REAL(fdatasync); step(); return fails() ? -1 : real(f); }
int rename(const char *a, const char *b) { REAL(rename); step(); return real(a, b); }
int unlink(const char *p) { REAL(unlink); step(); return real(p); }
int ftruncate64(int f, off64_t n) { REAL(ftruncate64); step(); return real(f, n); }
"""


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """The library to preload; its instructions come in the environment."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: the disk's calls cannot be counted here")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)  # fmt: skip
    return folder / "shim.so"
