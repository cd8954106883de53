import Bots

@main struct Program {
    static func main() { TakerTool.main() }
}
