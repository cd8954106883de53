#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// UTC at a reading of zero, found once; a reading that is disturbed takes longer, and the shortest counts.
static uint64_t utc_base(void) {
    static _Atomic uint64_t base;
    uint64_t known = atomic_load_explicit(&base, memory_order_relaxed);
    if (known) return known;
    uint64_t found = 0, shortest = UINT64_MAX;
    for (int i = 0; i < 32; i++) {
        uint64_t before = read_clock(CLOCK_BOOTTIME);
        uint64_t utc = read_clock(CLOCK_REALTIME);
        uint64_t took = read_clock(CLOCK_BOOTTIME) - before;
        if (took < shortest) {
            shortest = took;
            found = utc - before - took / 2;
        }
    }
    return atomic_compare_exchange_strong(&base, &known, found) ? found : known;
}

uint64_t clinux_utc_nanos_of_system(void) { return utc_base() + read_clock(CLOCK_BOOTTIME); }

#if defined(__x86_64__)

// What a thread knows of the system's clock: its time at a cycle, and how fast it goes. The cycle counter
// carries it on for a few microseconds, which costs two thirds of asking again.
static __thread struct {
    uint64_t cycles;  // where `nanos` was read; of no use with `reach` 0
    uint64_t nanos;
    uint64_t reach;   // cycles for which it holds
    uint64_t rate;    // nanoseconds a cycle, times 2^32; 0 when not known yet
    uint64_t last;    // returned last: time never goes back
    uint64_t rate_cycles, rate_nanos;  // where the measurement of the rate began
} carried;

enum {
    REACH = 1 << 16,        // some 25 us: the system's clock may be slewed by 500 ppm, that is 13 ns then
    UNDISTURBED = 1 << 10,  // cycles in which a reading of the system's clock was not interrupted
    RATE_LENGTH = 1 << 22,  // a millisecond or two: an anchor is some 10 ns from the truth
};

// Without a fence: the processor may read the counter some tens of nanoseconds before it is done with what
// stands in front of this. Waiting for that would cost as much as the reading, and more by what the wait
// keeps from overlapping. Who compares times of several threads has to expect that much anyway.
static inline uint64_t read_cycles(void) { return __builtin_ia32_rdtsc(); }

// Only what the kernel itself takes for its clock goes at one rate on all cores.
static bool cycles_are_a_clock(void) {
    static _Atomic int known;
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer) return answer > 0;
    char name[8] = {0};
    int file = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                    O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        if (read(file, name, sizeof name - 1) < 0) name[0] = 0;
        close(file);
    }
    bool is = strcmp(name, "tsc\n") == 0;
    atomic_store_explicit(&known, is ? 1 : -1, memory_order_relaxed);
    return is;
}

static inline uint64_t no_earlier(uint64_t nanos) {
    if (nanos < carried.last) nanos = carried.last;
    carried.last = nanos;
    return nanos;
}

static __attribute__((noinline)) uint64_t ask_system(void) {
    uint64_t before = read_cycles();
    uint64_t nanos = clinux_utc_nanos_of_system();
    uint64_t took = read_cycles() - before;
    carried.reach = 0;
    if (took > UNDISTURBED || !cycles_are_a_clock()) return no_earlier(nanos);
    uint64_t cycles = before + took / 2;
    uint64_t measured = cycles - carried.rate_cycles;
    if (measured >= RATE_LENGTH) {
        // After a rest of many seconds, or the first time, the measurement begins anew.
        bool counts = carried.rate_cycles && measured < (uint64_t)1 << 36;
        carried.rate =
            counts ? (uint64_t)(((unsigned __int128)(nanos - carried.rate_nanos) << 32) / measured) : 0;
        carried.rate_cycles = cycles;
        carried.rate_nanos = nanos;
    }
    carried.cycles = cycles;
    carried.nanos = nanos;
    if (carried.rate) carried.reach = REACH;
    return no_earlier(nanos);
}

uint64_t clinux_utc_nanos(void) {
    uint64_t passed = read_cycles() - carried.cycles;
    if (__builtin_expect(passed >= carried.reach, 0)) return ask_system();
    return no_earlier(carried.nanos + ((passed * carried.rate) >> 32));
}

#else

uint64_t clinux_utc_nanos(void) { return clinux_utc_nanos_of_system(); }

#endif

int clinux_clock(int clock, struct timespec *time) {
    return (int)syscall(SYS_clock_gettime, clock, time);
}

uint64_t clinux_monotonic_nanos(void) { return read_clock(CLOCK_MONOTONIC); }
