// CRC32C (Castagnoli, reflected polynomial 0x82F63B78), by the processor's own instruction where it
// has one: Swift cannot express it.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The checksum of some bytes and `count` more, given that of the bytes before them (0: there are none).
uint32_t cchecksum_crc32c(uint32_t before, const void *bytes, size_t count);

// The same by tables, on any processor.
uint32_t cchecksum_crc32c_by_tables(uint32_t before, const void *bytes, size_t count);

// The same by the processor's instruction; only where there is one.
uint32_t cchecksum_crc32c_by_instruction(uint32_t before, const void *bytes, size_t count);

// Whether this processor has the instruction.
int cchecksum_has_instruction(void);
