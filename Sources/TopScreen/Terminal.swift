#if canImport(CNcurses)
    import CNcurses
    import Glibc

    /// The terminal, painted through ncurses. There is one at a time, used by one thread.
    ///
    /// `end`, which the end of its life calls too, leaves the terminal as it was.
    final class Terminal {
        private let screen: OpaquePointer
        private let hasColours: Bool
        /// Whether characters beyond ASCII can be shown.
        let isUTF8: Bool
        private var hasEnded = false

        static let isSupported = true

        /// Nil when standard input or output is no terminal, or none that can be drawn on.
        init?(noColour: Bool) {
            guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
            setlocale(LC_ALL, "")
            isUTF8 = String(cString: nl_langinfo(nl_item(CODESET))) == "UTF-8"
            Self.hearOfResizing()
            guard let screen = cncurses_open() else { return nil }
            self.screen = screen
            set_term(screen)
            cbreak()
            noecho()
            // Ctrl-C stays a signal, which the loop hears of.
            let window = cncurses_window()
            keypad(window, true)
            nodelay(window, true)
            set_escdelay(50)
            curs_set(0)
            hasColours = !noColour && has_colors()
            if hasColours {
                start_color()
                use_default_colors()
                init_pair(1, Int16(COLOR_GREEN), -1)
                init_pair(2, Int16(COLOR_RED), -1)
                init_pair(3, Int16(COLOR_YELLOW), -1)
            }
        }

        deinit { end() }

        /// Whoever started this program may have ignored or blocked the signal of a new window size,
        /// or have left the size of another window in the environment.
        private static func hearOfResizing() {
            signal(SIGWINCH, SIG_DFL)
            var resizing = sigset_t()
            sigemptyset(&resizing)
            sigaddset(&resizing, SIGWINCH)
            pthread_sigmask(SIG_UNBLOCK, &resizing, nil)
            unsetenv("LINES")
            unsetenv("COLUMNS")
        }

        func end() {
            guard !hasEnded else { return }
            hasEnded = true
            endwin()
            delscreen(screen)
        }

        var rows: Int { Int(cncurses_rows()) }
        var columns: Int { Int(cncurses_columns()) }

        /// Shows a canvas; only what changed goes to the terminal.
        func paint(_ canvas: Canvas) {
            let window = cncurses_window()
            werase(window)
            for row in 0..<canvas.rows {
                var column: Int32 = 0
                for run in canvas.runs(row: row) {
                    wattrset(window, Int32(bitPattern: UInt32(attributes(of: run.style))))
                    wmove(window, Int32(row), column)
                    waddstr(window, run.text)
                    column += Int32(run.text.count)
                }
            }
            wattrset(window, 0)
            wrefresh(window)
        }

        /// Draws everything anew at the next painting.
        func forgetPicture() { clearok(cncurses_window(), true) }

        /// The next key that was pressed; nil when there is none.
        func key() -> ScreenKey? {
            while true {
                var code: wint_t = 0
                switch wget_wch(cncurses_window(), &code) {
                case KEY_CODE_YES:
                    if Int32(code) == KEY_RESIZE {
                        forgetPicture()
                        continue
                    }
                    guard let key = Self.special(Int32(code)) else { continue }
                    return key
                case OK:
                    return Self.plain(code)
                default:
                    return nil
                }
            }
        }

        private static func special(_ code: Int32) -> ScreenKey? {
            switch code {
            case KEY_UP: .up
            case KEY_DOWN: .down
            case KEY_LEFT: .left
            case KEY_RIGHT: .right
            case KEY_PPAGE: .pageUp
            case KEY_NPAGE: .pageDown
            case KEY_HOME: .home
            case KEY_END: .end
            case KEY_ENTER: .enter
            case KEY_BACKSPACE, KEY_DC: .erase
            case KEY_BTAB: .backTab
            default: nil
            }
        }

        private static func plain(_ code: wint_t) -> ScreenKey? {
            switch code {
            case 10, 13: .enter
            case 27: .escape
            case 9: .tab
            case 8, 127: .erase
            default: Unicode.Scalar(code).map { .character(Character($0)) }
            }
        }

        /// Without colours, the same things stand out by weight and reversal.
        private func attributes(of style: Style) -> attr_t {
            switch style {
            case .plain: 0
            case .dim: cncurses_dim()
            case .strong: cncurses_bold()
            case .heading: cncurses_bold()
            case .buy: hasColours ? cncurses_pair(1) : 0
            case .sell: hasColours ? cncurses_pair(2) : 0
            case .chosen: cncurses_reverse()
            case .warning: hasColours ? cncurses_pair(3) | cncurses_bold() : cncurses_reverse()
            }
        }
    }
#else
    /// This build has no terminal library, so there is none to draw on.
    final class Terminal {
        static let isSupported = false
        let isUTF8 = false
        let rows = 0
        let columns = 0

        init?(noColour: Bool) { return nil }
        func end() {}
        func paint(_ canvas: Canvas) {}
        func key() -> ScreenKey? { nil }
    }
#endif
