#define _GNU_SOURCE
#include "CAllocationCount.h"
#include <errno.h>
#include <stdatomic.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define WITHOUT_COUNTING
#endif
#endif

#ifdef WITHOUT_COUNTING

bool allocationcount_is_active(void) { return false; }
uint64_t allocationcount_process(void) { return 0; }
uint64_t allocationcount_thread(void) { return 0; }
uint64_t allocationcount_process_frees(void) { return 0; }
uint64_t allocationcount_thread_frees(void) { return 0; }
void allocationcount_trap(bool on, bool own) { (void)on, (void)own; }
void allocationcount_mark(uint32_t mark) { (void)mark; }
uint64_t allocationcount_marked(uint32_t mark) { return (void)mark, 0; }

#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *place, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *place);

// A pair of cache lines a thread, so that counting makes no two threads meet. Threads beyond the last
// place share it. Places are never given back: what a thread that has ended asked for still counts.
#define PLACES 4096
typedef struct {
    _Alignas(128) _Atomic uint64_t allocations;
    _Atomic uint64_t frees;
    _Atomic uint32_t mark;
} place_t;
static place_t places[PLACES];
static _Atomic uint32_t taken;
static __thread place_t *mine __attribute__((tls_model("initial-exec")));
static _Atomic(place_t *) spared;
static _Atomic bool trapped;

static inline place_t *my_place(void) {
    place_t *place = mine;
    if (__builtin_expect(!place, 0)) {
        uint32_t index = atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
        place = &places[index < PLACES ? index : PLACES - 1];
        mine = place;
    }
    return place;
}

static inline void count(_Atomic uint64_t *counter) {
    // The last place may have several writers; an add that is no more than that costs nothing here.
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static inline void count_allocation(void) {
    place_t *place = my_place();
    count(&place->allocations);
    if (__builtin_expect(atomic_load_explicit(&trapped, memory_order_relaxed), 0) &&
        atomic_load_explicit(&spared, memory_order_relaxed) != place)
        __builtin_trap();
}

void *malloc(size_t size) {
    count_allocation();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count_allocation();
    return __libc_calloc(number, size);
}

void *realloc(void *place, size_t size) {
    count_allocation();
    return __libc_realloc(place, size);
}

void *memalign(size_t alignment, size_t size) {
    count_allocation();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count_allocation();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **place, size_t alignment, size_t size) {
    count_allocation();
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *place = memory;
    return 0;
}

void free(void *place) {
    if (place) count(&my_place()->frees);
    __libc_free(place);
}

bool allocationcount_is_active(void) { return true; }

static uint64_t sum(size_t offset) {
    uint64_t total = 0;
    uint32_t count = atomic_load_explicit(&taken, memory_order_relaxed);
    for (uint32_t index = 0; index < count && index < PLACES; index++) {
        _Atomic uint64_t *counter = (_Atomic uint64_t *)((char *)&places[index] + offset);
        total += atomic_load_explicit(counter, memory_order_relaxed);
    }
    return total;
}

uint64_t allocationcount_process(void) { return sum(offsetof(place_t, allocations)); }
uint64_t allocationcount_process_frees(void) { return sum(offsetof(place_t, frees)); }
uint64_t allocationcount_thread(void) {
    return atomic_load_explicit(&my_place()->allocations, memory_order_relaxed);
}
uint64_t allocationcount_thread_frees(void) {
    return atomic_load_explicit(&my_place()->frees, memory_order_relaxed);
}

void allocationcount_mark(uint32_t mark) { atomic_store(&my_place()->mark, mark); }

uint64_t allocationcount_marked(uint32_t mark) {
    uint64_t total = 0;
    uint32_t count = atomic_load_explicit(&taken, memory_order_relaxed);
    for (uint32_t index = 0; index < count && index < PLACES; index++)
        if (atomic_load(&places[index].mark) == mark)
            total += atomic_load_explicit(&places[index].allocations, memory_order_relaxed);
    return total;
}

void allocationcount_trap(bool on, bool own) {
    atomic_store(&spared, own ? NULL : my_place());
    atomic_store(&trapped, on);
}

#endif
