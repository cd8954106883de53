import JournalTools

/// Looks at what a venue keeps.
@main struct Program {
    static func main() { JournalTool.main() }
}
