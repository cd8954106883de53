import Bots

@main struct Program {
    static func main() { MakerTool.main() }
}
