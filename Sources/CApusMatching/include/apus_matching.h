/* The matching engine of Apus as a C library, for backtests, simulations and benchmarks.
 *
 * An engine holds the order books of some instruments and matches by price and time, with the rules and
 * codes of T7 as far as Apus has them. It reads no clock and no file: the same calls make the same
 * events, byte for byte.
 *
 * Numbers     prices count 10^-8 of a price unit and may be negative, quantities count 10^-4 of a unit,
 *             times are nanoseconds since 1970. Products, instruments and sessions are numbered from 0.
 * Identifiers 0 stands for "none" in every identifier.
 * Structs     fill all fields; those named reserved are 0. Structs do not change their layout before the
 *             next major version.
 * Status      every function says by its result whether it was carried out. Unless it says APUS_OK, it
 *             changed nothing. What the market's rules refuse is no failure of the call: the engine
 *             answers with an event of the kind APUS_REJECTED.
 * Threads     one thread at a time uses an engine. Any number of engines live side by side.
 * Memory      all of it is reserved by apus_engine_create.
 */
#ifndef APUS_MATCHING_H
#define APUS_MATCHING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APUS_MATCHING_MAJOR 1
#define APUS_MATCHING_MINOR 0
#define APUS_MATCHING_VERSION ((uint32_t)(APUS_MATCHING_MAJOR << 16 | APUS_MATCHING_MINOR))

/* ---- Codes ---------------------------------------------------------------------------------------- */

typedef enum apus_status {
    APUS_OK = 0,
    /* Not carried out: events of earlier calls wait to be taken. */
    APUS_EVENTS_WAITING = 1,
    /* There is no such live order. */
    APUS_NOT_FOUND = 2,
    /* A pointer is NULL that has to lead somewhere. */
    APUS_NULL_ARGUMENT = 3,
    APUS_UNKNOWN_SESSION = 4,
    APUS_UNKNOWN_PRODUCT = 5,
    /* No instrument of this number, or none in the product. */
    APUS_UNKNOWN_INSTRUMENT = 6,
    APUS_UNKNOWN_SIDE = 7,
    APUS_UNKNOWN_ACTION = 8,
    APUS_SESSION_ENDED = 9,
    APUS_SESSION_NOT_ENDED = 10,
    /* A time beyond INT64_MAX. */
    APUS_BAD_TIME = 11,
    /* A date that is none of the form YYYYMMDD. */
    APUS_BAD_DATE = 12,
    /* A flag that this version does not know, or a reserved field that is not 0. */
    APUS_RESERVED_USED = 13,
    /* Called from the engine's own callback. */
    APUS_WITHIN_CALLBACK = 14,
    /* The library is of another major version than the header, or older. */
    APUS_WRONG_VERSION = 15,
    APUS_BAD_PRODUCT = 16,
    APUS_BAD_CAPACITY = 17,
    APUS_OUT_OF_MEMORY = 18
} apus_status;

/* A sentence for people; never NULL, also for numbers that are no status. */
const char *apus_status_text(apus_status status);

/* APUS_MATCHING_VERSION of the library. */
uint32_t apus_matching_version(void);

/* Codes of T7 and FIX. */
enum { APUS_BUY = 1, APUS_SELL = 2 };
enum { APUS_MARKET = 1, APUS_LIMIT = 2 };
enum { APUS_DAY = 0, APUS_IMMEDIATE_OR_CANCEL = 3 };
enum { APUS_NEW = '0', APUS_PARTIALLY_FILLED = '1', APUS_FILLED = '2', APUS_CANCELLED = '4' };

/* Flags of a request. */
enum {
    /* The order outlives the end of its session and a halt. */
    APUS_PERSISTENT = 1
};

/* No price: of market orders, and of an empty side. */
#define APUS_NO_PRICE INT64_MIN

/* All products, or all instruments of a product. */
#define APUS_ALL UINT32_MAX

/* ---- An engine ------------------------------------------------------------------------------------ */

typedef struct apus_engine apus_engine;

/* A family of instruments with the same rules. Its instruments are numbered behind those of the products
 * before it. */
typedef struct apus_product {
    int64_t tick;         /* smallest price step, positive */
    int64_t lot;          /* smallest quantity step, positive */
    int64_t quantity_max; /* largest quantity of one order, a multiple of the lot */
    uint32_t instrument_count;
    uint32_t reserved;
} apus_product;

typedef struct apus_config {
    uint32_t size;    /* sizeof(apus_config) */
    uint32_t version; /* APUS_MATCHING_VERSION */
    const apus_product *products;
    uint32_t product_count;       /* 1 to 65,534; not needed after the creation */
    uint32_t session_count;       /* 1 to 65,535; all are started */
    uint32_t order_capacity;      /* live orders, 1 to 16,777,216; beyond it new ones are rejected */
    uint32_t price_page_capacity; /* groups of 64 neighbouring prices in use, 1 to 1,048,576; likewise */
    uint32_t event_capacity;      /* slots in which events wait, to 16,777,216; rounded up to a power of
                                     two and to what one command needs; see apus_engine_take_events */
    uint32_t reserved;
    uint64_t order_id_key; /* OrderIDs of other keys are others */
} apus_config;

/* One session, room for 65,536 orders and 4,096 slots of events. */
static inline void apus_config_init(apus_config *config, const apus_product *products,
                                    uint32_t product_count) {
    config->size = (uint32_t)sizeof(apus_config);
    config->version = APUS_MATCHING_VERSION;
    config->products = products;
    config->product_count = product_count;
    config->session_count = 1;
    config->order_capacity = 65536;
    config->price_page_capacity = 4096;
    config->event_capacity = 4096;
    config->reserved = 0;
    config->order_id_key = 1;
}

/* Makes an engine; `*engine` is NULL unless the result is APUS_OK. */
apus_status apus_engine_create(const apus_config *config, apus_engine **engine);

/* Gives the engine's memory back, with the events that were not taken. NULL is fine. */
apus_status apus_engine_destroy(apus_engine *engine);

/* ---- Requests ------------------------------------------------------------------------------------- */

typedef struct apus_request {
    uint64_t time; /* of the request, 0 to INT64_MAX; one before the last request's counts as that */
    uint32_t session;
    uint32_t instrument;
    uint32_t trader; /* any number; changes and deletions name the one who entered the order */
    uint8_t side;
    uint8_t order_type; /* 0 counts as APUS_LIMIT */
    uint8_t time_in_force;
    uint8_t flags;
    uint64_t order_id;       /* modify, cancel: the engine's name of the order */
    uint64_t cl_ord_id;      /* enter: the session's name of the order, unique among its live ones; modify:
                                its new name, if any; cancel: comes back in the answer */
    uint64_t orig_cl_ord_id; /* modify, cancel: the session's name of the order */
    int64_t price;           /* the limit; APUS_NO_PRICE for market orders */
    int64_t quantity;        /* total, executed part included */
} apus_request;

/* Enters an order: what trades at once trades, the rest of an order for the day rests.
 *
 * Events: RESTING_EXECUTED for each order hit, FILL for each price level, then EXECUTED; or ACCEPTED; or
 * REJECTED. */
apus_status apus_engine_enter(apus_engine *engine, const apus_request *request);

/* Changes the price and the total quantity of a live order, which is named by order_id, orig_cl_ord_id or
 * both. Side, order type, time in force and flags are stated as they are. An order loses its place by a
 * new price or more quantity, and may trade; one whose total is no more than what it executed is
 * cancelled.
 *
 * Events: as of enter, with MODIFIED for ACCEPTED. */
apus_status apus_engine_modify(apus_engine *engine, const apus_request *request);

/* Withdraws a live order, which is named by order_id, orig_cl_ord_id or both. Time, session, instrument and
 * trader count too, the rest does not.
 *
 * Events: DELETED or REJECTED. */
apus_status apus_engine_cancel(apus_engine *engine, const apus_request *request);

/* Withdraws all orders of a session's trader in a product.
 *
 * Events: REMOVED for each order, then MASS_CANCELLED; NOT_AFFECTED for orders in an instrument that is
 * closed; or REJECTED. DONE ends each part of a long mass cancel. */
apus_status apus_engine_cancel_all(apus_engine *engine, uint32_t session, uint32_t trader,
                                   uint32_t product, uint64_t time);

/* Ends a session: its orders go, but for the persistent ones.
 *
 * Events: REMOVED for each order, MASS_CANCELLED for each product hit; DONE ends each part. */
apus_status apus_engine_end_session(apus_engine *engine, uint32_t session, uint64_t time);

/* Starts a session that was ended. Event: DONE. */
apus_status apus_engine_start_session(apus_engine *engine, uint32_t session, uint64_t time);

enum {
    APUS_HALT = 1,       /* no more trading; orders go, but for the persistent ones */
    APUS_RESUME = 2,     /* the halt is over */
    APUS_END_OF_DAY = 3, /* of a product, or of APUS_ALL; all orders go */
    APUS_CLOSE = 4,      /* nothing is possible; orders stay */
    APUS_OPEN = 5        /* trading, again or on the next day */
};

/* Changes what a product is doing, or one of its instruments; `instrument` is APUS_ALL for the product as
 * a whole. `date` is the business day as YYYYMMDD, which END_OF_DAY and OPEN need.
 *
 * Events: PRODUCT_STATE or INSTRUMENT_STATE for each change, TRADING_DAY when a day begins or ends, REMOVED
 * for orders that go and MASS_CANCELLED for their sessions, then STATE_CHANGED; or REJECTED. */
apus_status apus_engine_change_state(apus_engine *engine, uint8_t action, uint32_t product,
                                     uint32_t instrument, uint32_t date, uint64_t time);

/* ---- Events --------------------------------------------------------------------------------------- */

typedef enum apus_event_kind {
    APUS_ACCEPTED = 1,         /* a new order rests, or is cancelled as nobody would trade */
    APUS_MODIFIED = 2,         /* an order was changed or cancelled without trading */
    APUS_DELETED = 3,          /* an order was withdrawn at request */
    APUS_EXECUTED = 4,         /* the order entered or changed traded: its state after fill_count FILLs */
    APUS_FILL = 5,             /* one price level of that: price, fill_quantity, match_id */
    APUS_RESTING_EXECUTED = 6, /* a resting order traded fill_quantity at its own price */
    APUS_REJECTED = 7,         /* a request was refused: reject_reason, reject_rule, reject_value */
    APUS_REMOVED = 8,          /* an order left the book together with others */
    APUS_NOT_AFFECTED = 9,     /* an order stays as its instrument is closed */
    APUS_MASS_CANCELLED = 10,  /* orders of `session` in `product` are gone */
    APUS_PRODUCT_STATE = 11,   /* what `product` is doing now: state */
    APUS_INSTRUMENT_STATE = 12, /* what `instrument` itself is doing now: state */
    APUS_TRADING_DAY = 13,     /* a day begins or ends: state; quantity is the date */
    APUS_STATE_CHANGED = 14,   /* apus_engine_change_state is done */
    APUS_DONE = 15             /* done, or a part of it, with nothing else to tell */
} apus_event_kind;

/* Flags of an event. */
enum {
    APUS_LAST = 1,             /* the last of its sequence number */
    APUS_RESTS = 2,            /* the order rests after the event */
    APUS_RESTED = 4,           /* the order rested before the event */
    APUS_PRIORITY_RENEWED = 8, /* the order went to the end of its queue */
    APUS_MORE = 16,            /* another EXECUTED of the same order follows */
    APUS_BY_MODIFY = 32,       /* the order traded because it was changed */
    APUS_OF_PERSISTENT = 64    /* the order is persistent */
};

/* State of a product (APUS_PRODUCT_STATE). */
enum { APUS_TRADING = 0, APUS_HALTED = 1, APUS_CLOSED = 2, APUS_DAY_ENDED = 3 };

/* State of an instrument (APUS_INSTRUMENT_STATE): SecurityTradingStatus of T7. */
enum { APUS_INSTRUMENT_HALT = 2, APUS_INSTRUMENT_CLOSED = 200, APUS_INSTRUMENT_CONTINUOUS = 203 };

/* State of the day (APUS_TRADING_DAY): TradSesEvent of T7. */
enum { APUS_DAY_BEGINS = 101, APUS_DAY_ENDS = 104 };

/* What happened. A field that the kind has no value for is 0, and a price APUS_NO_PRICE. */
typedef struct apus_event {
    uint64_t sequence; /* rises by one with each command; the sessions' start at the creation is the first
                          ones, a long mass cancel several */
    uint64_t time;     /* of the engine's transaction: rises with the sequence, if need be ahead of the
                          requests' time; an order's time priority */
    uint64_t order_id;
    uint64_t cl_ord_id;      /* of the request in DELETED and REJECTED, else the order's */
    uint64_t orig_cl_ord_id; /* the order's name before, in DELETED and where a change is answered */
    int64_t price;           /* the order's limit; FILL: the price traded */
    int64_t quantity;        /* the order's total */
    int64_t leaves_quantity;
    int64_t executed_quantity;
    int64_t fill_quantity;
    int64_t reject_value; /* what the rule is about: tick, lot, largest quantity or state */
    uint32_t session;     /* whose request or order it is; APUS_ALL when nobody's */
    uint32_t trader;
    uint32_t instrument; /* APUS_ALL when the event is about no single one */
    uint32_t product;    /* likewise, and in events about one order */
    uint32_t match_id;   /* equal on both sides of a price level's trades; numbered by product and day */
    uint16_t fill_count;
    uint16_t reject_rule;   /* the rule of Apus, see below */
    uint16_t reject_reason; /* SessionRejectReason of T7 */
    uint8_t kind;
    uint8_t flags;
    uint8_t side;
    uint8_t order_type;
    uint8_t time_in_force;
    uint8_t status;
    uint8_t state;
    uint8_t reserved[7];
} apus_event;

/* Copies the next events, at most `capacity`, in the order in which they happened; `*count` is 0 when
 * there are no more.
 *
 * Events wait in event_capacity slots, of which one takes one or two, and one more for every four fills.
 * A call that might find no room for its events is answered APUS_EVENTS_WAITING, and nothing happens: take
 * them and call again. So no event is ever lost. A match or mass cancel that makes more events than there
 * is room for goes on while they are taken; until all of its events are there, requests and questions are
 * answered APUS_EVENTS_WAITING. Which events there are does not depend on when they are taken. */
apus_status apus_engine_take_events(apus_engine *engine, apus_event *events, size_t capacity,
                                    size_t *count);

/* Called with events, one or more, before the call that made them returns; they are gone thereafter. It
 * may not call functions with this engine. */
typedef void (*apus_event_callback)(void *context, const apus_event *events, size_t count);

/* Has events told by callback from now on, or kept to be taken again if it is NULL. APUS_EVENTS_WAITING
 * as long as some are to be taken. With a callback no call is answered so. */
apus_status apus_engine_set_callback(apus_engine *engine, apus_event_callback callback, void *context);

/* ---- Questions ------------------------------------------------------------------------------------ */

typedef struct apus_level {
    int64_t price;
    int64_t quantity; /* open, of all orders; at most INT64_MAX */
    uint64_t order_count;
} apus_level;

typedef struct apus_best {
    apus_level bid; /* order_count 0, quantity 0 and APUS_NO_PRICE when nobody buys */
    apus_level ask;
} apus_best;

apus_status apus_engine_best(apus_engine *engine, uint32_t instrument, apus_best *best);

/* The best price levels of a side, at most `capacity`, best first. Costs as much time as there are orders
 * in them. */
apus_status apus_engine_depth(apus_engine *engine, uint32_t instrument, uint8_t side,
                              apus_level *levels, size_t capacity, size_t *count);

typedef struct apus_order {
    uint64_t order_id;
    uint64_t cl_ord_id;
    uint64_t time_priority;
    int64_t price;
    int64_t quantity;
    int64_t leaves_quantity;
    int64_t executed_quantity;
    uint32_t session;
    uint32_t trader;
    uint32_t instrument;
    uint8_t side;
    uint8_t time_in_force;
    uint8_t flags; /* APUS_PERSISTENT */
    uint8_t reserved;
} apus_order;

/* A resting order by its session's name of it, or by the engine's. */
apus_status apus_engine_find_order(apus_engine *engine, uint32_t session, uint64_t cl_ord_id,
                                   apus_order *order);
apus_status apus_engine_find_order_id(apus_engine *engine, uint64_t order_id, apus_order *order);

typedef struct apus_counts {
    uint64_t sequence;       /* of the last command */
    uint64_t live_orders;
    uint64_t order_capacity;
    uint64_t price_pages;    /* groups of 64 neighbouring prices in use */
    uint64_t events_waiting; /* slots that are not taken yet */
    uint64_t event_capacity; /* slots there are */
    uint64_t reserved[2];
} apus_counts;

/* Answers also while events wait. */

apus_status apus_engine_counts(apus_engine *engine, apus_counts *counts);

/* A hash over all that decides what the engine will do next; costs as much time as there are orders. */
apus_status apus_engine_state_hash(apus_engine *engine, uint64_t *hash);

/* ---- Why a request is refused --------------------------------------------------------------------- */

/* Values of reject_rule. */
enum {
    APUS_RULE_INSTRUMENT_NOT_CONTINUOUS = 100,
    APUS_RULE_ORDER_NOT_FOUND = 101,
    APUS_RULE_ORDER_IDS_DISAGREE = 102,
    APUS_RULE_NOT_ENTITLED_TO_ORDER = 103,
    APUS_RULE_CL_ORD_ID_NOT_UNIQUE = 104,
    APUS_RULE_ORDER_NOT_NAMED = 105,
    APUS_RULE_TIME_IN_FORCE_NOT_OFFERED = 107,
    APUS_RULE_ORDER_TYPE_NOT_OFFERED = 108,
    APUS_RULE_MARKET_ORDER_NOT_IOC = 110,
    APUS_RULE_MARKET_ORDER_WITH_PRICE = 111,
    APUS_RULE_LIMIT_WITHOUT_PRICE = 112,
    APUS_RULE_SIDE_CHANGED = 113,
    APUS_RULE_PERSISTENCE_CHANGED = 115,
    APUS_RULE_INSTRUMENT_CHANGED = 116,
    APUS_RULE_TIME_IN_FORCE_CHANGED = 117,
    APUS_RULE_PRICE_OFF_TICK = 118,
    APUS_RULE_PRICE_OUT_OF_RANGE = 119,
    APUS_RULE_QUANTITY_NOT_POSITIVE = 120,
    APUS_RULE_QUANTITY_OFF_LOT = 121,
    APUS_RULE_QUANTITY_ABOVE_MAXIMUM = 122,
    APUS_RULE_ORDER_POOL_FULL = 123,
    APUS_RULE_PRICE_LEVEL_POOL_FULL = 124,
    APUS_RULE_TRADE_IDS_EXHAUSTED = 125,
    APUS_RULE_PRODUCT_STATE_FORBIDS = 130,
    APUS_RULE_INSTRUMENT_STATE_FORBIDS = 131,
    APUS_RULE_BUSINESS_DAY_NOT_OVER = 132
};

#ifdef __cplusplus
}
#endif

#endif
