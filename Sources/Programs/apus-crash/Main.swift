import CrashTest

/// Takes the real programs away in the middle of trading.
@main struct Program {
    static func main() { CrashTool.main() }
}
