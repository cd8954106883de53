#pragma once
// Counts what a program asks of the allocator, for tests and benchmarks only: whoever links this has
// malloc and its relatives replaced by ones that count and pass on to the C library.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// False where counting is compiled out: under the sanitizers, which replace malloc themselves.
bool allocationcount_is_active(void);

// Pieces of memory asked for so far (malloc, calloc, realloc, aligned variants), by all threads or by
// the calling one.
uint64_t allocationcount_process(void);
uint64_t allocationcount_thread(void);

// Pieces given back so far.
uint64_t allocationcount_process_frees(void);
uint64_t allocationcount_thread_frees(void);

// Gives the calling thread a mark; what all threads of a mark asked for so far.
void allocationcount_mark(uint32_t mark);
uint64_t allocationcount_marked(uint32_t mark);

// While on, the next allocation of any thread but the calling one, or of the calling one when
// `own` is set, stops the process: run it in a debugger to see who asks.
void allocationcount_trap(bool on, bool own);

// Lets a thread run with system calls forbidden, and counts those it makes nevertheless
// (Linux 5.11, x86-64 and others with syscall user dispatch). The thread itself calls `prepare`;
// from then on anybody may switch. Returns false when the kernel cannot. One thread at a time.
//
// The first system call a forbidden thread makes is not carried out; it is counted, and the
// thread goes on with calls allowed.
bool systemcalls_prepare(void);
void systemcalls_forbid(bool forbidden);
// Whether a forbidden call is noticed here: makes one, on a thread of its own.
bool systemcalls_work(void);
// Calls counted since `prepare`, and the number of the last.
uint32_t systemcalls_count(void);
int systemcalls_last(void);
