#define _GNU_SOURCE
#include "CLinux.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int clinux_register_buffer_ring(struct io_uring *ring, void *memory, unsigned entries,
                                unsigned short group, unsigned short flags) {
    struct io_uring_buf_reg registration;
    memset(&registration, 0, sizeof registration);
    registration.ring_addr = (uint64_t)(uintptr_t)memory;
    registration.ring_entries = entries;
    registration.bgid = group;
    registration.pad = flags;
    return io_uring_register_buf_ring(ring, &registration, 0);
}

int clinux_enable_ring(struct io_uring *ring) {
    int result = io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    if (result < 0) return result == -1 ? -errno : result;
    ring->flags &= ~IORING_SETUP_R_DISABLED;
    return 0;
}

int clinux_write(int fd, const void *bytes, size_t count, uint64_t offset, int durable) {
    const char *place = bytes;
    while (count > 0) {
        struct iovec piece = {(void *)(uintptr_t)place, count};
        ssize_t done = pwritev2(fd, &piece, 1, (off_t)offset, durable ? RWF_DSYNC : 0);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return -errno;
        if (done == 0) return -EIO;
        place += done;
        offset += (uint64_t)done;
        count -= (size_t)done;
    }
    return 0;
}

int clinux_open_below(int folder, const char *path, int flags, unsigned mode) {
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
                           .mode = mode,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int fd;
    do {
        fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return fd >= 0 ? fd : -errno;
}

// A kernel with more cores than a cpu_set_t holds answers EINVAL to a small mask, so grow it.
int clinux_usable_cores(int *cores, int capacity) {
    for (int limit = CPU_SETSIZE; limit <= 1 << 17; limit *= 2) {
        cpu_set_t *set = CPU_ALLOC(limit);
        if (!set) return -ENOMEM;
        size_t size = CPU_ALLOC_SIZE(limit);
        CPU_ZERO_S(size, set);
        if (sched_getaffinity(0, size, set) == 0) {
            int count = 0;
            for (int core = 0; core < limit; core++) {
                if (!CPU_ISSET_S(core, size, set)) continue;
                if (count < capacity) cores[count] = core;
                count++;
            }
            CPU_FREE(set);
            return count;
        }
        int error = errno;
        CPU_FREE(set);
        if (error != EINVAL) return -error;
    }
    return -EINVAL;
}

int clinux_pin_thread(const int *cores, int count) {
    int limit = CPU_SETSIZE;
    for (int i = 0; i < count; i++) {
        if (cores[i] < 0 || cores[i] >= 1 << 17) return -EINVAL;
        while (cores[i] >= limit) limit *= 2;
    }
    cpu_set_t *set = CPU_ALLOC(limit);
    if (!set) return -ENOMEM;
    size_t size = CPU_ALLOC_SIZE(limit);
    CPU_ZERO_S(size, set);
    for (int i = 0; i < count; i++) CPU_SET_S(cores[i], size, set);
    int result = sched_setaffinity(0, size, set) == 0 ? 0 : -errno;
    CPU_FREE(set);
    return result;
}

int clinux_bind_uring_workers(struct io_uring *ring) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) return -errno;
    return io_uring_register_iowq_aff(ring, sizeof(set), &set);
}

void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_sharpen_timers(void) {
    return prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0 ? 0 : -errno;
}

int clinux_futex_wait(const uint32_t *word, uint32_t expected, uint64_t nanos) {
    struct timespec wait = {(time_t)(nanos / 1000000000u), (long)(nanos % 1000000000u)};
    long result = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &wait, NULL, 0);
    return result == 0 ? 0 : -errno;
}

int clinux_futex_wake(const uint32_t *word) {
    return (int)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

int clinux_send_datagrams(int fd, const struct clinux_datagram *datagrams, int count) {
    enum { batch = 64 };
    struct mmsghdr messages[batch];
    struct iovec parts[batch];
    struct sockaddr_in addresses[batch];
    int refused = 0;
    for (int start = 0; start < count; start += batch) {
        int size = count - start < batch ? count - start : batch;
        memset(messages, 0, sizeof messages[0] * (size_t)size);
        for (int i = 0; i < size; i++) {
            const struct clinux_datagram *datagram = &datagrams[start + i];
            addresses[i] = (struct sockaddr_in){.sin_family = AF_INET,
                                                .sin_port = datagram->target.port,
                                                .sin_addr.s_addr = datagram->target.address};
            parts[i] = (struct iovec){(void *)(uintptr_t)datagram->base, datagram->length};
            messages[i].msg_hdr.msg_name = &addresses[i];
            messages[i].msg_hdr.msg_namelen = sizeof addresses[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        for (int done = 0; done < size;) {
            int sent = sendmmsg(fd, messages + done, (unsigned)(size - done), MSG_NOSIGNAL);
            if (sent > 0) {
                done += sent;
            } else if (errno != EINTR) {
                // The first one is refused; those behind it may have another receiver.
                refused++;
                done++;
            }
        }
    }
    return refused;
}

int clinux_stop_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) return -error;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd >= 0 ? fd : -errno;
}

int clinux_random(void *bytes, size_t count) {
    char *place = bytes;
    while (count > 0) {
        ssize_t got = getrandom(place, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        place += got;
        count -= (size_t)got;
    }
    return 0;
}

int clinux_memfd(const char *name) {
    int fd = memfd_create(name, MFD_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

// Open file description locks: unlike the process-wide kind they are not lost when somebody else in
// the process closes the file.
int clinux_lock_file(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return 0;
    return errno == EACCES ? -EAGAIN : -errno;
}

int clinux_is_file_locked(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_GETLK, &lock) != 0) return -errno;
    return lock.l_type != F_UNLCK;
}

// On fault, because large reservations of address space are part of the design and must not all
// become resident.
int clinux_lock_memory(void) {
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 ? 0 : -errno;
}

// 32 KiB a thread that checks passwords, freed when the thread ends.
static pthread_key_t work_area_key;
static pthread_once_t work_area_once = PTHREAD_ONCE_INIT;
static void make_work_area_key(void) { pthread_key_create(&work_area_key, free); }

int clinux_crypt(const char *phrase, const char *setting, char *output, size_t capacity) {
    pthread_once(&work_area_once, make_work_area_key);
    struct crypt_data *area = pthread_getspecific(work_area_key);
    if (!area) {
        area = calloc(1, sizeof *area);
        if (!area) return -ENOMEM;
        if (pthread_setspecific(work_area_key, area) != 0) {
            free(area);
            return -ENOMEM;
        }
    }
    const char *result = crypt_rn(phrase, setting, area, (int)sizeof *area);
    if (!result) return errno ? -errno : -EINVAL;
    size_t length = strlen(result);
    if (length >= capacity) return -ERANGE;
    memcpy(output, result, length + 1);
    explicit_bzero(area->output, sizeof area->output);
    return 0;
}

int clinux_crypt_setting(const char *prefix, unsigned long cost, char *output, size_t capacity) {
    if (crypt_gensalt_rn(prefix, cost, NULL, 0, output, (int)capacity)) return 0;
    return errno ? -errno : -EINVAL;
}

int clinux_eventfd(void) {
    int fd = eventfd(0, EFD_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int clinux_receive_datagrams(int fd, void *memory, uint32_t stride, uint32_t *lengths,
                             uint32_t capacity) {
    struct mmsghdr messages[64];
    struct iovec pieces[64];
    if (capacity > 64) capacity = 64;
    for (uint32_t i = 0; i < capacity; i++) {
        pieces[i].iov_base = (char *)memory + (size_t)i * stride;
        pieces[i].iov_len = stride;
        memset(&messages[i], 0, sizeof messages[i]);
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int count;
    do {
        count = recvmmsg(fd, messages, capacity, MSG_DONTWAIT, NULL);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    for (int i = 0; i < count; i++) lengths[i] = messages[i].msg_len;
    return count;
}

void clinux_wait_readable(int first, int second, uint64_t nanos) {
    struct pollfd entries[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    struct timespec time = {(time_t)(nanos / 1000000000), (long)(nanos % 1000000000)};
    (void)ppoll(entries, 2, &time, NULL);
}
