import TopScreen

@main struct Program {
    static func main() { TopTool.main() }
}
