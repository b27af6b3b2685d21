// The peers of the opae area. Each function that measures does its work `operations` times and returns 0.
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int peer_copy(char *to, const char *from, size_t length, int operations)
{
    for (int i = 0; i < operations; i++) {
        memcpy(to, from, length);
        __asm__ volatile("" ::: "memory"); // each copy is really made
    }
    return 0;
}

// What a register read in one process costs at the least: a lock around a load.
int peer_locked_load(const uint64_t *place, int operations)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    uint64_t sum = 0;
    for (int i = 0; i < operations; i++) {
        pthread_mutex_lock(&lock);
        sum += *(const volatile uint64_t *)place;
        pthread_mutex_unlock(&lock);
    }
    return sum == 1 ? -1 : 0; // keeps the loads
}
