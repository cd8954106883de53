#include "CBaselines.h"
#include <stdlib.h>
#include <string.h>

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
    uint64_t hash;
};

cbaselines_book *cbaselines_book_create(int32_t price_min, int32_t price_max, uint32_t orders) {
    cbaselines_book *book = calloc(1, sizeof *book);
    book->price_min = price_min;
    book->levels = price_max - price_min + 1;
    book->words = (book->levels + 63) / 64;
    book->best_bid = -1;
    book->best_ask = book->levels;
    for (int side = 0; side < 2; side++) {
        book->bits[side] = calloc((size_t)book->words, 8);
        book->summary[side] = calloc((size_t)(book->words + 63) / 64, 8);
        book->level[side] = malloc((size_t)book->levels * sizeof(level_t));
        memset(book->level[side], 0xff, (size_t)book->levels * sizeof(level_t));
    }
    // No order is in a level. Every page is touched here, not where time is taken.
    book->order = malloc((size_t)orders * sizeof(order_t));
    memset(book->order, 0xff, (size_t)orders * sizeof(order_t));
    book->hash = 1469598103934665603u;
    return book;
}

void cbaselines_book_destroy(cbaselines_book *book) {
    for (int side = 0; side < 2; side++) {
        free(book->bits[side]);
        free(book->summary[side]);
        free(book->level[side]);
    }
    free(book->order);
    free(book);
}

static inline void set_level(cbaselines_book *book, int side, int32_t level) {
    book->bits[side][level >> 6] |= 1ull << (level & 63);
    book->summary[side][level >> 12] |= 1ull << ((level >> 6) & 63);
}

static int32_t next_up(cbaselines_book *book, int32_t from) {
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

static int32_t next_down(cbaselines_book *book, int32_t from) {
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
static void unlink_order(cbaselines_book *book, uint32_t id) {
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

static inline void mix(cbaselines_book *book, uint64_t word) {
    book->hash = (book->hash ^ word) * 1099511628211u;
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

// Trades up to `open` at `limit` or better; returns what is left.
static inline int64_t take(cbaselines_book *book, bool is_buy, int32_t limit, int64_t open) {
    while (open > 0) {
        int32_t best = is_buy ? book->best_ask : book->best_bid;
        if (is_buy ? best >= book->levels || best > limit : best < 0 || best < limit) break;
        int32_t id = book->level[is_buy ? 0 : 1][best].head;
        order_t *order = &book->order[id];
        int64_t traded = order->quantity < open ? order->quantity : open;
        order->quantity -= traded;
        open -= traded;
        mix(book, ((uint64_t)(uint32_t)id << 32) ^ (uint64_t)traded);
        if (order->quantity == 0) unlink_order(book, (uint32_t)id);
    }
    return open;
}

static inline bool is_live(const cbaselines_book *book, uint32_t id) {
    return book->order[id].level >= 0 && book->order[id].quantity > 0;
}

uint64_t cbaselines_book_apply(cbaselines_book *book, const cbaselines_operation *operations,
                               uint64_t count) {
    for (uint64_t n = 0; n < count; n++) {
        const cbaselines_operation *op = &operations[n];
        order_t *order = &book->order[op->id];
        int side = op->is_buy ? 1 : 0;
        int32_t at = op->price - book->price_min;
        switch (op->kind) {
        case CBASELINES_ADD:
            order->quantity = op->quantity;
            order->is_buy = op->is_buy;
            rest(book, op->id, side, at);
            break;
        case CBASELINES_REDUCE:
            order->quantity -= op->quantity;
            break;
        case CBASELINES_DELETE:
            if (is_live(book, op->id)) unlink_order(book, op->id);
            break;
        case CBASELINES_TAKE:
            take(book, op->is_buy, at, op->quantity);
            break;
        case CBASELINES_ENTER:
            order->quantity = take(book, op->is_buy, at, op->quantity);
            order->is_buy = op->is_buy;
            if (order->quantity > 0) rest(book, op->id, side, at);
            break;
        case CBASELINES_MODIFY:
            if (!is_live(book, op->id)) break;
            unlink_order(book, op->id);
            order->quantity = take(book, op->is_buy, at, order->quantity + op->quantity);
            if (order->quantity > 0) rest(book, op->id, side, at);
            break;
        }
    }
    return book->hash;
}
