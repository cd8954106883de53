#define _GNU_SOURCE
#include "CBaselines.h"
#include <CLinux.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// The floors of a round trip: what a server costs that does nothing with what it reads.

#define CONNECTIONS 128
#define BUFFER_BYTES (256 * 1024)

int cbaselines_listen(uint16_t *port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) ||
        listen(listener, CONNECTIONS) ||
        getsockname(listener, (struct sockaddr *)&address, &length)) {
        int error = errno;
        close(listener);
        return -error;
    }
    *port = ntohs(address.sin_port);
    return listener;
}

void cbaselines_close(int descriptor) { close(descriptor); }

typedef struct {
    int descriptor;  // plain and hybrid variants
    uint32_t partial;  // bytes of a request that is not yet whole
    bool sending;
    uint64_t owed;  // replies not yet handed to the kernel, in bytes
    uint64_t held;  // of those: replies whose requests are not durable
    uint64_t committing;  // of these: those whose requests are in the write under way
} peer_t;

static void take(peer_t *peer, uint64_t count, uint32_t request_bytes, uint32_t reply_bytes) {
    uint64_t bytes = peer->partial + count;
    peer->partial = (uint32_t)(bytes % request_bytes);
    peer->owed += bytes / request_bytes * reply_bytes;
}

// Sends what is owed; what the system does not take now stays so.
static void answer(peer_t *peer, char *output) {
    while (peer->owed) {
        size_t piece = peer->owed < BUFFER_BYTES * 4 ? peer->owed : BUFFER_BYTES * 4;
        ssize_t sent = send(peer->descriptor, output, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) break;
        peer->owed -= (uint64_t)sent;
    }
}

int cbaselines_echo_plain(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                          const volatile bool *stop) {
    static __thread peer_t peers[CONNECTIONS];
    int count = 0;
    char *input = malloc(BUFFER_BYTES);
    char *output = calloc(1, BUFFER_BYTES * 4);
    while (!*stop) {
        if (count < CONNECTIONS) {
            int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (accepted >= 0) {
                int one = 1;
                setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                peers[count++] = (peer_t){.descriptor = accepted};
            }
        }
        // Accepting costs a system call; with a peer at hand it is looked for rarely.
        for (int turn = 0; turn < (count ? 4096 : 1) && !*stop; turn++) {
            for (int n = 0; n < count; n++) {
                peer_t *peer = &peers[n];
                ssize_t got = recv(peer->descriptor, input, BUFFER_BYTES, 0);
                if (got == 0) {
                    close(peer->descriptor);
                    peers[n] = peers[--count];
                    break;
                }
                if (got > 0) take(peer, (uint64_t)got, request_bytes, reply_bytes);
                answer(peer, output);
            }
        }
    }
    for (int n = 0; n < count; n++) close(peers[n].descriptor);
    free(input);
    free(output);
    return 0;
}

// What makes requests durable before they are answered; none where `file` is below 0.
typedef struct {
    int file;
    uint64_t file_bytes;
    uint32_t record_bytes;
    uint64_t offset;
    uint64_t waiting;  // requests that the next write takes
    bool writing;
    char *bytes;
} commit_t;

enum { TAG_ACCEPT = 1, TAG_RECEIVE = 2, TAG_SEND = 3, TAG_COMMIT = 4 };
#define GROUP_BUFFERS 64
#define GROUP_BUFFER_BYTES (32 * 1024)

static int open_ring(struct io_uring *ring) {
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER |
                                              IORING_SETUP_DEFER_TASKRUN |
                                              IORING_SETUP_TASKRUN_FLAG};
    return io_uring_queue_init_params(1024, ring, &params);
}

// What standing receives read into.
typedef struct {
    struct io_uring_buf_ring *ring;
    char *bytes;
} group_t;

#define GROUP_RING_BYTES (GROUP_BUFFERS * sizeof(struct io_uring_buf))

static int open_group(struct io_uring *ring, group_t *group) {
    group->ring = mmap(NULL, GROUP_RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    group->bytes = malloc(GROUP_BUFFERS * GROUP_BUFFER_BYTES);
    struct io_uring_buf_reg registration = {.ring_addr = (uint64_t)(uintptr_t)group->ring,
                                            .ring_entries = GROUP_BUFFERS,
                                            .bgid = 1};
    int error = io_uring_register_buf_ring(ring, &registration, 0);
    if (error) return error;
    io_uring_buf_ring_init(group->ring);
    for (int n = 0; n < GROUP_BUFFERS; n++)
        io_uring_buf_ring_add(group->ring, group->bytes + n * GROUP_BUFFER_BYTES,
                              GROUP_BUFFER_BYTES, n, GROUP_BUFFERS - 1, n);
    io_uring_buf_ring_advance(group->ring, GROUP_BUFFERS);
    return 0;
}

static void close_group(group_t *group) {
    munmap(group->ring, GROUP_RING_BYTES);
    free(group->bytes);
}

// Gives back the buffer of a receive, if it has one.
static void give_back(group_t *group, uint32_t flags) {
    if (!(flags & IORING_CQE_F_BUFFER)) return;
    int buffer = (int)(flags >> IORING_CQE_BUFFER_SHIFT);
    io_uring_buf_ring_add(group->ring, group->bytes + buffer * GROUP_BUFFER_BYTES,
                          GROUP_BUFFER_BYTES, (unsigned short)buffer, GROUP_BUFFERS - 1, 0);
    io_uring_buf_ring_advance(group->ring, 1);
}

static void arm_receive(struct io_uring *ring, int file, int slot, unsigned flags) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    io_uring_prep_recv_multishot(sqe, file, NULL, 0, 0);
    sqe->flags |= flags | IOSQE_BUFFER_SELECT;
    sqe->buf_group = 1;
    sqe->user_data = (uint64_t)slot << 8 | TAG_RECEIVE;
}

static void arm_accept(struct io_uring *ring, int listener) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    io_uring_prep_multishot_accept_direct(sqe, listener, NULL, NULL, 0);
    sqe->user_data = TAG_ACCEPT;
}

static void arm_send(struct io_uring *ring, peer_t *peer, int slot, char *output) {
    uint64_t free = peer->owed - peer->held;
    uint64_t piece = free < BUFFER_BYTES * 4 ? free : BUFFER_BYTES * 4;
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    io_uring_prep_send(sqe, slot, output, piece, MSG_NOSIGNAL);
    sqe->flags |= IOSQE_FIXED_FILE;
    sqe->user_data = (uint64_t)slot << 8 | TAG_SEND;
    peer->sending = true;
}

// Whole blocks, as a journal writes them: the last one again with what it has had.
static void arm_commit(struct io_uring *ring, commit_t *commit, peer_t *peers) {
    uint64_t length = commit->waiting * commit->record_bytes;
    if (length > BUFFER_BYTES) length = BUFFER_BYTES;
    if (commit->offset + length + 4096 > commit->file_bytes) commit->offset = 0;
    uint64_t start = commit->offset / 4096 * 4096;
    uint64_t end = (commit->offset + length + 4095) / 4096 * 4096;
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    clinux_prep_write(sqe, commit->file, commit->bytes, (uint32_t)(end - start), start, 1);
    sqe->user_data = TAG_COMMIT;
    commit->offset += length;
    commit->waiting = 0;
    commit->writing = true;
    for (int n = 0; n < CONNECTIONS; n++) peers[n].committing = peers[n].held;
}

static int serve(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                 const volatile bool *stop, commit_t *commit, int writer_core) {
    struct io_uring ring;
    int error = open_ring(&ring);
    if (error) return error;
    error = io_uring_register_files_sparse(&ring, CONNECTIONS);
    if (error) return error;
    if (commit->file >= 0) {
        cpu_set_t cores;
        CPU_ZERO(&cores);
        CPU_SET(writer_core, &cores);
        io_uring_register_iowq_aff(&ring, sizeof cores, &cores);
        commit->bytes = aligned_alloc(4096, BUFFER_BYTES + 8192);
        memset(commit->bytes, 7, BUFFER_BYTES + 8192);
    }
    group_t group;
    char *output = calloc(1, BUFFER_BYTES * 4);
    error = open_group(&ring, &group);
    if (error) return error;

    peer_t *peers = calloc(CONNECTIONS, sizeof(peer_t));
    arm_accept(&ring, listener);
    io_uring_submit(&ring);
    bool submit = false;
    while (!*stop) {
        bool flagged = IO_URING_READ_ONCE(*ring.sq.kflags) & IORING_SQ_TASKRUN;
        if (submit || flagged) {
            io_uring_submit_and_get_events(&ring);
            submit = false;
        }
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        io_uring_for_each_cqe(&ring, head, cqe) {
            seen++;
            int slot = (int)(cqe->user_data >> 8);
            switch (cqe->user_data & 0xff) {
            case TAG_ACCEPT:
                if (cqe->res >= 0) {
                    peers[cqe->res] = (peer_t){0};
                    arm_receive(&ring, cqe->res, cqe->res, IOSQE_FIXED_FILE);
                    submit = true;
                }
                break;
            case TAG_RECEIVE: {
                peer_t *peer = &peers[slot];
                give_back(&group, cqe->flags);
                if (cqe->res > 0) {
                    uint64_t bytes = peer->partial + (uint64_t)cqe->res;
                    uint64_t replies = bytes / request_bytes * reply_bytes;
                    peer->partial = (uint32_t)(bytes % request_bytes);
                    peer->owed += replies;
                    if (commit->file >= 0) {
                        peer->held += replies;
                        commit->waiting += bytes / request_bytes;
                    }
                    if (peer->owed > peer->held && !peer->sending) {
                        arm_send(&ring, peer, slot, output);
                        submit = true;
                    }
                }
                if (cqe->res == 0 || (cqe->res < 0 && cqe->res != -ENOBUFS)) {
                    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
                    io_uring_prep_close_direct(sqe, (unsigned)slot);
                    sqe->user_data = 0;
                    submit = true;
                } else if (!(cqe->flags & IORING_CQE_F_MORE)) {
                    arm_receive(&ring, slot, slot, IOSQE_FIXED_FILE);
                    submit = true;
                }
                break;
            }
            case TAG_SEND: {
                peer_t *peer = &peers[slot];
                peer->sending = false;
                if (cqe->res > 0) peer->owed -= (uint64_t)cqe->res;
                if (cqe->res > 0 && peer->owed > peer->held) {
                    arm_send(&ring, peer, slot, output);
                    submit = true;
                }
                break;
            }
            case TAG_COMMIT:
                commit->writing = false;
                for (int n = 0; n < CONNECTIONS && cqe->res > 0; n++) {
                    peers[n].held -= peers[n].committing;
                    peers[n].committing = 0;
                    if (peers[n].owed > peers[n].held && !peers[n].sending) {
                        arm_send(&ring, &peers[n], n, output);
                        submit = true;
                    }
                }
                break;
            }
        }
        if (seen) io_uring_cq_advance(&ring, seen);
        if (commit->waiting && !commit->writing) {
            arm_commit(&ring, commit, peers);
            submit = true;
        }
    }
    io_uring_queue_exit(&ring);
    close_group(&group);
    free(output);
    free(commit->bytes);
    free(peers);
    return 0;
}

int cbaselines_echo_uring(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                          const volatile bool *stop) {
    commit_t none = {.file = -1};
    return serve(listener, request_bytes, reply_bytes, stop, &none, 0);
}

int cbaselines_echo_commit(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                           const volatile bool *stop, int file, uint64_t file_bytes,
                           uint32_t record_bytes, int writer_core) {
    commit_t commit = {.file = file, .file_bytes = file_bytes, .record_bytes = record_bytes};
    return serve(listener, request_bytes, reply_bytes, stop, &commit, writer_core);
}

// After so many inputs from one peer the next is expected from it too.
#define STREAK 4

int cbaselines_echo_hybrid(int listener, uint32_t request_bytes, uint32_t reply_bytes,
                           const volatile bool *stop) {
    struct io_uring ring;
    group_t group;
    int error = open_ring(&ring);
    if (error) return error;
    error = open_group(&ring, &group);
    if (error) return error;
    char *input = malloc(BUFFER_BYTES);
    char *output = calloc(1, BUFFER_BYTES * 4);
    // The ring's operations use the peers' own descriptors: calls outside it have no others.
    peer_t *peers = calloc(CONNECTIONS, sizeof(peer_t));
    for (int n = 0; n < CONNECTIONS; n++) peers[n].descriptor = -1;
    int last = 0, streak = 0;
    bool submit = true, owing = false;

    struct io_uring_sqe *accepting = io_uring_get_sqe(&ring);
    io_uring_prep_multishot_accept(accepting, listener, NULL, NULL, 0);
    accepting->user_data = TAG_ACCEPT;
    while (!*stop) {
        bool flagged = IO_URING_READ_ONCE(*ring.sq.kflags) & IORING_SQ_TASKRUN;
        if (flagged && streak >= STREAK) {
            // The kernel moves bytes for the standing receive when it is entered and not before, so
            // that these are the next in the stream. It is entered when the answer is on its way.
            peer_t *peer = &peers[last];
            ssize_t got = recv(peer->descriptor, input, BUFFER_BYTES, MSG_DONTWAIT);
            if (got > 0) {
                take(peer, (uint64_t)got, request_bytes, reply_bytes);
                answer(peer, output);
                owing |= peer->owed > 0;
            } else {
                streak = 0;
            }
        }
        if (submit || flagged) {
            io_uring_submit_and_get_events(&ring);
            submit = false;
        }
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        io_uring_for_each_cqe(&ring, head, cqe) {
            seen++;
            if (cqe->user_data == TAG_ACCEPT) {
                if (cqe->res < 0) continue;
                int slot = 0;
                while (slot < CONNECTIONS && peers[slot].descriptor >= 0) slot++;
                if (slot == CONNECTIONS) {
                    close(cqe->res);
                    continue;
                }
                peers[slot] = (peer_t){.descriptor = cqe->res};
                arm_receive(&ring, cqe->res, slot, 0);
                submit = true;
                continue;
            }
            int slot = (int)(cqe->user_data >> 8);
            peer_t *peer = &peers[slot];
            give_back(&group, cqe->flags);
            if (cqe->res > 0) {
                take(peer, (uint64_t)cqe->res, request_bytes, reply_bytes);
                answer(peer, output);
                owing |= peer->owed > 0;
                streak = slot == last ? streak + 1 : 0;
                last = slot;
            }
            if (cqe->res == 0 || (cqe->res < 0 && cqe->res != -ENOBUFS)) {
                close(peer->descriptor);
                *peer = (peer_t){.descriptor = -1};
                streak = 0;
            } else if (!(cqe->flags & IORING_CQE_F_MORE)) {
                arm_receive(&ring, peer->descriptor, slot, 0);
                submit = true;
            }
        }
        if (seen) io_uring_cq_advance(&ring, seen);
        if (owing) {
            owing = false;
            for (int n = 0; n < CONNECTIONS; n++) {
                answer(&peers[n], output);
                owing |= peers[n].owed > 0;
            }
        }
    }
    io_uring_queue_exit(&ring);
    for (int n = 0; n < CONNECTIONS; n++)
        if (peers[n].descriptor >= 0) close(peers[n].descriptor);
    close_group(&group);
    free(input);
    free(output);
    free(peers);
    return 0;
}
