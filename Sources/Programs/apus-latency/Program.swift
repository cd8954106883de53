import LatencyAnalysis

@main struct Program {
    static func main() { LatencyTool.main() }
}
