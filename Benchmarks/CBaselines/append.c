#define _GNU_SOURCE
#include "CBaselines.h"
#include <CLinux.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The floor of a journal: the same writes, one under way at a time, of bytes that nobody packs.

static uint64_t nanos(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int cbaselines_make_file(const char *path, uint64_t file_bytes, int filled) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    size_t piece = 1 << 20;
    char *zeros = calloc(1, piece);
    int error = posix_fallocate(fd, 0, (off_t)file_bytes);
    for (uint64_t place = 0; !error && filled && place < file_bytes; place += piece) {
        if (pwrite(fd, zeros, piece, (off_t)place) != (ssize_t)piece) error = EIO;
    }
    free(zeros);
    if (!error && fsync(fd) != 0) error = errno;
    if (!error) return fd;
    close(fd);
    unlink(path);
    return -error;
}

double cbaselines_append(const char *path, const cbaselines_write *writes, uint64_t count,
                         uint64_t file_bytes, int durable, uint64_t sync_nanos) {
    // As in the journal: in the durable mode the file system's own records change no more.
    int fd = cbaselines_make_file(path, file_bytes, durable);
    if (fd < 0) return fd;
    size_t most = 4096;
    for (uint64_t n = 0; n < count; n++) {
        if (writes[n].length > most) most = writes[n].length;
    }
    char *bytes = aligned_alloc(4096, (most + 4095) / 4096 * 4096);
    double result = -1;
    struct io_uring ring;
    memset(bytes, 7, most);
    if (io_uring_queue_init(8, &ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN))
        goto close_file;
    uint64_t start = nanos(), synced = start;
    int syncing = 0;
    for (uint64_t n = 0; n < count; n++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
        clinux_prep_write(sqe, fd, bytes, writes[n].length, writes[n].offset, durable);
        sqe->user_data = 1;
        if (!durable && !syncing && nanos() - synced >= sync_nanos) {
            sqe = io_uring_get_sqe(&ring);
            clinux_prep_sync(sqe, fd);
            sqe->user_data = 2;
            syncing = 1;
            synced = nanos();
        }
        for (int done = 0; !done;) {
            io_uring_submit_and_wait(&ring, 1);
            struct io_uring_cqe *cqe;
            while (io_uring_peek_cqe(&ring, &cqe) == 0) {
                if (cqe->res < 0) goto close_ring;
                if (cqe->user_data == 1) {
                    done = 1;
                } else {
                    syncing = 0;
                }
                io_uring_cqe_seen(&ring, cqe);
            }
        }
    }
    result = (double)(nanos() - start);
close_ring:
    io_uring_queue_exit(&ring);
close_file:
    free(bytes);
    close(fd);
    unlink(path);
    return result;
}
