import Simulation

@main struct Program {
    static func main() { SimulateTool.main() }
}
