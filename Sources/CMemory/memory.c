#include "CMemory.h"

#include <stdint.h>
#include <sys/mman.h>

enum { huge_page = 2 << 20 };

void cmemory_prefer_huge_pages(void *start, size_t bytes) {
    uintptr_t first = ((uintptr_t)start + huge_page - 1) & ~(uintptr_t)(huge_page - 1);
    uintptr_t end = ((uintptr_t)start + bytes) & ~(uintptr_t)(huge_page - 1);
    if (first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);
}
