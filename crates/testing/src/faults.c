/* Preloaded into the program: makes chosen system calls fail, come short, wait or be the process's
 * last, as a broken disk, a server that is down, missing permissions or a power cut do. It also
 * records the calls, so that each of them can be chosen once.
 *
 * FAULTS_CALLS   the calls, each with a comma after it: "opendir,open,". Names are those of the
 *                families below, so that "open," is openat and open64 too.
 * FAULTS_PATH    a pattern, as in a shell, that the whole path must match; `*` matches `/` too
 * FAULTS_FIRST   the first of the matching calls that is chosen, from 1
 * FAULTS_TIMES   how many are chosen; 0 is all from the first one on
 * FAULTS_EFFECT  an error's number; "short": half of the bytes are read or written; "wait": the
 *                call is held up until faults are lifted; "kill": the process ends before the call
 * FAULTS_LIFTED  a file: once it is there, nothing fails any more
 * FAULTS_LOG     a file that gets a line "call<tab>path" for each call that was chosen, or, where
 *                FAULTS_CALLS is not set, for each call
 *
 * Paths are absolute. Of a call with an open file (read, write, fsync, ...) it is the file's path;
 * sockets and pipes have none and are left alone. The library makes its own system calls through
 * syscall(2), so that it never meets itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* What a call does: as ever, fail with errno, or half of what it was asked for. */
enum outcome { PASS, FAIL, SHORT };

static const char *calls, *pattern, *effect, *lifted;
static long first, times, met;
static int log_file = -1;

/* Before main, and so before there is a second thread. */
__attribute__((constructor)) static void read_environment(void) {
    const char *log = getenv("FAULTS_LOG"), *from = getenv("FAULTS_FIRST");
    const char *count = getenv("FAULTS_TIMES");
    calls = getenv("FAULTS_CALLS");
    pattern = getenv("FAULTS_PATH");
    effect = getenv("FAULTS_EFFECT");
    lifted = getenv("FAULTS_LIFTED");
    first = from ? atol(from) : 1;
    times = count ? atol(count) : 0;
    if (log) {
        const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
        log_file = syscall(SYS_openat, AT_FDCWD, log, flags, 0600);
    }
}

static int is_lifted(void) {
    return lifted && syscall(SYS_faccessat, AT_FDCWD, lifted, F_OK) == 0;
}

/* The path of an open file, or 0 where it has none. */
static int path_of_file(int file, char *to) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, to, PATH_MAX - 1);
    to[length > 0 ? length : 0] = 0;
    return to[0] == '/';
}

/* The absolute path of `path` in an open folder; an empty one is the open file itself. */
static int absolute(int folder, const char *path, char *to) {
    if (!path || !path[0]) return path_of_file(folder, to);
    if (path[0] == '/') return snprintf(to, PATH_MAX, "%s", path) < PATH_MAX;
    char start[PATH_MAX];
    int known = folder == AT_FDCWD ? syscall(SYS_getcwd, start, sizeof start) > 0
                                   : path_of_file(folder, start);
    return known && snprintf(to, PATH_MAX, "%s/%s", start, path) < PATH_MAX;
}

static int is_chosen(const char *call, const char *path) {
    char name[32];
    snprintf(name, sizeof name, "%s,", call);
    if (!pattern || !effect || !strstr(calls, name) || fnmatch(pattern, path, 0)) return 0;
    if (is_lifted()) return 0;
    const long now = __atomic_add_fetch(&met, 1, __ATOMIC_SEQ_CST);
    return now >= first && (times == 0 || now < first + times);
}

static enum outcome take_effect(void) {
    if (strcmp(effect, "kill") == 0) {
        syscall(SYS_kill, getpid(), SIGKILL);
    } else if (strcmp(effect, "wait") == 0) {
        const struct timespec pause = {.tv_nsec = 10000000};
        while (!is_lifted()) syscall(SYS_nanosleep, &pause, NULL);
        return PASS;
    } else if (strcmp(effect, "short") == 0) {
        return SHORT;
    }
    errno = atoi(effect);
    return FAIL;
}

/* Every call comes by here first. */
static enum outcome meet(const char *call, int folder, const char *path) {
    if (!calls && log_file < 0) return PASS;
    const int before = errno;
    char whole[PATH_MAX], line[PATH_MAX + 32];
    const int matters =
        absolute(folder, path, whole) && (!calls || is_chosen(call, whole));
    if (matters && log_file >= 0) {
        const int length = snprintf(line, sizeof line, "%s\t%s\n", call, whole);
        syscall(SYS_write, log_file, line, length);
    }
    errno = before;
    return matters && calls ? take_effect() : PASS;
}

/* The function of libc that a function here stands for. */
#define NEXT(name) __typeof__(&name) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* A function that returns `failed` when its call is made to fail. */
#define FAMILY(type, name, parameters, arguments, call, folder, path, failed)                     \
    type name parameters {                                                                        \
        NEXT(name);                                                                               \
        return meet(call, folder, path) == FAIL ? failed : next arguments;                        \
    }

#define OPEN(name, parameters, arguments, folder)                                                 \
    int name parameters {                                                                         \
        NEXT(name);                                                                               \
        va_list more;                                                                             \
        va_start(more, flags);                                                                    \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;                   \
        va_end(more);                                                                             \
        return meet("open", folder, path) == FAIL ? -1 : next arguments;                          \
    }

OPEN(open, (const char *path, int flags, ...), (path, flags, mode), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode), AT_FDCWD)
OPEN(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode), folder)
OPEN(openat64, (int folder, const char *path, int flags, ...), (folder, path, flags, mode), folder)
FAMILY(int, creat, (const char *path, mode_t mode), (path, mode), "open", AT_FDCWD, path, -1)
FAMILY(int, creat64, (const char *path, mode_t mode), (path, mode), "open", AT_FDCWD, path, -1)

FAMILY(DIR *, opendir, (const char *path), (path), "opendir", AT_FDCWD, path, NULL)
FAMILY(DIR *, fdopendir, (int file), (file), "opendir", file, NULL, NULL)
FAMILY(struct dirent *, readdir, (DIR * folder), (folder), "readdir", dirfd(folder), NULL, NULL)
FAMILY(struct dirent64 *, readdir64, (DIR * folder), (folder), "readdir", dirfd(folder), NULL,
       NULL)

/* A read or write of `count` bytes; of half of them, but of one at least, when it comes short. */
#define TRANSFER(name, parameters, arguments, call)                                               \
    ssize_t name parameters {                                                                     \
        NEXT(name);                                                                               \
        const enum outcome outcome = meet(call, file, NULL);                                      \
        if (outcome == FAIL) return -1;                                                           \
        if (outcome == SHORT && count > 1) count /= 2;                                            \
        return next arguments;                                                                    \
    }

TRANSFER(read, (int file, void *to, size_t count), (file, to, count), "read")
TRANSFER(pread, (int file, void *to, size_t count, off_t at), (file, to, count, at), "read")
TRANSFER(pread64, (int file, void *to, size_t count, off64_t at), (file, to, count, at), "read")
TRANSFER(readv, (int file, const struct iovec *to, int count), (file, to, count), "read")
TRANSFER(write, (int file, const void *from, size_t count), (file, from, count), "write")
TRANSFER(pwrite, (int file, const void *from, size_t count, off_t at), (file, from, count, at),
         "write")
TRANSFER(pwrite64, (int file, const void *from, size_t count, off64_t at),
         (file, from, count, at), "write")
TRANSFER(writev, (int file, const struct iovec *from, int count), (file, from, count), "write")

FAMILY(int, fsync, (int file), (file), "sync", file, NULL, -1)
FAMILY(int, fdatasync, (int file), (file), "sync", file, NULL, -1)
FAMILY(int, flock, (int file, int how), (file, how), "flock", file, NULL, -1)
FAMILY(int, ftruncate, (int file, off_t length), (file, length), "truncate", file, NULL, -1)
FAMILY(int, ftruncate64, (int file, off64_t length), (file, length), "truncate", file, NULL, -1)

/* Renames and links go by the new name: the old one is often that of a temporary file. */
FAMILY(int, rename, (const char *from, const char *to), (from, to), "rename", AT_FDCWD, to, -1)
FAMILY(int, renameat, (int folder, const char *from, int other, const char *to),
       (folder, from, other, to), "rename", other, to, -1)
FAMILY(int, renameat2,
       (int folder, const char *from, int other, const char *to, unsigned flags),
       (folder, from, other, to, flags), "rename", other, to, -1)
FAMILY(int, link, (const char *from, const char *to), (from, to), "link", AT_FDCWD, to, -1)
FAMILY(int, linkat, (int folder, const char *from, int other, const char *to, int flags),
       (folder, from, other, to, flags), "link", other, to, -1)

FAMILY(int, mkdir, (const char *path, mode_t mode), (path, mode), "mkdir", AT_FDCWD, path, -1)
FAMILY(int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode), "mkdir",
       folder, path, -1)
FAMILY(int, rmdir, (const char *path), (path), "rmdir", AT_FDCWD, path, -1)
FAMILY(int, unlink, (const char *path), (path), "unlink", AT_FDCWD, path, -1)
FAMILY(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags),
       flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, path, -1)

FAMILY(int, statx,
       (int folder, const char *restrict path, int flags, unsigned mask,
        struct statx *restrict found),
       (folder, path, flags, mask, found), "stat", folder, path, -1)
FAMILY(int, stat64, (const char *restrict path, struct stat64 *restrict found), (path, found),
       "stat", AT_FDCWD, path, -1)
FAMILY(int, lstat64, (const char *restrict path, struct stat64 *restrict found), (path, found),
       "stat", AT_FDCWD, path, -1)
FAMILY(int, fstat64, (int file, struct stat64 *found), (file, found), "stat", file, NULL, -1)
FAMILY(char *, realpath, (const char *restrict path, char *restrict to), (path, to), "realpath",
       AT_FDCWD, path, NULL)
