import OrderFlow

@main struct Program {
    static func main() { LoadTool.main() }
}
