// The peers of the hostfd area: what a C programmer writes by hand, with everything prepared beforehand.
// Each function does its work `operations` times and returns 0, or a negative errno (-EIO for a short transfer).
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

static int failure(ssize_t moved)
{
    return moved < 0 ? -errno : -EIO;
}

// One block; the offset walks through a file whose size is a power of two.
int peer_pread(int fd, void *memory, size_t length, uint64_t offset_mask, int operations)
{
    uint64_t offset = 0;
    for (int i = 0; i < operations; i++) {
        ssize_t moved = pread(fd, memory, length, (off_t)(offset & offset_mask));
        if (moved != (ssize_t)length)
            return failure(moved);
        offset += length;
    }
    return 0;
}

int peer_pwrite(int fd, const void *memory, size_t length, uint64_t offset_mask, int operations)
{
    uint64_t offset = 0;
    for (int i = 0; i < operations; i++) {
        ssize_t moved = pwrite(fd, memory, length, (off_t)(offset & offset_mask));
        if (moved != (ssize_t)length)
            return failure(moved);
        offset += length;
    }
    return 0;
}

// Any number of blocks at offset 0, in calls of at most IOV_MAX iovecs.
int peer_preadv2(int fd, const struct iovec *blocks, int count, int64_t bytes, int operations)
{
    for (int i = 0; i < operations; i++) {
        int64_t done = 0;
        for (int first = 0; first < count; first += IOV_MAX) {
            int some = count - first < IOV_MAX ? count - first : IOV_MAX;
            ssize_t moved = preadv2(fd, blocks + first, some, done, 0);
            if (moved < 0)
                return failure(moved);
            done += moved;
        }
        if (done != bytes)
            return -EIO;
    }
    return 0;
}

int peer_pwritev2(int fd, const struct iovec *blocks, int count, int64_t bytes, int operations)
{
    for (int i = 0; i < operations; i++) {
        int64_t done = 0;
        for (int first = 0; first < count; first += IOV_MAX) {
            int some = count - first < IOV_MAX ? count - first : IOV_MAX;
            ssize_t moved = pwritev2(fd, blocks + first, some, done, 0);
            if (moved < 0)
                return failure(moved);
            done += moved;
        }
        if (done != bytes)
            return -EIO;
    }
    return 0;
}
