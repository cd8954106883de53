import Statistics

@main struct Program {
    static func main() { StatTool.main() }
}
