// Preloaded into a process under test: its disk fails, or kills it, and its clocks jump, as the test says.
//
// What a test says stands in a file of eight-byte numbers that both have mapped (DISK_CONTROL; `_shim.py` names them), so that
// it holds from one system call to the next. Without such a file three variables say it once: DIE_AT and FAIL_AT count
// from the start, or from SIGUSR2 if ARMED_BY_SIGNAL is set. DISK_ROOT keeps all of it to the files below a directory.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct control {
  volatile int64_t wall, monotonic;   // seconds that the clocks are ahead
  volatile int64_t die_in;            // the process dies before the n-th matching call from now
  volatile int64_t fail_in, fail_for; // the n-th matching call from now fails, then so many more
  volatile int64_t calls, files;      // bits of what matches
  volatile int64_t number;            // the errno of a failure
  volatile int64_t seen, failed;      // how many calls matched, how many failed
};
enum { WRITE = 1, SYNC = 2, OPEN = 4, NAME = 8 };
enum { LOG = 1, DATABASE = 2, KEYS = 4, OTHER = 8 };

static struct control own = {.calls = WRITE | SYNC | NAME, .files = 15, .number = EIO};
static struct control *at = &own;
static const char *root;

static long variable(const char *name) { const char *text = getenv(name); return text ? atol(text) : 0; }
static void arm(int unused) { (void)unused; own.fail_in = variable("FAIL_AT"); own.die_in = variable("DIE_AT"); }

__attribute__((constructor)) static void start(void) {
  root = getenv("DISK_ROOT");
  const char *control = getenv("DISK_CONTROL");
  if (control) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDWR | O_CLOEXEC, 0);
    void *found = file < 0 ? MAP_FAILED : mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (found == MAP_FAILED) { fprintf(stderr, "the file that DISK_CONTROL names cannot be mapped\n"); _exit(70); }
    at = found;
    close(file);
  } else if (getenv("ARMED_BY_SIGNAL")) {
    signal(SIGUSR2, arm);
  } else {
    arm(0);
  }
}

static int of_path(const char *path) {
  if (root && strncmp(path, root, strlen(root))) return 0;
  const char *name = strrchr(path, '/');
  name = name ? name + 1 : path;
  if (strstr(name, "audit")) return LOG;
  if (strstr(name, "daypass.db")) return DATABASE;
  if (strstr(name, "keyring") || strstr(name, "master.key")) return KEYS;
  return OTHER;
}

static int of_file(int file) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return path[0] == '/' ? of_path(path) : root ? 0 : OTHER;
}

// Say whether a call is to fail; the process may die here instead.
static int fails(int call, int files) {
  if (!(at->calls & call) || !(at->files & files)) return 0;
  __atomic_add_fetch(&at->seen, 1, __ATOMIC_SEQ_CST);
  if (at->die_in > 0 && __atomic_sub_fetch(&at->die_in, 1, __ATOMIC_SEQ_CST) == 0) kill(getpid(), SIGKILL);
  int now = 0;
  // Without a control file it is the n-th sync alone that fails.
  if (at == &own && call != SYNC) return 0;
  if (at->fail_in > 0) now = __atomic_sub_fetch(&at->fail_in, 1, __ATOMIC_SEQ_CST) == 0;
  else if (at != &own && at->fail_for > 0) now = __atomic_fetch_sub(&at->fail_for, 1, __ATOMIC_SEQ_CST) > 0;
  if (!now) return 0;
  __atomic_add_fetch(&at->failed, 1, __ATOMIC_SEQ_CST);
  errno = (int)at->number;
  return 1;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t write(int f, const void *b, size_t n) { REAL(write); return at != &own && fails(WRITE, of_file(f)) ? -1 : real(f, b, n); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); return fails(WRITE, of_file(f)) ? -1 : real(f, b, n, o); }
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64); return fails(WRITE, of_file(f)) ? -1 : real(f, b, n, o); }
int fsync(int f) { REAL(fsync); return fails(SYNC, of_file(f)) ? -1 : real(f); }
int fdatasync(int f) { REAL(fdatasync); return fails(SYNC, of_file(f)) ? -1 : real(f); }
int ftruncate(int f, off_t n) { REAL(ftruncate); return fails(NAME, of_file(f)) ? -1 : real(f, n); }
int ftruncate64(int f, off64_t n) { REAL(ftruncate64); return fails(NAME, of_file(f)) ? -1 : real(f, n); }
int rename(const char *a, const char *b) { REAL(rename); return fails(NAME, of_path(b)) ? -1 : real(a, b); }
int unlink(const char *p) { REAL(unlink); return fails(NAME, of_path(p)) ? -1 : real(p); }

#define OPENED(name, signature, arguments, path) \
  int name signature { \
    REAL(name); \
    va_list more; va_start(more, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    if ((flags & O_ACCMODE) != O_RDONLY && fails(OPEN, of_path(path))) return -1; \
    return real arguments; \
  }
OPENED(open, (const char *p, int flags, ...), (p, flags, mode), p)
OPENED(open64, (const char *p, int flags, ...), (p, flags, mode), p)
OPENED(openat, (int d, const char *p, int flags, ...), (d, p, flags, mode), p)
OPENED(openat64, (int d, const char *p, int flags, ...), (d, p, flags, mode), p)

// Clocks. What the kernel waits for by its own clock is told without the jump.

static int64_t ahead(clockid_t clock) {
  switch (clock) {
  case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE: return at->wall;
  case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_COARSE: case CLOCK_MONOTONIC_RAW: case CLOCK_BOOTTIME: return at->monotonic;
  default: return 0;
  }
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  int done = real(clock, now);
  if (done == 0) now->tv_sec += ahead(clock);
  return done;
}

time_t time(time_t *given) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (given) *given = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec found;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &found);
  now->tv_sec = found.tv_sec;
  now->tv_usec = found.tv_nsec / 1000;
  return 0;
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *end) {
  REAL(sem_clockwait);
  struct timespec kernels = {end->tv_sec - ahead(clock), end->tv_nsec};
  return real(semaphore, clock, &kernels);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *end) {
  static __typeof__(pthread_cond_timedwait) *real;
  if (!real) real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!real) real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  // A condition does not tell its clock; seconds since 1970 are more than any machine has been up.
  clockid_t clock = end->tv_sec < 1000000000 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
  struct timespec kernels = {end->tv_sec - ahead(clock), end->tv_nsec};
  return real(condition, mutex, &kernels);
}
