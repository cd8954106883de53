#define _GNU_SOURCE
#include "CBaselines.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

int cbaselines_note_arrivals(int descriptor) {
    int on = 1;
    return setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) ? -errno : 0;
}

int64_t cbaselines_receive_noted(int descriptor, void *bytes, uint64_t count, uint64_t *nanos) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec piece = {bytes, count};
    struct msghdr header = {.msg_iov = &piece,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    *nanos = 0;
    ssize_t taken = recvmsg(descriptor, &header, MSG_DONTWAIT);
    if (taken < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (taken == 0) return -ECONNRESET;
    for (struct cmsghdr *note = CMSG_FIRSTHDR(&header); note; note = CMSG_NXTHDR(&header, note)) {
        if (note->cmsg_level != SOL_SOCKET || note->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec time;
        memcpy(&time, CMSG_DATA(note), sizeof time);
        *nanos = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    }
    return taken;
}
