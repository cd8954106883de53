import Fuzzing

@main struct Program {
    static func main() { FuzzTool.main() }
}
