/* Preloaded into the program: makes chosen calls fail on chosen paths, as a broken disk, a server
 * that is down or missing permissions do.
 *
 * FAILING_CALLS  names of calls with a comma after each: "opendir,open,"
 * FAILING_PATH   a pattern, as in a shell, that the path must match
 * FAILING_ERRNO  the error's number
 * FAILING_TIMES  how often they fail before they succeed; always, if it is not set
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int fails(const char *call, const char *path) {
    const char *calls = getenv("FAILING_CALLS");
    const char *pattern = getenv("FAILING_PATH");
    const char *number = getenv("FAILING_ERRNO");
    char name[32];
    if (!calls || !pattern || !number || !path) return 0;
    snprintf(name, sizeof name, "%s,", call);
    if (!strstr(calls, name) || fnmatch(pattern, path, 0)) return 0;
    const char *times = getenv("FAILING_TIMES");
    static int failed;
    if (times && __atomic_fetch_add(&failed, 1, __ATOMIC_SEQ_CST) >= atoi(times)) return 0;
    errno = atoi(number);
    return 1;
}

DIR *opendir(const char *path) {
    DIR *(*next)(const char *) = dlsym(RTLD_NEXT, "opendir");
    return fails("opendir", path) ? NULL : next(path);
}

static int opened(const char *name, const char *path, int flags, mode_t mode) {
    int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    return fails("open", path) ? -1 : next(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return opened("open64", path, flags, mode);
}

int statx(int folder, const char *restrict path, int flags, unsigned mask,
          struct statx *restrict found) {
    int (*next)(int, const char *, int, unsigned, struct statx *) = dlsym(RTLD_NEXT, "statx");
    return fails("stat", path) ? -1 : next(folder, path, flags, mask, found);
}

int flock(int file, int operation) {
    int (*next)(int, int) = dlsym(RTLD_NEXT, "flock");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return fails("flock", path) ? -1 : next(file, operation);
}

int rename(const char *from, const char *to) {
    int (*next)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    return fails("rename", from) ? -1 : next(from, to);
}
