#pragma once
// Macros and variables of ncurses that Swift cannot import, as functions.
#define NCURSES_WIDECHAR 1
#include <ncursesw/curses.h>

#include <stdio.h>

static inline SCREEN *cncurses_open(void) { return newterm((char *)0, stdout, stdin); }
static inline WINDOW *cncurses_window(void) { return stdscr; }
static inline int cncurses_rows(void) { return getmaxy(stdscr); }
static inline int cncurses_columns(void) { return getmaxx(stdscr); }
static inline attr_t cncurses_pair(int pair) { return COLOR_PAIR(pair); }
static inline attr_t cncurses_bold(void) { return A_BOLD; }
static inline attr_t cncurses_dim(void) { return A_DIM; }
static inline attr_t cncurses_reverse(void) { return A_REVERSE; }
static inline attr_t cncurses_underline(void) { return A_UNDERLINE; }
