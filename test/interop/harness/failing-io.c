/*
 * Preloaded into a program, this has the N-th call fail that opens, reads, lists or changes something in a folder. Calls are
 * counted from 1 in the order in which they begin.
 *
 *   FAILING_IO_FOLDER  only calls on this folder and what is below it
 *   FAILING_IO_CALL    which call; 0 or nothing: none
 *   FAILING_IO_ONLY    only calls that begin so in the log are counted: "sync /commitlog/"
 *   FAILING_IO_HOW     EIO, ENOSPC, or SHORT: a read or write of half of the bytes, which is not a failure; only reads and
 *                      writes are counted then
 *   FAILING_IO_LOG     gets a line for each call counted: number, "failed", "short" or "passed", kind, path below the folder
 *
 * gcc -shared -fPIC -O2 -o failing-io.so failing-io.c -ldl
 */
#define _GNU_SOURCE
#define _LARGEFILE64_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum outcome { PASS, FAIL, SHORT };

static const char *folder;
static size_t folder_length;
static const char *only = "";
static long wanted;
static int failure;
static int is_short;
static int log_fd = -1;
static atomic_long calls;

#define REAL(name) ((typeof(&name))real(&real_##name, #name))
#define DECLARE(name) static void *real_##name

DECLARE(read);
DECLARE(readv);
DECLARE(pread);
DECLARE(pread64);
DECLARE(preadv);
DECLARE(preadv64);
DECLARE(scandir);
DECLARE(scandir64);
DECLARE(write);
DECLARE(writev);
DECLARE(pwrite);
DECLARE(pwrite64);
DECLARE(pwritev);
DECLARE(pwritev64);
DECLARE(fsync);
DECLARE(fdatasync);
DECLARE(ftruncate);
DECLARE(ftruncate64);
DECLARE(rename);
DECLARE(unlink);
DECLARE(rmdir);
DECLARE(mkdir);
DECLARE(open);
DECLARE(open64);
DECLARE(openat);
DECLARE(openat64);

static void *real(void **known, const char *name) {
  if (*known == NULL) *known = dlsym(RTLD_NEXT, name);
  return *known;
}

__attribute__((constructor)) static void begin(void) {
  const char *log = getenv("FAILING_IO_LOG");
  const char *call = getenv("FAILING_IO_CALL");
  const char *how = getenv("FAILING_IO_HOW");
  if (log != NULL) log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  wanted = call == NULL ? 0 : atol(call);
  is_short = how != NULL && strcmp(how, "SHORT") == 0;
  failure = how != NULL && strcmp(how, "ENOSPC") == 0 ? ENOSPC : EIO;
  if (getenv("FAILING_IO_ONLY") != NULL) only = getenv("FAILING_IO_ONLY");
  folder = getenv("FAILING_IO_FOLDER");
  folder_length = folder == NULL ? 0 : strlen(folder);
}

static enum outcome judge(const char *kind, const char *path, int can_be_short) {
  if (folder_length == 0 || strncmp(path, folder, folder_length) != 0) return PASS;
  if (path[folder_length] != '/' && path[folder_length] != 0) return PASS;
  char call[PATH_MAX + 32];
  int length = snprintf(call, sizeof call, "%s %s", kind, path + folder_length);
  if (length < 0 || strncmp(call, only, strlen(only)) != 0) return PASS;
  if (is_short && !can_be_short) return PASS;
  long number = atomic_fetch_add(&calls, 1) + 1;
  enum outcome outcome = PASS;
  if (number == wanted) outcome = is_short ? SHORT : FAIL;
  if (log_fd >= 0) {
    char line[PATH_MAX + 64];
    const char *word = outcome == FAIL ? "failed" : outcome == SHORT ? "short" : "passed";
    length = snprintf(line, sizeof line, "%ld %s %s\n", number, word, call);
    if (REAL(write)(log_fd, line, length) < 0) abort();
  }
  if (outcome == FAIL) errno = failure;
  return outcome;
}

static enum outcome judge_fd(const char *kind, int fd, int can_be_short) {
  char link[64];
  char path[PATH_MAX + 1];
  if (folder_length == 0 || fd == log_fd) return PASS;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX);
  if (length < 0) return PASS;
  path[length] = 0;
  return judge(kind, path, can_be_short);
}

static size_t half(size_t count) { return count / 2; }

ssize_t read(int fd, void *bytes, size_t count) {
  switch (judge_fd("read", fd, count > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(read)(fd, bytes, half(count));
    default: return REAL(read)(fd, bytes, count);
  }
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
  switch (judge_fd("read", fd, count > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pread)(fd, bytes, half(count), offset);
    default: return REAL(pread)(fd, bytes, count, offset);
  }
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t offset) {
  switch (judge_fd("read", fd, count > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pread64)(fd, bytes, half(count), offset);
    default: return REAL(pread64)(fd, bytes, count, offset);
  }
}

/* Of several buffers, a short read or write is half of the first. */
ssize_t readv(int fd, const struct iovec *parts, int count) {
  switch (judge_fd("read", fd, count > 0 && parts[0].iov_len > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(read)(fd, parts[0].iov_base, half(parts[0].iov_len));
    default: return REAL(readv)(fd, parts, count);
  }
}

ssize_t preadv(int fd, const struct iovec *parts, int count, off_t offset) {
  switch (judge_fd("read", fd, count > 0 && parts[0].iov_len > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pread)(fd, parts[0].iov_base, half(parts[0].iov_len), offset);
    default: return REAL(preadv)(fd, parts, count, offset);
  }
}

ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t offset) {
  switch (judge_fd("read", fd, count > 0 && parts[0].iov_len > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pread64)(fd, parts[0].iov_base, half(parts[0].iov_len), offset);
    default: return REAL(preadv64)(fd, parts, count, offset);
  }
}

ssize_t write(int fd, const void *bytes, size_t count) {
  switch (judge_fd("write", fd, count > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(write)(fd, bytes, half(count));
    default: return REAL(write)(fd, bytes, count);
  }
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  switch (judge_fd("write", fd, count > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pwrite)(fd, bytes, half(count), offset);
    default: return REAL(pwrite)(fd, bytes, count, offset);
  }
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  switch (judge_fd("write", fd, count > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pwrite64)(fd, bytes, half(count), offset);
    default: return REAL(pwrite64)(fd, bytes, count, offset);
  }
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  switch (judge_fd("write", fd, count > 0 && parts[0].iov_len > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(write)(fd, parts[0].iov_base, half(parts[0].iov_len));
    default: return REAL(writev)(fd, parts, count);
  }
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  switch (judge_fd("write", fd, count > 0 && parts[0].iov_len > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pwrite)(fd, parts[0].iov_base, half(parts[0].iov_len), offset);
    default: return REAL(pwritev)(fd, parts, count, offset);
  }
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  switch (judge_fd("write", fd, count > 0 && parts[0].iov_len > 1)) {
    case FAIL: return -1;
    case SHORT: return REAL(pwrite64)(fd, parts[0].iov_base, half(parts[0].iov_len), offset);
    default: return REAL(pwritev64)(fd, parts, count, offset);
  }
}

int fsync(int fd) { return judge_fd("sync", fd, 0) == FAIL ? -1 : REAL(fsync)(fd); }

int fdatasync(int fd) { return judge_fd("sync", fd, 0) == FAIL ? -1 : REAL(fdatasync)(fd); }

int ftruncate(int fd, off_t length) {
  return judge_fd("truncate", fd, 0) == FAIL ? -1 : REAL(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  return judge_fd("truncate", fd, 0) == FAIL ? -1 : REAL(ftruncate64)(fd, length);
}

int rename(const char *from, const char *to) {
  return judge("rename", to, 0) == FAIL ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path) { return judge("unlink", path, 0) == FAIL ? -1 : REAL(unlink)(path); }

int rmdir(const char *path) { return judge("rmdir", path, 0) == FAIL ? -1 : REAL(rmdir)(path); }

int scandir(const char *path, struct dirent ***names, int (*filter)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **)) {
  return judge("list", path, 0) == FAIL ? -1 : REAL(scandir)(path, names, filter, compare);
}

int scandir64(const char *path, struct dirent64 ***names, int (*filter)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  return judge("list", path, 0) == FAIL ? -1 : REAL(scandir64)(path, names, filter, compare);
}

int mkdir(const char *path, mode_t mode) {
  return judge("mkdir", path, 0) == FAIL ? -1 : REAL(mkdir)(path, mode);
}

#define MODE(flags, last)                            \
  mode_t mode = 0;                                   \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {           \
    va_list list;                                    \
    va_start(list, last);                            \
    mode = va_arg(list, mode_t);                     \
    va_end(list);                                    \
  }

int open(const char *path, int flags, ...) {
  MODE(flags, flags)
  return judge("open", path, 0) == FAIL ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags, flags)
  return judge("open", path, 0) == FAIL ? -1 : REAL(open64)(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
  MODE(flags, flags)
  return judge("open", path, 0) == FAIL ? -1 : REAL(openat)(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
  MODE(flags, flags)
  return judge("open", path, 0) == FAIL ? -1 : REAL(openat64)(at, path, flags, mode);
}
