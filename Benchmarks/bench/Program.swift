import BenchmarkKit

@main
struct Program {
    static func main() { BenchTool.main() }
}
