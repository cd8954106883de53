#pragma once
#include "CBaselines.h"
#include <stddef.h>

// The price array that both plain books are made of.

// A bounded price range makes everything simple: level = array element, best = one bitmap scan.
typedef struct {
    int64_t quantity;
    int32_t next, previous;
    int32_t level;
    uint32_t is_buy;
} order_t;

typedef struct {
    int32_t head, tail;
} level_t;

struct cbaselines_book {
    int32_t price_min;
    int32_t levels;
    int32_t words;
    int32_t best_bid, best_ask;  // -1 and `levels` when empty
    uint64_t *bits[2];
    uint64_t *summary[2];
    level_t *level[2];
    order_t *order;
    uint64_t hash;  // over all executions
};

static inline void mix(cbaselines_book *book, uint32_t id, int64_t traded) {
    book->hash = (book->hash ^ ((uint64_t)id << 32 ^ (uint64_t)traded)) * 1099511628211u;
}

static inline void set_level(cbaselines_book *book, int side, int32_t level) {
    book->bits[side][level >> 6] |= 1ull << (level & 63);
    book->summary[side][level >> 12] |= 1ull << ((level >> 6) & 63);
}

static inline int32_t next_up(cbaselines_book *book, int32_t from) {
    int32_t word = from >> 6;
    uint64_t bits = book->bits[0][word] & (~0ull << (from & 63));
    if (bits) return word * 64 + __builtin_ctzll(bits);
    int32_t group = word >> 6;
    uint64_t rest = (word & 63) == 63 ? 0 : book->summary[0][group] & (~0ull << ((word & 63) + 1));
    int32_t groups = (book->words + 63) / 64;
    while (!rest) {
        if (++group >= groups) return book->levels;
        rest = book->summary[0][group];
    }
    word = group * 64 + __builtin_ctzll(rest);
    return word * 64 + __builtin_ctzll(book->bits[0][word]);
}

static inline int32_t next_down(cbaselines_book *book, int32_t from) {
    if (from < 0) return -1;
    int32_t word = from >> 6;
    uint64_t bits = book->bits[1][word] & (~0ull >> (63 - (from & 63)));
    if (bits) return word * 64 + 63 - __builtin_clzll(bits);
    int32_t group = word >> 6;
    uint64_t rest = (word & 63) == 0 ? 0 : book->summary[1][group] & (~0ull >> (64 - (word & 63)));
    while (!rest) {
        if (--group < 0) return -1;
        rest = book->summary[1][group];
    }
    word = group * 64 + 63 - __builtin_clzll(rest);
    return word * 64 + 63 - __builtin_clzll(book->bits[1][word]);
}

// Side 0 holds asks, side 1 bids.
static inline void unlink_order(cbaselines_book *book, uint32_t id) {
    order_t *order = &book->order[id];
    int side = order->is_buy ? 1 : 0;
    level_t *level = &book->level[side][order->level];
    if (order->next >= 0) book->order[order->next].previous = order->previous;
    else level->tail = order->previous;
    if (order->previous >= 0) book->order[order->previous].next = order->next;
    else level->head = order->next;
    if (level->head < 0) {
        int32_t at = order->level;
        book->bits[side][at >> 6] &= ~(1ull << (at & 63));
        if (!book->bits[side][at >> 6]) book->summary[side][at >> 12] &= ~(1ull << ((at >> 6) & 63));
        if (side == 0 && at == book->best_ask) book->best_ask = next_up(book, at);
        if (side == 1 && at == book->best_bid) book->best_bid = next_down(book, at);
    }
    order->level = -1;
}

// Puts an order that is in no level behind the others at its price.
static inline void rest(cbaselines_book *book, uint32_t id, int side, int32_t at) {
    order_t *order = &book->order[id];
    level_t *level = &book->level[side][at];
    order->level = at;
    order->next = -1;
    order->previous = level->tail;
    if (level->tail >= 0) book->order[level->tail].next = (int32_t)id;
    else {
        level->head = (int32_t)id;
        set_level(book, side, at);
        if (side == 1 && at > book->best_bid) book->best_bid = at;
        if (side == 0 && at < book->best_ask) book->best_ask = at;
    }
    level->tail = (int32_t)id;
}

// Told of each execution before an order that is done leaves its level.
typedef void (*on_execution)(void *context, uint32_t id, int64_t traded);

// Trades up to `open` at `limit` or better; returns what is left. Inlined with `tell`, which is known.
static inline __attribute__((always_inline)) int64_t take(cbaselines_book *book, bool is_buy,
                                                          int32_t limit, int64_t open,
                                                          on_execution tell, void *context) {
    while (open > 0) {
        int32_t best = is_buy ? book->best_ask : book->best_bid;
        if (is_buy ? best >= book->levels || best > limit : best < 0 || best < limit) break;
        int32_t id = book->level[is_buy ? 0 : 1][best].head;
        order_t *order = &book->order[id];
        int64_t traded = order->quantity < open ? order->quantity : open;
        order->quantity -= traded;
        open -= traded;
        bool is_done = order->quantity == 0;
        tell(context, (uint32_t)id, traded);
        if (is_done) unlink_order(book, (uint32_t)id);
    }
    return open;
}
