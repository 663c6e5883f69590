/* What a process says to PostgreSQL, message by message (protocol 3.0, without TLS). */
#ifndef POSTGRES_H
#define POSTGRES_H

#include <stddef.h>

/* A new connection, of which nothing was said or heard yet. */
void postgres_opened(int fd);

/* What is about to be said, for people: the types of the messages, with the SQL where there is any. */
void postgres_told(const void *octets, size_t size, char *told, size_t room);

/* It was said. */
void postgres_asked(int fd, const void *octets, size_t size);

/* It was heard. Whether nothing that was asked is unanswered now: an answer is read in as many pieces as the reader's buffer
 * wants. */
int postgres_heard(int fd, const void *octets, size_t size);

/* Waits until everything that was asked is answered, without hearing any of it. */
void postgres_await(int fd);

#endif
