// The peers of the vrtd area. Each function that measures does its work `operations` times and returns 0, or a negative
// errno (-EIO for a short transfer).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int failure(ssize_t moved)
{
    return moved < 0 ? -errno : -EIO;
}

// A plain memfd of `length` bytes, every page written once, or a negative errno.
int peer_memfd(size_t length)
{
    static char page[4096];
    memset(page, 0x5a, sizeof page);
    int fd = memfd_create("compare", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)length) < 0)
        return -errno;
    for (size_t done = 0; done < length; done += sizeof page)
        if (pwrite(fd, page, sizeof page, (off_t)done) != sizeof page)
            return -EIO;
    return fd;
}

void peer_close(int fd)
{
    close(fd);
}

int peer_write_chunks(int fd, const char *memory, size_t length, size_t chunk, int operations)
{
    for (int i = 0; i < operations; i++)
        for (size_t done = 0; done < length;) {
            size_t some = length - done < chunk ? length - done : chunk;
            ssize_t moved = pwrite(fd, memory + done, some, (off_t)done);
            if (moved <= 0)
                return failure(moved);
            done += (size_t)moved;
        }
    return 0;
}

int peer_read_chunks(int fd, char *memory, size_t length, size_t chunk, int operations)
{
    for (int i = 0; i < operations; i++)
        for (size_t done = 0; done < length;) {
            size_t some = length - done < chunk ? length - done : chunk;
            ssize_t moved = pread(fd, memory + done, some, (off_t)done);
            if (moved <= 0)
                return failure(moved);
            done += (size_t)moved;
        }
    return 0;
}

// Gives the pages of a range back, so that the next writer meets fresh ones.
int peer_punch_hole(int fd, int64_t offset, int64_t length)
{
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) < 0 ? -errno : 0;
}

// The least that a buffer's opening and closing can cost: two request and reply datagrams of the wire's sizes between
// two threads, with a descriptor in the first reply, which the client closes.
enum { OPEN_REQUEST = 36, OPEN_REPLY = 24, CLOSE_REQUEST = 28, CLOSE_REPLY = 9 };

struct exchange {
    int client, server, memfd;
    pthread_t thread;
};

static ssize_t send_with_descriptor(int socket, void *data, size_t length, int descriptor)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec block = {data, length};
    struct msghdr message = {.msg_iov = &block, .msg_iovlen = 1,
                             .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

static ssize_t receive_with_descriptor(int socket, void *data, size_t length, int *descriptor)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec block = {data, length};
    struct msghdr message = {.msg_iov = &block, .msg_iovlen = 1,
                             .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = received < 0 ? NULL : CMSG_FIRSTHDR(&message);
    *descriptor = -1;
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return received;
}

static void *serve(void *argument)
{
    struct exchange *exchange = argument;
    char message[4096] = {0};
    for (;;) {
        ssize_t received = recv(exchange->server, message, sizeof message, 0);
        if (received <= 0)
            return NULL;
        ssize_t sent = received == OPEN_REQUEST
            ? send_with_descriptor(exchange->server, message, OPEN_REPLY, exchange->memfd)
            : send(exchange->server, message, CLOSE_REPLY, MSG_NOSIGNAL);
        if (sent < 0)
            return NULL;
    }
}

struct exchange *peer_exchange_start(void)
{
    int sockets[2];
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return NULL;
    exchange->client = sockets[0];
    exchange->server = sockets[1];
    exchange->memfd = memfd_create("compare", MFD_CLOEXEC);
    if (exchange->memfd < 0 || pthread_create(&exchange->thread, NULL, serve, exchange) != 0)
        return NULL;
    return exchange;
}

int peer_exchange_run(struct exchange *exchange, int operations)
{
    char message[4096] = {0};
    for (int i = 0; i < operations; i++) {
        int descriptor;
        ssize_t moved = send(exchange->client, message, OPEN_REQUEST, MSG_NOSIGNAL);
        if (moved != OPEN_REQUEST)
            return failure(moved);
        moved = receive_with_descriptor(exchange->client, message, sizeof message, &descriptor);
        if (moved != OPEN_REPLY || descriptor < 0)
            return failure(moved);
        moved = send(exchange->client, message, CLOSE_REQUEST, MSG_NOSIGNAL);
        if (moved != CLOSE_REQUEST)
            return failure(moved);
        moved = recv(exchange->client, message, sizeof message, 0);
        if (moved != CLOSE_REPLY)
            return failure(moved);
        close(descriptor);
    }
    return 0;
}

void peer_exchange_stop(struct exchange *exchange)
{
    shutdown(exchange->client, SHUT_RDWR);
    pthread_join(exchange->thread, NULL);
    close(exchange->client);
    close(exchange->server);
    close(exchange->memfd);
    free(exchange);
}
