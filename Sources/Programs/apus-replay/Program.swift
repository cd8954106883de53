import OrderFlow

@main struct Program {
    static func main() { ReplayTool.main() }
}
