import Bots

@main struct Program {
    static func main() { SellerTool.main() }
}
