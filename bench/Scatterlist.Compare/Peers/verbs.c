// The peers of the verbs area: what two processes, or a UDP socket, can do at best. A worker process is forked; it sleeps
// until a turn begins, and both sides are on their processors when the clock starts. Functions return nanoseconds of a
// turn, or a negative errno.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KIND_LINES, KIND_UDP, KIND_GSO };
enum { SEGMENT = 4136, SEGMENTS = 15, OUTSTANDING = 4, MIB = 1 << 20 };

struct shared {
    _Alignas(64) atomic_uint command; // counts turns; the worker sleeps on it
    atomic_uint ready;                // the turn that the worker has begun
    int64_t count;
    _Alignas(64) atomic_ullong ping;
    _Alignas(64) atomic_ullong pong;
    _Alignas(64) atomic_ullong received;
    _Alignas(64) atomic_int failed;
};

struct worker {
    struct shared *shared;
    pid_t pid;
    int kind;
    int sockets[2]; // the measuring side's, the worker's
    unsigned turn;
    char *buffer;
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void pin(pid_t process, int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(process, sizeof set, &set);
}

// The other side may be gone, or off its processor: after a long spin the processor is given up between looks.
static int spin_until(atomic_ullong *value, uint64_t wanted, struct shared *shared)
{
    for (uint64_t tries = 0; atomic_load_explicit(value, memory_order_acquire) < wanted; tries++) {
        relax();
        if (tries > 100000) {
            if (atomic_load(&shared->failed) || tries > 100000000)
                return -EIO;
        }
    }
    return 0;
}

static int receive_spinning(int fd, void *buffer, size_t length, struct shared *shared)
{
    for (uint64_t tries = 0;; tries++) {
        ssize_t got = recv(fd, buffer, length, MSG_DONTWAIT);
        if (got >= 0)
            return 0;
        if (errno != EAGAIN && errno != ECONNREFUSED)
            return -errno;
        if (tries > 20000000 || atomic_load_explicit(&shared->failed, memory_order_relaxed))
            return -EIO;
    }
}

static int work(struct worker *w, int64_t count)
{
    struct shared *s = w->shared;
    char small[64];
    int result = 0;
    switch (w->kind) {
    case KIND_LINES:
        for (int64_t i = 1; i <= count && result == 0; i++) {
            result = spin_until(&s->ping, i, s);
            atomic_store_explicit(&s->pong, i, memory_order_release);
        }
        return result;
    case KIND_UDP:
        for (int64_t i = 0; i < count && result == 0; i++) {
            result = receive_spinning(w->sockets[1], small, sizeof small, s);
            if (result == 0 && send(w->sockets[1], small, 8, 0) < 0)
                result = -errno;
        }
        return result;
    default:
        for (int64_t left = count * MIB; left > 0;) {
            char control[128];
            struct iovec vector = { w->buffer, 65536 };
            struct msghdr message = {
                .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
            ssize_t got = recvmsg(w->sockets[1], &message, MSG_DONTWAIT);
            if (got < 0) {
                if (errno != EAGAIN)
                    return -errno;
                if (atomic_load_explicit(&s->failed, memory_order_relaxed))
                    return -EIO;
                continue;
            }
            left -= got;
            atomic_fetch_add_explicit(&s->received, 1, memory_order_release);
        }
        return 0;
    }
}

static void serve(struct worker *w)
{
    struct shared *s = w->shared;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned turn = 1;; turn++) {
        while (atomic_load(&s->command) != turn)
            syscall(SYS_futex, &s->command, FUTEX_WAIT, turn - 1, NULL, NULL, 0);
        atomic_store(&s->ready, turn);
        if (work(w, s->count) < 0)
            atomic_store(&s->failed, 1);
        atomic_store(&s->ready, 0);
    }
}

static int open_sockets(struct worker *w)
{
    struct sockaddr_in address[2];
    for (int i = 0; i < 2; i++) {
        socklen_t length = sizeof address[i];
        int one = 1, bytes = 8 << 20;
        w->sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (w->sockets[i] < 0)
            return -errno;
        memset(&address[i], 0, sizeof address[i]);
        address[i].sin_family = AF_INET;
        address[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(w->sockets[i], (struct sockaddr *)&address[i], sizeof address[i]) < 0
            || getsockname(w->sockets[i], (struct sockaddr *)&address[i], &length) < 0)
            return -errno;
        if (setsockopt(w->sockets[i], SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
            setsockopt(w->sockets[i], SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        if (w->kind == KIND_GSO && setsockopt(w->sockets[i], SOL_UDP, UDP_GRO, &one, sizeof one) < 0)
            return -errno;
    }
    for (int i = 0; i < 2; i++)
        if (connect(w->sockets[i], (struct sockaddr *)&address[1 - i], sizeof address[i]) < 0)
            return -errno;
    int segment = SEGMENT;
    if (w->kind == KIND_GSO && setsockopt(w->sockets[0], SOL_UDP, UDP_SEGMENT, &segment, sizeof segment) < 0)
        return -errno;
    return 0;
}

void peer_stop(struct worker *w)
{
    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
    }
    for (int i = 0; i < 2; i++)
        if (w->sockets[i] >= 0)
            close(w->sockets[i]);
    if (w->shared != MAP_FAILED)
        munmap(w->shared, sizeof *w->shared);
    free(w->buffer);
    free(w);
}

// A worker of a kind, or NULL.
struct worker *peer_start(int kind)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->kind = kind;
    w->sockets[0] = w->sockets[1] = -1;
    w->buffer = malloc(65536);
    w->shared = mmap(NULL, sizeof *w->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!w->buffer || w->shared == MAP_FAILED || (kind != KIND_LINES && open_sockets(w) < 0)) {
        peer_stop(w);
        return NULL;
    }
    memset(w->buffer, 0x5a, 65536);
    w->pid = fork();
    if (w->pid == 0) {
        serve(w);
        _exit(0);
    }
    if (w->pid < 0) {
        peer_stop(w);
        return NULL;
    }
    pin(w->pid, 1); // the measuring side is on 0
    return w;
}

// So many round trips, or MiB for the stream.
int64_t peer_run(struct worker *w, int64_t count)
{
    struct shared *s = w->shared;
    char small[64] = { 0 };
    int result = 0;
    int64_t deadline = now() + 2000000000ll;
    while (w->turn != 0 && atomic_load(&s->ready) != 0) // the last turn's end
        if (now() > deadline)
            return -ETIMEDOUT;
    if (atomic_load(&s->failed))
        return -EIO;
    atomic_store(&s->ping, 0);
    atomic_store(&s->pong, 0);
    atomic_store(&s->received, 0);
    s->count = count;
    atomic_store(&s->command, ++w->turn);
    syscall(SYS_futex, &s->command, FUTEX_WAKE, 1, NULL, NULL, 0);
    while (atomic_load(&s->ready) != w->turn)
        if (now() > deadline)
            return -ETIMEDOUT;

    int64_t start = now();
    switch (w->kind) {
    case KIND_LINES:
        for (int64_t i = 1; i <= count && result == 0; i++) {
            atomic_store_explicit(&s->ping, i, memory_order_release);
            result = spin_until(&s->pong, i, s);
        }
        break;
    case KIND_UDP:
        for (int64_t i = 0; i < count && result == 0; i++) {
            if (send(w->sockets[0], small, 8, 0) < 0)
                result = -errno;
            else
                result = receive_spinning(w->sockets[0], small, sizeof small, s);
        }
        break;
    default: {
        int64_t sent = 0;
        for (int64_t left = count * MIB; left > 0 && result == 0; sent++) {
            size_t some = left < SEGMENT * SEGMENTS ? (size_t)left : SEGMENT * SEGMENTS;
            if (sent >= OUTSTANDING)
                result = spin_until(&s->received, (uint64_t)(sent - OUTSTANDING + 1), s);
            if (result == 0 && send(w->sockets[0], w->buffer, some, 0) < 0)
                result = -errno;
            left -= (int64_t)some;
        }
        if (result == 0)
            result = spin_until(&s->received, (uint64_t)sent, s);
        break;
    }
    }
    int64_t elapsed = now() - start;
    return result < 0 ? result : elapsed;
}

// memcpy of that size, so often, between the same two places.
int64_t peer_copy(char *to, const char *from, size_t size, int64_t count)
{
    int64_t start = now();
    for (int64_t i = 0; i < count; i++) {
        memcpy(to, from, size);
        __asm__ volatile("" ::: "memory");
    }
    return now() - start;
}

// Ethernet's CRC by eight tables: what a processor without carry-less products does.
uint32_t peer_crc(const unsigned char *data, size_t size, int count)
{
    static uint32_t tables[8][256];
    if (tables[0][1] == 0)
        for (int i = 0; i < 2048; i++) {
            uint32_t c = i < 256 ? (uint32_t)i : tables[i / 256 - 1][i % 256];
            for (int bit = 0; i < 256 && bit < 8; bit++)
                c = (c >> 1) ^ (0xedb88320u & -(c & 1));
            tables[i / 256][i % 256] = i < 256 ? c : (c >> 8) ^ tables[0][c & 255];
        }
    uint32_t crc = ~0u;
    for (int round = 0; round < count; round++) {
        crc = ~0u;
        size_t i = 0;
        for (; i + 8 <= size; i += 8) {
            uint64_t word;
            memcpy(&word, data + i, 8);
            word ^= crc;
            crc = 0;
            for (int k = 0; k < 8; k++)
                crc ^= tables[7 - k][(word >> (8 * k)) & 255];
        }
        for (; i < size; i++)
            crc = (crc >> 8) ^ tables[0][(crc ^ data[i]) & 255];
        __asm__ volatile("" ::: "memory");
    }
    return ~crc;
}
