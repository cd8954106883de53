/* A short day in one market, told in words: how a program uses libApusMatching. */
#include <apus_matching.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CENTS(count) ((int64_t)(count) * 1000000)
#define QUANTITY(units) ((int64_t)(units) * 10000)

/* Ends the program when a call was not carried out. */
static void check(apus_status status) {
    if (status == APUS_OK) return;
    fprintf(stderr, "apus-matching-example: %s\n", apus_status_text(status));
    exit(1);
}

static const char *name(uint8_t kind) {
    switch (kind) {
    case APUS_ACCEPTED: return "accepted";
    case APUS_MODIFIED: return "modified";
    case APUS_DELETED: return "deleted";
    case APUS_EXECUTED: return "executed";
    case APUS_FILL: return "fill";
    case APUS_RESTING_EXECUTED: return "resting executed";
    case APUS_REJECTED: return "rejected";
    case APUS_REMOVED: return "removed";
    case APUS_MASS_CANCELLED: return "mass cancelled";
    default: return "other";
    }
}

/* Takes all events that wait and prints them. */
static void print_events(apus_engine *engine) {
    apus_event events[16];
    size_t count;
    do {
        check(apus_engine_take_events(engine, events, 16, &count));
        for (size_t i = 0; i < count; i++) {
            const apus_event *event = &events[i];
            printf("%2" PRIu64 " session %" PRIu32 " order %" PRIu64 " %s", event->sequence,
                   event->session, event->cl_ord_id, name(event->kind));
            if (event->fill_quantity)
                printf(": %" PRId64 " at %.2f", event->fill_quantity / 10000,
                       (double)event->price / 1e8);
            if (event->kind == APUS_REJECTED)
                printf(": reason %u, rule %u", event->reject_reason, event->reject_rule);
            else if (event->leaves_quantity && event->kind != APUS_FILL)
                printf(", %" PRId64 " open", event->leaves_quantity / 10000);
            printf("\n");
        }
    } while (count == 16);
}

static void print_book(apus_engine *engine) {
    static const uint8_t sides[] = {APUS_SELL, APUS_BUY};
    for (int s = 0; s < 2; s++) {
        apus_level levels[8];
        size_t count;
        check(apus_engine_depth(engine, 0, sides[s], levels, 8, &count));
        printf("%s", sides[s] == APUS_BUY ? "   bids" : "   asks");
        for (size_t i = 0; i < count; i++)
            printf("  %" PRId64 " at %.2f", levels[i].quantity / 10000,
                   (double)levels[i].price / 1e8);
        printf("\n");
    }
}

int main(void) {
    const apus_product product = {
        .tick = CENTS(1), .lot = QUANTITY(1), .quantity_max = QUANTITY(100000),
        .instrument_count = 1};
    apus_config config;
    apus_config_init(&config, &product, 1);
    config.session_count = 2;
    apus_engine *engine;
    check(apus_engine_create(&config, &engine));

    /* Session 0 sells at three prices. */
    apus_request request = {.time = 1000, .session = 0, .side = APUS_SELL, .quantity = QUANTITY(10)};
    for (int i = 0; i < 3; i++) {
        request.cl_ord_id = 1 + (uint64_t)i;
        request.price = CENTS(10050 + i);
        check(apus_engine_enter(engine, &request));
    }
    /* Session 1 buys: two prices, and the rest of it rests. */
    apus_request bid = {.time = 2000, .session = 1, .cl_ord_id = 7, .side = APUS_BUY,
                        .price = CENTS(10051), .quantity = QUANTITY(25)};
    check(apus_engine_enter(engine, &bid));
    print_events(engine);
    print_book(engine);

    /* It changes its mind about the price, under a new name. */
    bid.time = 3000;
    bid.orig_cl_ord_id = bid.cl_ord_id;
    bid.cl_ord_id = 8;
    bid.price = CENTS(10025);
    check(apus_engine_modify(engine, &bid));
    /* A price between two ticks is refused, by an event. */
    bid.time = 4000;
    bid.cl_ord_id = 9;
    bid.price += 1;
    check(apus_engine_enter(engine, &bid));
    print_events(engine);
    print_book(engine);

    apus_best best;
    check(apus_engine_best(engine, 0, &best));
    printf("   best %.2f / %.2f\n", (double)best.bid.price / 1e8, (double)best.ask.price / 1e8);

    request.time = 5000;
    request.orig_cl_ord_id = 3;
    check(apus_engine_cancel(engine, &request));
    check(apus_engine_cancel_all(engine, 1, 0, 0, 6000));
    print_events(engine);
    apus_counts counts;
    check(apus_engine_counts(engine, &counts));
    printf("   %" PRIu64 " orders\n", counts.live_orders);
    check(apus_engine_destroy(engine));
    return 0;
}
