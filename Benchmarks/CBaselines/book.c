#include "levels.h"
#include <stdlib.h>
#include <string.h>

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

static inline void note(void *book, uint32_t id, int64_t traded) { mix(book, id, traded); }

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
            take(book, op->is_buy, at, op->quantity, note, book);
            break;
        case CBASELINES_ENTER:
            order->quantity = take(book, op->is_buy, at, op->quantity, note, book);
            order->is_buy = op->is_buy;
            if (order->quantity > 0) rest(book, op->id, side, at);
            break;
        case CBASELINES_MODIFY:
            if (!is_live(book, op->id)) break;
            unlink_order(book, op->id);
            order->quantity = take(book, op->is_buy, at, order->quantity + op->quantity, note, book);
            if (order->quantity > 0) rest(book, op->id, side, at);
            break;
        }
    }
    return book->hash;
}
