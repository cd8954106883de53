import MarketWatch

@main struct Program {
    static func main() { MarketDataTool.main() }
}
