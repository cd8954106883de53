#define _GNU_SOURCE
#include "CBaselines.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CAPACITY 4096u

typedef struct {
    uint64_t words[16];
} slot_t;

typedef struct {
    _Alignas(128) _Atomic uint64_t head;
    _Alignas(128) _Atomic uint64_t tail;
    _Alignas(128) slot_t slots[CAPACITY];
} ring_t;

typedef struct {
    ring_t *ring;
    uint64_t count;
    uint32_t slots;
    int core;
    uint64_t checksum;
} side_t;

static void *produce(void *argument) {
    side_t *side = argument;
    ring_t *ring = side->ring;
    uint64_t tail = 0, known_head = 0;
    cbaselines_pin(side->core);
    for (uint64_t n = 0; n < side->count; n++) {
        while (tail + side->slots - known_head > CAPACITY) {
            known_head = atomic_load_explicit(&ring->head, memory_order_acquire);
            __builtin_ia32_pause();
        }
        for (uint32_t s = 0; s < side->slots; s++) {
            slot_t *slot = &ring->slots[(tail + s) & (CAPACITY - 1)];
            for (int w = 0; w < 16; w++) slot->words[w] = n + (uint64_t)w;
        }
        tail += side->slots;
        atomic_store_explicit(&ring->tail, tail, memory_order_release);
    }
    return NULL;
}

static void *consume(void *argument) {
    side_t *side = argument;
    ring_t *ring = side->ring;
    uint64_t head = 0, known_tail = 0, sum = 0;
    cbaselines_pin(side->core);
    for (uint64_t n = 0; n < side->count; n++) {
        while (head == known_tail) {
            known_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
            __builtin_ia32_pause();
        }
        for (uint32_t s = 0; s < side->slots; s++) {
            const slot_t *slot = &ring->slots[(head + s) & (CAPACITY - 1)];
            sum += slot->words[0] ^ slot->words[15];
        }
        head += side->slots;
        atomic_store_explicit(&ring->head, head, memory_order_release);
    }
    side->checksum = sum;
    return NULL;
}

double cbaselines_ring_transfer(uint64_t count, uint32_t slots, int producer_core,
                                int consumer_core, uint64_t *checksum) {
    ring_t *ring = aligned_alloc(128, sizeof(ring_t));
    memset(ring, 0, sizeof *ring);
    side_t producer = {ring, count, slots, producer_core, 0};
    side_t consumer = {ring, count, slots, consumer_core, 0};
    pthread_t threads[2];
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pthread_create(&threads[0], NULL, consume, &consumer);
    pthread_create(&threads[1], NULL, produce, &producer);
    pthread_join(threads[1], NULL);
    pthread_join(threads[0], NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    *checksum = consumer.checksum;
    free(ring);
    return (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
}
