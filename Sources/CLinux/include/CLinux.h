#pragma once
// The only C of the servers: kernel interfaces whose headers Swift cannot import as they are.
// It needs liburing 2.3 and the libcrypt that comes with libc6-dev; what is newer than those headers
// is given here by number.
// liburing.h turns X/Open names on, which spells the members of fd_set differently from Swift's own
// module of the C library, and the importer refuses two spellings. Whoever comes first decides.
#include <sys/types.h>
#include <time.h>

#include <liburing.h>
#include <stddef.h>
#include <stdint.h>

// ---- io_uring: what the importer drops, and what is newer than the header ----

// The IOSQE_* of the header shift an enumerator, which the importer refuses.
enum {
    CLINUX_IOSQE_BUFFER_SELECT = 1 << 5,
};

enum {
    // io_uring_buf_reg.flags, where the header has padding (Linux 6.12).
    CLINUX_IOU_PBUF_RING_INC = 2,
    // The buffer of this completion is not used up (Linux 6.12).
    CLINUX_IORING_CQE_F_BUF_MORE = 1 << 4,
};

static inline uint32_t clinux_load_acquire_u32(const unsigned *place) {
    return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static inline uint32_t clinux_load_relaxed_u32(const unsigned *place) {
    return __atomic_load_n(place, __ATOMIC_RELAXED);
}

// Registers a ring of provided buffers, with flags that the header's structure has no name for.
int clinux_register_buffer_ring(struct io_uring *ring, void *memory, unsigned entries,
                                unsigned short group, unsigned short flags);

// Enables a ring that was made disabled. liburing 2.3 declares a function for this and does not export
// it. Returns 0 or -errno.
int clinux_enable_ring(struct io_uring *ring);

// Keeps the threads that the kernel works with for a ring on the cores where the calling thread may run.
// Returns 0 or -errno.
int clinux_bind_uring_workers(struct io_uring *ring);

// Puts one buffer behind the tail of a ring of provided buffers; `publish` makes it visible.
static inline void clinux_buffer_ring_put(void *memory, uint16_t tail, uint16_t mask,
                                          void *address, uint32_t length, uint16_t identifier) {
    struct io_uring_buf *slot = &((struct io_uring_buf_ring *)memory)->bufs[tail & mask];
    // Not the whole slot: the first one's `resv` is the ring's tail.
    slot->addr = (uint64_t)(uintptr_t)address;
    slot->len = length;
    slot->bid = identifier;
}

static inline void clinux_buffer_ring_publish(void *memory, uint16_t tail) {
    __atomic_store_n(&((struct io_uring_buf_ring *)memory)->tail, tail, __ATOMIC_RELEASE);
}

// ---- files ----

// Prepares a write that completes when it is on stable storage, or when the system has it.
static inline void clinux_prep_write(struct io_uring_sqe *sqe, int fd, const void *bytes,
                                     uint32_t count, uint64_t offset, int durable) {
    io_uring_prep_rw(IORING_OP_WRITE, sqe, fd, bytes, count, offset);
    sqe->rw_flags = durable ? 0x00000002 /* RWF_DSYNC */ : 0;
}

// Prepares making all of a file's bytes durable, and what is needed to read them back.
static inline void clinux_prep_sync(struct io_uring_sqe *sqe, int fd) {
    io_uring_prep_rw(IORING_OP_FSYNC, sqe, fd, (const void *)0, 0, 0);
    sqe->fsync_flags = IORING_FSYNC_DATASYNC;
}

// Writes all of it at this place, durably if so wished. Returns 0 or -errno.
int clinux_write(int fd, const void *bytes, size_t count, uint64_t offset, int durable);
// Opens a path below a folder through which no link leads. Returns a descriptor or -errno.
int clinux_open_below(int folder, const char *path, int flags, unsigned mode);

// ---- threads and processors ----

// Fills `cores` with the numbers of the cores this thread may run on, ascending. Returns how many
// there are (which may be more than `capacity`), or -errno.
int clinux_usable_cores(int *cores, int capacity);
// Lets this thread run on these cores only. Returns 0 or -errno.
int clinux_pin_thread(const int *cores, int count);
// Names this thread; the kernel keeps 15 bytes.
void clinux_name_thread(const char *name);
// Asks for this thread's timers to be as punctual as they can. Returns 0 or -errno.
int clinux_sharpen_timers(void);

static inline void clinux_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

// Sleeps while `*word == expected`, at most `nanos`. Returns 0 or -errno.
int clinux_futex_wait(const uint32_t *word, uint32_t expected, uint64_t nanos);
// Wakes one sleeper. Returns how many were woken.
int clinux_futex_wake(const uint32_t *word);

// ---- datagrams ----

// Where a datagram goes: IPv4 address and port in network order.
struct clinux_target {
    uint32_t address;
    uint16_t port;
};

struct clinux_datagram {
    const void *base;
    uint32_t length;
    struct clinux_target target;
};

// Hands datagrams to the system without waiting. Returns how many it did not take; the others go.
int clinux_send_datagrams(int fd, const struct clinux_datagram *datagrams, int count);

// ---- time and memory ----

// UTC, carried on from this process's first call by a clock that is kept in step and never set. In one
// thread it never goes back; between two readings of the system's clock, some 25 us at most, the cycle
// counter is asked instead.
uint64_t clinux_utc_nanos(void);
// The same, from the system each time.
uint64_t clinux_utc_nanos_of_system(void);
uint64_t clinux_monotonic_nanos(void);
// Reads a clock of the kernel past whatever stands before the C library's function. Returns 0 or -1.
int clinux_clock(int clock, struct timespec *time);

// A descriptor that reads as the stop signals (SIGTERM, SIGINT), which it blocks in this thread and
// those it makes. Returns -errno on failure.
int clinux_stop_signals(void);
// Fills with random bytes. Returns 0 or -errno.
int clinux_random(void *bytes, size_t count);

int clinux_memfd(const char *name);
// Locks the file for this descriptor and its copies, until the last is closed, however the process
// ends. Returns 0, or -EAGAIN when another descriptor has it locked, or -errno.
int clinux_lock_file(int fd);
// Whether another descriptor has the file locked; takes no lock. Returns 0, 1 or -errno.
int clinux_is_file_locked(int fd);
// A counter to wake a reader with; reads of zero wait. Returns -errno on failure.
int clinux_eventfd(void);
// mlockall for what is mapped now and later, each page as it is first touched. 0 or -errno.
int clinux_lock_memory(void);

// Writes a byte over itself, which the compiler may not leave out.
static inline void clinux_touch(void *place) {
    volatile unsigned char *byte = place;
    *byte = *byte;
}

// ---- datagrams ----

// Takes up to `capacity` (at most 64) datagrams that are at hand, without waiting, each into its own
// `stride` bytes of `memory`; longer ones are cut. Returns how many, 0 when there are none, or -errno.
int clinux_receive_datagrams(int fd, void *memory, uint32_t stride, uint32_t *lengths,
                             uint32_t capacity);

// Waits until one of two descriptors can be read, or `nanos` have passed.
void clinux_wait_readable(int first, int second, uint64_t nanos);

// ---- passwords ----

// Hashes `phrase` the way `setting` says; `output` takes at least 384 bytes. Returns 0 or -errno.
// The work area belongs to the calling thread and is made once.
int clinux_crypt(const char *phrase, const char *setting, char *output, size_t capacity);
// Makes a setting with a random salt. Returns 0 or -errno.
int clinux_crypt_setting(const char *prefix, unsigned long cost, char *output, size_t capacity);
