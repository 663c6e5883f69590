/* A disk that keeps nothing but what was synced, put between a process and its C library (LD_PRELOAD).
 *
 * From the line "begin" on its standard output on, every call that leaves the process is counted and noted: writes to the
 * files under DISK_DIR, their syncs, what goes through sockets, and lines of the standard output. Each sync that succeeds
 * copies the file to DISK_SNAPSHOTS; whoever restarts the process puts the copies back, so that what was not synced is gone.
 *
 * So that the calls are the same in every run, its monotonic clock stands still: what is done at intervals is done once,
 * before. A connection stands when it was asked for, and a question to PostgreSQL returns when it is answered (postgres.c).
 *
 *   DISK_LOG        where the calls are noted
 *   DISK_KILL=n     kills the process before its n-th call
 *   DISK_FAIL=n     the n-th call, and every write and sync after it, fails: EIO for a sync, ENOSPC for a write
 *   DISK_LIES=1     syncs return success and keep nothing
 */
#define _GNU_SOURCE
#include "postgres.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* In seconds. A process whose clock stands still waits for ever for what does not come. */
enum { LONGEST_LIFE = 120 };

static const char *directory, *snapshots;
static long kill_at, fail_at, count;
static int lies, log_file = -1, counting;
static struct timespec stopped;

__attribute__((constructor)) static void begin(void)
{
	const char *value;

	directory = getenv("DISK_DIR");
	snapshots = getenv("DISK_SNAPSHOTS");
	if ((value = getenv("DISK_LOG")))
		log_file = syscall(SYS_openat, AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	kill_at = (value = getenv("DISK_KILL")) ? atol(value) : 0;
	fail_at = (value = getenv("DISK_FAIL")) ? atol(value) : 0;
	lies = getenv("DISK_LIES") != NULL;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &stopped);
	alarm(LONGEST_LIFE);
}

/* The path of a file that counts, or "socket"; NULL for everything else. */
static const char *watched(int fd, char *path, size_t size)
{
	char link[64];
	struct stat status;
	ssize_t length;
	int error = errno;

	if (syscall(SYS_fstat, fd, &status) != 0) {
		errno = error;
		return NULL;
	}
	if (S_ISSOCK(status.st_mode))
		return "socket";
	if (!S_ISREG(status.st_mode) || !directory)
		return NULL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, path, size - 1);
	errno = error;
	if (length <= 0)
		return NULL;
	path[length] = '\0';
	/* The shared-memory index is rebuilt from the log; it is never synced and holds nothing of its own. */
	if (strncmp(path, directory, strlen(directory)) != 0 || (length > 4 && !strcmp(path + length - 4, "-shm")))
		return NULL;
	return strrchr(path, '/') + 1;
}

/* One more call. Returns non-zero if it has to fail. */
static int call(const char *name, const char *where)
{
	char line[256];
	long number;
	int length;

	if (!counting)
		return 0;
	number = __sync_add_and_fetch(&count, 1);
	length = snprintf(line, sizeof line, "%ld %s %s\n", number, name, where);
	if (log_file >= 0)
		syscall(SYS_write, log_file, line, length);
	if (number == kill_at) {
		syscall(SYS_kill, getpid(), SIGKILL);
		for (;;)
			pause();
	}
	return fail_at && number >= fail_at && strcmp(where, "stdout") != 0 && strcmp(where, "socket") != 0;
}

static void snapshot(int fd, const char *name)
{
	char from[4200], to[4200], link[64], buffer[65536];
	off_t offset = 0;
	ssize_t length;
	int out, in, error = errno;

	if (!snapshots || lies)
		return;
	snprintf(from, sizeof from, "%s/.%s.%d", snapshots, name, fd);
	snprintf(to, sizeof to, "%s/%s", snapshots, name);
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	in = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
	out = syscall(SYS_openat, AT_FDCWD, from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	while ((length = syscall(SYS_pread64, in, buffer, sizeof buffer, offset)) > 0) {
		syscall(SYS_write, out, buffer, length);
		offset += length;
	}
	syscall(SYS_close, in);
	syscall(SYS_close, out);
	syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	errno = error;
}

#define NEXT(name) \
	static __typeof__(name) *next; \
	if (!next) \
		next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define WRITES(type, name, parameters, arguments) \
	type name parameters \
	{ \
		char path[4096]; \
		const char *where = watched(fd, path, sizeof path); \
		NEXT(name); \
		if (where && call(#name, where)) { \
			errno = ENOSPC; \
			return -1; \
		} \
		return next arguments; \
	}

WRITES(ssize_t, pwrite, (int fd, const void *buffer, size_t size, off_t offset), (fd, buffer, size, offset))
WRITES(ssize_t, pwrite64, (int fd, const void *buffer, size_t size, off64_t offset), (fd, buffer, size, offset))
WRITES(ssize_t, writev, (int fd, const struct iovec *parts, int parts_count), (fd, parts, parts_count))
WRITES(int, ftruncate, (int fd, off_t size), (fd, size))
WRITES(int, ftruncate64, (int fd, off64_t size), (fd, size))
WRITES(ssize_t, sendto,
       (int fd, const void *buffer, size_t size, int flags, const struct sockaddr *to, socklen_t length),
       (fd, buffer, size, flags, to, length))
WRITES(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))

ssize_t write(int fd, const void *buffer, size_t size)
{
	char path[4096];
	const char *where = fd == 1 ? "stdout" : watched(fd, path, sizeof path);
	NEXT(write);

	if (where && call("write", where)) {
		errno = ENOSPC;
		return -1;
	}
	if (fd == 1 && size >= 5 && !memcmp(buffer, "begin", 5))
		counting = 1;
	return next(fd, buffer, size);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_MONOTONIC || stopped.tv_sec == 0)
		return syscall(SYS_clock_gettime, clock, now);
	*now = stopped;
	return 0;
}

/* A connection that is under way stands or fails before anything else is done. */
static int connected(int fd, int result)
{
	struct pollfd writable = {fd, POLLOUT, 0};
	int error = errno;

	if (result != 0 && error == EINPROGRESS)
		syscall(SYS_ppoll, &writable, 1, NULL, NULL, 0);
	errno = error;
	return result;
}

int connect(int fd, const struct sockaddr *to, socklen_t length)
{
	NEXT(connect);

	postgres_opened(fd);
	return connected(fd, next(fd, to, length));
}

/* Three points: before the question leaves, while its answer is waited for, and (in recv) when it has come. */
ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
	char told[160], name[200];
	ssize_t result;
	NEXT(send);

	postgres_told(buffer, size, told, sizeof told);
	snprintf(name, sizeof name, "send %s", told);
	call(name, "socket");
	result = next(fd, buffer, size, flags);
	if (result > 0) {
		postgres_asked(fd, buffer, result);
		snprintf(name, sizeof name, "await %s", told);
		call(name, "socket");
		postgres_await(fd);
	}
	return result;
}

#define SYNCS(name) \
	int name(int fd) \
	{ \
		char path[4096]; \
		const char *where = watched(fd, path, sizeof path); \
		int result; \
		NEXT(name); \
		if (where && call(#name, where)) { \
			errno = EIO; \
			return -1; \
		} \
		if (lies) \
			return 0; \
		result = next(fd); \
		if (where && result == 0) \
			snapshot(fd, where); \
		return result; \
	}

SYNCS(fsync)
SYNCS(fdatasync)

/* What arrived whole is a point of its own: the process dies between its arrival and what it would have done about it. */
ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t result;
	NEXT(recv);

	result = next(fd, buffer, size, flags);
	if (result > 0 && !(flags & MSG_PEEK)) {
		if (postgres_heard(fd, buffer, result))
			call("recv", "socket");
	}
	return result;
}

ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *length)
{
	ssize_t result;
	NEXT(recvfrom);

	result = next(fd, buffer, size, flags, from, length);
	if (result > 0 && !(flags & MSG_PEEK)) {
		if (postgres_heard(fd, buffer, result))
			call("recvfrom", "socket");
	}
	return result;
}
