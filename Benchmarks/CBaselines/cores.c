#define _GNU_SOURCE
#include "CBaselines.h"
#include <pthread.h>
#include <sched.h>

void cbaselines_pin(int core) {
    if (core < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int cbaselines_usable_cores(int *first, int *second) {
    cpu_set_t set;
    int count = 0;
    *first = *second = -1;
    if (sched_getaffinity(0, sizeof set, &set)) return 0;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &set)) continue;
        if (count == 0) *first = core;
        if (count == 1) *second = core;
        count++;
    }
    return count;
}

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define TURNS 20000

static _Alignas(128) _Atomic uint64_t ping;
static _Alignas(128) _Atomic uint64_t pong;

static void *answer(void *argument) {
    cbaselines_pin(*(int *)argument);
    for (uint64_t turn = 1; turn <= TURNS; turn++) {
        while (atomic_load_explicit(&ping, memory_order_acquire) != turn) cbaselines_pause();
        atomic_store_explicit(&pong, turn, memory_order_release);
    }
    return NULL;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double cbaselines_line_round_trip(int core, int other) {
    static double taken[TURNS];
    pthread_t thread;
    cpu_set_t before;
    sched_getaffinity(0, sizeof before, &before);
    atomic_store(&ping, 0);
    atomic_store(&pong, 0);
    pthread_create(&thread, NULL, answer, &other);
    cbaselines_pin(core);
    for (uint64_t turn = 1; turn <= TURNS; turn++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        atomic_store_explicit(&ping, turn, memory_order_release);
        while (atomic_load_explicit(&pong, memory_order_acquire) != turn) cbaselines_pause();
        clock_gettime(CLOCK_MONOTONIC, &end);
        taken[turn - 1] = (double)(end.tv_sec - start.tv_sec) * 1e9 +
                          (double)(end.tv_nsec - start.tv_nsec);
    }
    pthread_join(thread, NULL);
    sched_setaffinity(0, sizeof before, &before);
    qsort(taken, TURNS, sizeof taken[0], by_value);
    return taken[TURNS / 2];
}
