/* Waits for whole answers of PostgreSQL.
 *
 * Every question of a client ends with Sync or Query, or is a start-up, and every answer to one ends with ReadyForQuery: both
 * are counted. The one who asks goes on when the answer is there in one piece, so that it never depends on the time of day
 * in which order two connections are heard, nor in how many pieces.
 */
#define _GNU_SOURCE
#include "postgres.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 1024, LONGEST_ANSWER = 1 << 20, SHOWN = 48 };

/* Where in its messages a stream stands. */
struct stream {
	unsigned char header[5];
	size_t have, skip;
};

static struct {
	struct stream said, heard;
	int started;
	long asked, answered;
} connections[CONNECTIONS];

static uint32_t number(const unsigned char *octets)
{
	return (uint32_t)octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
}

/* Walks on, and says how many of the messages that begin here are of one of these types. */
static long walk(struct stream *stream, const unsigned char *octets, size_t size, const char *types)
{
	long found = 0;

	while (size > 0) {
		if (stream->skip > 0) {
			size_t part = stream->skip < size ? stream->skip : size;
			stream->skip -= part;
			octets += part;
			size -= part;
			continue;
		}
		stream->header[stream->have++] = *octets++;
		size--;
		if (stream->have == sizeof stream->header) {
			found += strchr(types, stream->header[0]) != NULL;
			stream->skip = number(stream->header + 1) - 4;
			stream->have = 0;
		}
	}
	return found;
}

void postgres_opened(int fd)
{
	if (fd >= 0 && fd < CONNECTIONS)
		memset(&connections[fd], 0, sizeof connections[fd]);
}

void postgres_told(const void *buffer, size_t size, char *told, size_t room)
{
	const unsigned char *octets = buffer;
	size_t used = 0;

	if (size < 5 || octets[0] == 0) {
		snprintf(told, room, "start-up");
		return;
	}
	while (size >= 5 && used + SHOWN + 4 < room) {
		size_t length = 1 + (size_t)number(octets + 1);
		const char *sql = NULL;

		if (length > size)
			break;
		if (octets[0] == 'Q')
			sql = (const char *)octets + 5;
		else if (octets[0] == 'P')
			sql = (const char *)octets + 5 + strlen((const char *)octets + 5) + 1;
		told[used++] = octets[0];
		if (sql)
			used += snprintf(told + used, room - used, "(%.*s)", (int)strcspn(sql, "\n") < SHOWN ? (int)strcspn(sql, "\n") : SHOWN, sql);
		octets += length;
		size -= length;
	}
	told[used] = '\0';
}

void postgres_asked(int fd, const void *buffer, size_t size)
{
	const unsigned char *octets = buffer;

	if (fd < 0 || fd >= CONNECTIONS)
		return;
	if (connections[fd].started) {
		connections[fd].asked += walk(&connections[fd].said, octets, size, "QS");
	} else {
		/* A start-up has no type, and is one question. */
		connections[fd].started = 1;
		connections[fd].asked++;
	}
}

int postgres_heard(int fd, const void *octets, size_t size)
{
	if (fd < 0 || fd >= CONNECTIONS)
		return 1;
	connections[fd].answered += walk(&connections[fd].heard, octets, size, "Z");
	return connections[fd].answered >= connections[fd].asked;
}

void postgres_await(int fd)
{
	static unsigned char answer[LONGEST_ANSWER];
	struct timespec moment = {0, 20000};
	int error = errno;

	if (fd < 0 || fd >= CONNECTIONS)
		return;
	for (;;) {
		struct stream heard = connections[fd].heard;
		struct pollfd readable = {fd, POLLIN, 0};
		ssize_t size;

		if (connections[fd].answered >= connections[fd].asked)
			break;
		syscall(SYS_ppoll, &readable, 1, NULL, NULL, 0);
		size = syscall(SYS_recvfrom, fd, answer, sizeof answer, MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
		/* It was hung up: that is an answer too. */
		if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
			break;
		if (size > 0 && connections[fd].answered + walk(&heard, answer, size, "Z") >= connections[fd].asked)
			break;
		syscall(SYS_nanosleep, &moment, NULL);
	}
	errno = error;
}
