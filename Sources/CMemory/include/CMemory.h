// What Swift cannot say of memory.
#pragma once

#include <stddef.h>

// Asks the processor for the cache line at `address`, to write to it soon. It has no effect but on time;
// any address may be given.
static inline void cmemory_prefetch(const void *address) {
    __builtin_prefetch(address, 1, 3);
}

// Asks the kernel to back whole stretches of 2 MiB in this region by one page each, so that less of them
// has to be known to find a byte. Without effect where the kernel does not do so.
void cmemory_prefer_huge_pages(void *start, size_t bytes);
