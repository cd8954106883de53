#define _GNU_SOURCE
#include "levels.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The same price array with what else a matching engine owes those who trade: it finds orders by the
// names that they gave them, remembers who and when, and reports all that happens through a ring.
// Everything is checked as little as in the plain book, and written down as plainly.

#define RING_SLOTS 2048u
#define FILLS_PER_SLOT 4

typedef struct {
    uint64_t words[16];
} slot_t;

typedef struct {
    _Alignas(128) _Atomic uint64_t head;
    _Alignas(128) _Atomic uint64_t tail;
    _Alignas(128) _Atomic bool is_over;
    _Alignas(128) slot_t slots[RING_SLOTS];
    int reader_core;
    uint64_t checksum;
} ring_t;

typedef struct {
    uint64_t name, order_id, entered, priority;
    int64_t ordered, executed;
    int32_t price;
    uint32_t session, number;
} facts_t;

typedef struct {
    uint64_t name;
    uint32_t id;  // all ones: empty
} entry_t;

typedef struct {
    cbaselines_book *book;
    facts_t *facts;  // beside book->order
    uint32_t *free;
    uint32_t free_count;
    entry_t *entries;
    uint64_t mask;
    ring_t *ring;
    uint64_t tail, known_head;
    bool is_read;
    uint64_t sequence, trades;
    const cbaselines_request *request;
    // Of the match under way: one fill a price level.
    int fills;
    int32_t fill_level;
    struct {
        int64_t price, quantity;
        uint64_t match, trade;
    } fill[100];
} reporter_t;

enum { ACCEPTED, MODIFIED, DELETED, RESTING_EXECUTED, EXECUTED, REFUSED };
#define NOBODY UINT32_MAX

static inline uint64_t home(const reporter_t *reporter, uint64_t name) {
    return (name * 0x9E3779B97F4A7C15u >> 32) & reporter->mask;
}

static inline uint64_t find(const reporter_t *reporter, uint64_t name) {
    uint64_t at = home(reporter, name);
    while (reporter->entries[at].id != NOBODY && reporter->entries[at].name != name)
        at = (at + 1) & reporter->mask;
    return at;
}

static inline void forget(reporter_t *reporter, uint64_t at) {
    uint64_t gap = at;
    for (at = (at + 1) & reporter->mask; reporter->entries[at].id != NOBODY;
         at = (at + 1) & reporter->mask) {
        uint64_t from_home = (at - home(reporter, reporter->entries[at].name)) & reporter->mask;
        if (from_home < ((at - gap) & reporter->mask)) continue;
        reporter->entries[gap] = reporter->entries[at];
        gap = at;
    }
    reporter->entries[gap].id = NOBODY;
}

static inline void make_room(reporter_t *reporter, uint64_t slots) {
    while (reporter->tail + slots - reporter->known_head > RING_SLOTS) {
        if (!reporter->is_read) {
            reporter->known_head = reporter->tail;
            return;
        }
        // A long match shows what it has made, or nobody would make room.
        atomic_store_explicit(&reporter->ring->tail, reporter->tail, memory_order_release);
        reporter->known_head =
            atomic_load_explicit(&reporter->ring->head, memory_order_acquire);
        __builtin_ia32_pause();
    }
}

static inline slot_t *next_slot(reporter_t *reporter) {
    return &reporter->ring->slots[reporter->tail++ & (RING_SLOTS - 1)];
}

static inline void report(reporter_t *reporter, uint64_t kind, uint64_t slots,
                          const facts_t *facts, int64_t left, uint64_t name, uint64_t old_name) {
    const cbaselines_request *request = reporter->request;
    uint64_t *words = next_slot(reporter)->words;
    words[0] = kind | slots << 8;
    words[1] = reporter->sequence;
    words[2] = words[3] = words[4] = reporter->sequence * 100;
    words[5] = facts->session | 1ull << 32;
    words[6] = kind == RESTING_EXECUTED ? UINT32_MAX : reporter->sequence;
    words[7] = facts->order_id;
    words[8] = name;
    words[9] = old_name;
    words[10] = (uint64_t)facts->price;
    words[11] = (uint64_t)facts->ordered;
    words[12] = (uint64_t)left;
    words[13] = (uint64_t)facts->executed;
    words[14] = facts->priority;
    words[15] = request->is_buy | (uint64_t)(left == 0) << 32;
}

static inline void report_context(reporter_t *reporter, const facts_t *facts, int64_t left,
                                  int64_t price, int64_t traded, uint64_t fills) {
    uint64_t *words = next_slot(reporter)->words;
    words[0] = facts->entered;
    words[1] = (uint64_t)facts->price;
    words[2] = (uint64_t)left;
    words[3] = facts->priority;
    words[4] = UINT64_MAX;
    words[5] = (uint64_t)price;
    words[6] = (uint64_t)traded;
    words[7] = reporter->trades;
    words[8] = reporter->trades;
    words[9] = fills;
    words[10] = facts->session;
    words[11] = facts->number;
    words[12] = words[13] = words[14] = words[15] = 0;
}

static inline void give_back(reporter_t *reporter, uint32_t id) {
    reporter->free[reporter->free_count++] = id;
}

static inline void tell_execution(void *context, uint32_t id, int64_t traded) {
    reporter_t *reporter = context;
    facts_t *facts = &reporter->facts[id];
    int64_t left = reporter->book->order[id].quantity;
    int32_t level = reporter->book->order[id].level;
    mix(reporter->book, facts->number, traded);
    facts->executed += traded;
    if (level != reporter->fill_level && reporter->fills < 100) {
        reporter->fill_level = level;
        reporter->fill[reporter->fills].price = facts->price;
        reporter->fill[reporter->fills].quantity = 0;
        reporter->fill[reporter->fills].match = ++reporter->trades;
        reporter->fill[reporter->fills++].trade = reporter->trades;
    }
    reporter->fill[reporter->fills - 1].quantity += traded;
    make_room(reporter, 2);
    report(reporter, RESTING_EXECUTED, 2, facts, left, facts->name, UINT64_MAX);
    report_context(reporter, facts, left + traded, facts->price, traded, 1);
    if (left > 0) return;
    forget(reporter, find(reporter, facts->name));
    give_back(reporter, id);
}

// Trades what an order can; `id` has its quantity already. Returns whether anything traded, and has told then.
static inline bool match(reporter_t *reporter, uint32_t id, int32_t at, uint64_t name,
                         uint64_t old_name) {
    cbaselines_book *book = reporter->book;
    facts_t *facts = &reporter->facts[id];
    int64_t before = book->order[id].quantity;
    reporter->fills = 0;
    reporter->fill_level = -1;
    int64_t left =
        take(book, reporter->request->is_buy, at, before, tell_execution, reporter);
    if (left == before) return false;
    bool is_taken = reporter->request->kind == CBASELINES_TAKE;
    book->order[id].quantity = is_taken ? 0 : left;
    facts->executed += before - left;
    uint64_t fill_slots = (uint64_t)(reporter->fills + FILLS_PER_SLOT - 1) / FILLS_PER_SLOT;
    make_room(reporter, 2 + fill_slots);
    report(reporter, EXECUTED, 2 + fill_slots, facts, book->order[id].quantity, name, old_name);
    report_context(reporter, facts, before, 0, 0, (uint64_t)reporter->fills);
    for (uint64_t slot = 0; slot < fill_slots; slot++)
        memcpy(next_slot(reporter), &reporter->fill[slot * FILLS_PER_SLOT], sizeof(slot_t));
    return true;
}

static inline void enter(reporter_t *reporter) {
    const cbaselines_request *request = reporter->request;
    cbaselines_book *book = reporter->book;
    uint64_t place = find(reporter, request->name);
    uint32_t id = reporter->free[--reporter->free_count];
    facts_t *facts = &reporter->facts[id];
    *facts = (facts_t){.name = request->name, .order_id = reporter->sequence << 24 | id,
                       .entered = reporter->sequence * 100, .priority = reporter->sequence * 100,
                       .ordered = request->quantity, .price = request->price,
                       .session = request->session, .number = request->number};
    book->order[id].quantity = request->quantity;
    book->order[id].is_buy = request->is_buy;
    int32_t at = request->price - book->price_min;
    bool is_told = match(reporter, id, at, request->name, UINT64_MAX);
    bool rests = request->kind == CBASELINES_ENTER && book->order[id].quantity > 0;
    if (!is_told) {
        if (!rests) book->order[id].quantity = 0;
        report(reporter, ACCEPTED, 1, facts, book->order[id].quantity, request->name, UINT64_MAX);
    }
    if (!rests) return give_back(reporter, id);
    // What traded may have moved the place.
    if (is_told) place = find(reporter, request->name);
    reporter->entries[place] = (entry_t){request->name, id};
    rest(book, id, request->is_buy ? 1 : 0, at);
}

static inline void change(reporter_t *reporter, uint64_t place) {
    const cbaselines_request *request = reporter->request;
    cbaselines_book *book = reporter->book;
    uint32_t id = reporter->entries[place].id;
    facts_t *facts = &reporter->facts[id];
    uint64_t old_name = facts->name;
    unlink_order(book, id);
    forget(reporter, place);
    facts->name = request->new_name;
    facts->price = request->price;
    facts->ordered += request->quantity;
    facts->priority = reporter->sequence * 100;
    book->order[id].quantity += request->quantity;
    int64_t before = book->order[id].quantity;
    int32_t at = request->price - book->price_min;
    if (!match(reporter, id, at, facts->name, old_name)) {
        report(reporter, MODIFIED, 2, facts, before, facts->name, old_name);
        report_context(reporter, facts, before, 0, 0, 0);
    }
    if (book->order[id].quantity == 0) return give_back(reporter, id);
    reporter->entries[find(reporter, facts->name)] = (entry_t){facts->name, id};
    rest(book, id, request->is_buy ? 1 : 0, at);
}

static inline void withdraw(reporter_t *reporter, uint64_t place) {
    uint32_t id = reporter->entries[place].id;
    facts_t *facts = &reporter->facts[id];
    report(reporter, DELETED, 1, facts, 0, reporter->request->new_name, facts->name);
    unlink_order(reporter->book, id);
    forget(reporter, place);
    give_back(reporter, id);
}

static void apply(reporter_t *reporter) {
    const cbaselines_request *request = reporter->request;
    reporter->sequence++;
    make_room(reporter, 2);
    if (request->kind == CBASELINES_ENTER || request->kind == CBASELINES_TAKE)
        return enter(reporter);
    uint64_t place = find(reporter, request->name);
    if (reporter->entries[place].id == NOBODY) {
        facts_t nothing = {.order_id = UINT64_MAX, .session = request->session};
        return report(reporter, REFUSED, 1, &nothing, 0, request->new_name, request->name);
    }
    if (request->kind == CBASELINES_MODIFY) change(reporter, place);
    else withdraw(reporter, place);
}

static void *read_all(void *argument) {
    ring_t *ring = argument;
    uint64_t head = 0, sum = 0;
    cbaselines_pin(ring->reader_core);
    while (true) {
        bool is_over = atomic_load_explicit(&ring->is_over, memory_order_acquire);
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == tail) {
            if (is_over) break;
            __builtin_ia32_pause();
            continue;
        }
        for (; head < tail; head++)
            for (int word = 0; word < 16; word++)
                sum += ring->slots[head & (RING_SLOTS - 1)].words[word];
        atomic_store_explicit(&ring->head, head, memory_order_release);
    }
    ring->checksum = sum;
    return NULL;
}

static double nanos(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

double cbaselines_report(const cbaselines_request *requests, uint64_t count, int32_t price_min,
                         int32_t price_max, uint32_t live_max, int reader_core, uint64_t *hash) {
    reporter_t *reporter = calloc(1, sizeof *reporter);
    reporter->book = cbaselines_book_create(price_min, price_max, live_max);
    reporter->facts = malloc(live_max * sizeof(facts_t));
    memset(reporter->facts, 0, live_max * sizeof(facts_t));
    reporter->free = malloc(live_max * sizeof(uint32_t));
    while (reporter->free_count < live_max) {
        reporter->free[reporter->free_count] = live_max - 1 - reporter->free_count;
        reporter->free_count++;
    }
    reporter->mask = 1;
    while (reporter->mask < live_max * 2ull) reporter->mask *= 2;
    reporter->entries = malloc(reporter->mask * sizeof(entry_t));
    memset(reporter->entries, 0xff, reporter->mask * sizeof(entry_t));
    reporter->mask--;
    reporter->ring = aligned_alloc(128, sizeof(ring_t));
    memset(reporter->ring, 0, sizeof(ring_t));
    reporter->is_read = reader_core >= 0;
    reporter->ring->reader_core = reader_core;
    pthread_t reader;
    if (reporter->is_read) pthread_create(&reader, NULL, read_all, reporter->ring);
    clockid_t clock = reporter->is_read ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
    double start = nanos(clock);
    for (uint64_t n = 0; n < count; n++) {
        reporter->request = &requests[n];
        apply(reporter);
        atomic_store_explicit(&reporter->ring->tail, reporter->tail, memory_order_release);
    }
    if (reporter->is_read) {
        while (atomic_load_explicit(&reporter->ring->head, memory_order_acquire) != reporter->tail)
            __builtin_ia32_pause();
    }
    double taken = nanos(clock) - start;
    if (reporter->is_read) {
        atomic_store_explicit(&reporter->ring->is_over, true, memory_order_release);
        pthread_join(reader, NULL);
    }
    *hash = reporter->book->hash;
    cbaselines_book_destroy(reporter->book);
    free(reporter->facts);
    free(reporter->free);
    free(reporter->entries);
    free(reporter->ring);
    free(reporter);
    return taken;
}
