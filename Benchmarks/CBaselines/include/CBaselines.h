#pragma once
// What the benchmarks are measured against: the plainest fast C for the same job, nothing of Apus.
#include <stdbool.h>
#include <stdint.h>

// Ring: one producer thread, one consumer thread, 128-byte slots, cursors cached on either side.
// Moves `count` records of `slots` slots each and returns nanoseconds. Cores below 0 are not pinned.
double cbaselines_ring_transfer(uint64_t count, uint32_t slots, int producer_core,
                                int consumer_core, uint64_t *checksum);

// Book: an array of price levels with a bitmap over it, orders in a pool, FIFO by links.
enum {
    CBASELINES_ADD = 0,     // rest at `price` behind the others there
    CBASELINES_REDUCE = 1,  // take `quantity` from order `id`
    CBASELINES_DELETE = 2,  // withdraw order `id`
    CBASELINES_TAKE = 3,    // trade up to `quantity` at `price` or better, cancel the rest
    CBASELINES_ENTER = 4,   // trade up to `quantity` at `price` or better, rest with what is left
    CBASELINES_MODIFY = 5   // order `id` goes, gets `quantity` more, and comes anew at `price`
};
typedef struct {
    uint32_t kind;
    uint32_t is_buy;
    uint32_t id;  // dense, from 0
    int32_t price;  // in ticks, within the bounds of the book
    int64_t quantity;
} cbaselines_operation;

typedef struct cbaselines_book cbaselines_book;
cbaselines_book *cbaselines_book_create(int32_t price_min, int32_t price_max, uint32_t orders);
void cbaselines_book_destroy(cbaselines_book *book);
// Applies the operations and returns a hash over every execution (resting order, quantity).
uint64_t cbaselines_book_apply(cbaselines_book *book, const cbaselines_operation *operations,
                               uint64_t count);

// The same book with what else an engine does: orders are found by the names that their owners gave them,
// of which a change or a withdrawal brings a new one, and every request makes reports of 128 bytes and more
// in a ring, published request by request. With a `reader_core` of 0 or more a thread there reads every
// word of them, and the nanoseconds returned are those until it has read all; otherwise they are processor time.
// At most `live_max` orders are live at once. Fills in the hash over every execution.
typedef struct {
    uint32_t kind;  // CBASELINES_ENTER, CBASELINES_TAKE, CBASELINES_MODIFY or CBASELINES_DELETE
    uint32_t is_buy;
    int32_t price;
    uint32_t session;
    int64_t quantity;
    uint64_t name, new_name;
    uint32_t number;  // the order's, in the hash
} cbaselines_request;
double cbaselines_report(const cbaselines_request *requests, uint64_t count, int32_t price_min,
                         int32_t price_max, uint32_t live_max, int reader_core, uint64_t *hash);

// Echo servers on 127.0.0.1: each request of `request_bytes` is answered by `reply_bytes`.
// `cbaselines_echo_*` run until `*stop` becomes true, on the calling thread, spinning.
// Return 0, or a negative errno.
int cbaselines_listen(uint16_t *port);
int cbaselines_echo_uring(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                          const volatile bool *stop);
int cbaselines_echo_plain(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                          const volatile bool *stop);
// As `cbaselines_echo_uring`, but answers are sent by a call of their own, and a peer that asked several
// times in a row is read by one too when the ring's flag is up, before the kernel is entered for the rest.
int cbaselines_echo_hybrid(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                           const volatile bool *stop);
// As `cbaselines_echo_uring`, with a group commit before the replies: what has come while one write is
// under way is the next, `record_bytes` a request, over and over through the file.
int cbaselines_echo_commit(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                           const volatile bool *stop, int file, uint64_t file_bytes,
                           uint32_t record_bytes, int writer_core);
void cbaselines_close(int descriptor);

// Arrivals: has the kernel note when each piece of input of a socket was there. Returns 0 or -errno.
int cbaselines_note_arrivals(int descriptor);
// Takes what has arrived without waiting, and when the last of it was there in UTC nanoseconds, 0 where that
// was not noted. Returns bytes, 0 where there are none, or -errno (-ECONNRESET at the end of the stream).
int64_t cbaselines_receive_noted(int descriptor, void *bytes, uint64_t count, uint64_t *nanos);

// Journal: the writes of a journal through io_uring, each waited for before the next; durable ones, or
// with a sync of the whole file every `sync_nanos` that nothing waits for. Makes the file of so many bytes
// before and removes it afterwards. Returns nanoseconds, or a negative number.
typedef struct {
    uint64_t offset;
    uint32_t length;
} cbaselines_write;
// A file of so many bytes, `filled` with zeros or only allocated. Returns its descriptor or -errno.
int cbaselines_make_file(const char *path, uint64_t file_bytes, int filled);
double cbaselines_append(const char *path, const cbaselines_write *writes, uint64_t count,
                         uint64_t file_bytes, int durable, uint64_t sync_nanos);

// The processor's cycle counter around a stretch of code: `begin` when everything before is done and nothing
// of the stretch has started, `end` when all of the stretch is done and nothing behind it has started.
static inline uint64_t cbaselines_cycles_begin(void) {
    __builtin_ia32_lfence();
    uint64_t cycles = __builtin_ia32_rdtsc();
    __builtin_ia32_lfence();
    return cycles;
}
static inline uint64_t cbaselines_cycles_end(void) {
    unsigned int core;
    uint64_t cycles = __builtin_ia32_rdtscp(&core);
    __builtin_ia32_lfence();
    return cycles;
}

// Writes to a place, after everything before and ahead of everything behind: whoever reads a trace of the
// accesses to memory knows by it where the program is.
static inline void cbaselines_mark(volatile uint8_t *place) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *place = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

// Waits a moment within a spin.
static inline void cbaselines_pause(void) { __builtin_ia32_pause(); }

// Pins the calling thread; a core below 0 leaves it where it is.
void cbaselines_pin(int core);

// The first two cores this process may use; the number of all it may use.
int cbaselines_usable_cores(int *first, int *second);

// The median nanoseconds for which a cache line written here comes back from the other core: says
// how near the two cores are just now, without which no figure across cores means anything.
double cbaselines_line_round_trip(int core, int other);
