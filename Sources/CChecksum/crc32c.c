#include "CChecksum.h"

#include <pthread.h>
#include <string.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

// Every byte order of the input is that of memory; words are read little-endian, as on every machine
// that this runs on.
static inline uint64_t word_at(const unsigned char *place) {
    uint64_t word;
    memcpy(&word, place, sizeof word);
    return word;
}

// ---- by tables: eight bytes a step ----

static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++) rest = rest >> 1 ^ (rest & 1 ? 0x82F63B78u : 0);
        tables[0][byte] = rest;
    }
    for (int table = 1; table < 8; table++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][before & 0xFF];
        }
    }
}

uint32_t cchecksum_crc32c_by_tables(uint32_t before, const void *bytes, size_t count) {
    pthread_once(&tables_once, make_tables);
    const unsigned char *place = bytes;
    uint32_t crc = ~before;
    for (; count >= 8; count -= 8, place += 8) {
        uint64_t word = word_at(place) ^ crc;
        crc = 0;
        for (int i = 0; i < 8; i++) crc ^= tables[7 - i][word >> (8 * i) & 0xFF];
    }
    for (; count > 0; count--) crc = crc >> 8 ^ tables[0][(crc ^ *place++) & 0xFF];
    return ~crc;
}

// ---- by the instruction ----

#if defined(__x86_64__)

int cchecksum_has_instruction(void) { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) uint32_t cchecksum_crc32c_by_instruction(
    uint32_t before, const void *bytes, size_t count) {
    const unsigned char *place = bytes;
    uint64_t crc = (uint32_t)~before;
    for (; count >= 8; count -= 8, place += 8) crc = _mm_crc32_u64(crc, word_at(place));
    uint32_t rest = (uint32_t)crc;
    for (; count > 0; count--) rest = _mm_crc32_u8(rest, *place++);
    return ~rest;
}

#elif defined(__aarch64__)

// HWCAP_CRC32
int cchecksum_has_instruction(void) { return (getauxval(AT_HWCAP) & 1ul << 7) != 0; }

__attribute__((target("crc"))) uint32_t cchecksum_crc32c_by_instruction(
    uint32_t before, const void *bytes, size_t count) {
    const unsigned char *place = bytes;
    uint32_t crc = ~before;
    for (; count >= 8; count -= 8, place += 8) crc = __builtin_arm_crc32cd(crc, word_at(place));
    for (; count > 0; count--) crc = __builtin_arm_crc32cb(crc, *place++);
    return ~crc;
}

#else

int cchecksum_has_instruction(void) { return 0; }

uint32_t cchecksum_crc32c_by_instruction(uint32_t before, const void *bytes, size_t count) {
    return cchecksum_crc32c_by_tables(before, bytes, count);
}

#endif

// Asked once, before `main`; both answers are right at any time, one is only slower.
static int has_instruction;
__attribute__((constructor)) static void ask(void) { has_instruction = cchecksum_has_instruction(); }

uint32_t cchecksum_crc32c(uint32_t before, const void *bytes, size_t count) {
    return has_instruction ? cchecksum_crc32c_by_instruction(before, bytes, count)
                           : cchecksum_crc32c_by_tables(before, bytes, count);
}
