// The peer of the vfio area: a group, a container and the ioctls, as a C program would use them.
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct peer {
    int container, group, device;
};

void peer_vfio_close(struct peer *peer)
{
    if (peer->device >= 0)
        close(peer->device);
    if (peer->group >= 0)
        close(peer->group);
    if (peer->container >= 0)
        close(peer->container);
    free(peer);
}

int peer_vfio_open(const char *address, const char *group, struct peer **opened)
{
    char path[64];
    struct peer *peer = malloc(sizeof *peer);
    snprintf(path, sizeof path, "/dev/vfio/%s", group);
    peer->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
    peer->group = open(path, O_RDWR | O_CLOEXEC);
    peer->device = -1;
    if (peer->container < 0 || peer->group < 0 || ioctl(peer->group, VFIO_GROUP_SET_CONTAINER, &peer->container) ||
        ioctl(peer->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) ||
        (peer->device = ioctl(peer->group, VFIO_GROUP_GET_DEVICE_FD, address)) < 0) {
        int error = errno;
        peer_vfio_close(peer);
        return -error;
    }
    *opened = peer;
    return 0;
}

// Makes memory, shares it with the device at an address, takes it back and frees it.
static int share(struct peer *peer, uint64_t address, size_t length, int operations)
{
    for (int i = 0; i < operations; i++) {
        void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return -errno;
        struct vfio_iommu_type1_dma_map map = { sizeof map, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
                                                (uintptr_t)memory, address, length };
        struct vfio_iommu_type1_dma_unmap unmap = { sizeof unmap, 0, address, length };
        if (ioctl(peer->container, VFIO_IOMMU_MAP_DMA, &map) || ioctl(peer->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ||
            munmap(memory, length))
            return -errno;
    }
    return 0;
}

int peer_vfio_share(struct peer *peer, size_t length, int operations)
{
    return share(peer, 0x100000, length, operations);
}

struct worker {
    struct peer *peer;
    pthread_barrier_t *ready;
    uint64_t address;
    size_t length;
    int operations, result;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    pthread_barrier_wait(worker->ready);
    worker->result = share(worker->peer, worker->address, worker->length, worker->operations);
    return NULL;
}

// The same by up to 16 threads, each with its part of the operations; *nanoseconds from when all of them are there.
int peer_vfio_share_by_threads(struct peer *peer, size_t length, int operations, int threads, int64_t *nanoseconds)
{
    pthread_t all[16];
    struct worker workers[16];
    pthread_barrier_t ready;
    struct timespec start, end;
    int result = 0;
    pthread_barrier_init(&ready, NULL, threads + 1);
    for (int i = 0; i < threads; i++) {
        workers[i] = (struct worker){ peer, &ready, 0x100000 + i * length, length, operations / threads, 0 };
        if (pthread_create(&all[i], NULL, work, &workers[i]))
            abort();
    }
    pthread_barrier_wait(&ready);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < threads; i++) {
        pthread_join(all[i], NULL);
        if (workers[i].result)
            result = workers[i].result;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    pthread_barrier_destroy(&ready);
    *nanoseconds = (end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec;
    return result;
}
