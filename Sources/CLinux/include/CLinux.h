#pragma once
// The only C of the servers: kernel interfaces whose headers Swift cannot import as they are.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <liburing.h>
