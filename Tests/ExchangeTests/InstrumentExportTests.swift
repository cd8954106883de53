import Foundation
import Platform
import Testing

@testable import Exchange

/// What a trading program loads before it starts.
@Suite struct InstrumentExportTests {
    private let export = InstrumentExport(.demonstration)

    @Test func csvHasALinePerInstrument() throws {
        let lines = export.csv.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 10 && lines.last == "")
        let names = lines[0].split(separator: ",", omittingEmptySubsequences: false)
        for line in lines[1..<9] {
            #expect(
                line.split(separator: ",", omittingEmptySubsequences: false).count == names.count)
        }
        #expect(
            lines[0].hasPrefix(
                "MarketID,PartitionID,MarketSegmentID,Product,SecurityID,SimpleSecurityID,"))
        #expect(
            lines[1].hasPrefix(
                "1,1,100,ALPHA,1001,1001,ALPHA DEC,price-time,0.5,1,100000,1,3,2,203,"))
        #expect(lines[3].hasPrefix("1,1,200,STOCKS,2001,2001,AAPL,price-time,0.01,1,1000000,"))
    }

    @Test func jsonHasTheSameInstruments() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(export.json.utf8)) as? [String: Any])
        #expect(object["partitionID"] as? Int == 1 && object["marketID"] as? Int == 1)
        let products = try #require(object["products"] as? [[String: Any]])
        #expect(products.map { $0["marketSegmentID"] as? Int } == [100, 200, 300])
        #expect(products[0]["maximumOrderQty"] as? String == "100000")
        let ticks = try #require(products[1]["tickTable"] as? [[String: Any]])
        #expect(ticks.map { $0["tickSize"] as? String } == ["0.01"])
        let stocks = try #require(products[1]["instruments"] as? [[String: Any]])
        #expect(stocks.map { $0["name"] as? String } == ["AAPL", "MSFT", "INTC", "AMZN", "GOOG"])
        #expect(stocks[0]["securityTradingStatus"] as? Int == 203)
    }

    @Test func feedsAreThoseOfTheConfiguration() throws {
        var configuration = Configuration.demonstration
        configuration.feed.receivers = [
            FeedAddress(port: 59_001), FeedAddress(address: "239.1.2.3", port: 60_001),
        ]
        configuration.market.products[1].topOfBook = true
        let export = InstrumentExport(configuration)
        let lines = export.csv.split(separator: "\n")
        let feeds = "127.0.0.1:59000 239.1.2.3:60000,127.0.0.1:59001 239.1.2.3:60001"
        #expect(lines[1].hasSuffix(",order-by-order,\(feeds)"))
        #expect(lines[3].hasSuffix(",top-of-book,\(feeds)"))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(export.json.utf8)) as? [String: Any])
        let told = try #require(object["feed"] as? [[String: String]])
        #expect(told.map { $0["snapshot"] } == ["127.0.0.1:59000", "239.1.2.3:60000"])
        #expect(told.map { $0["incremental"] } == ["127.0.0.1:59001", "239.1.2.3:60001"])
        let products = try #require(object["products"] as? [[String: Any]])
        #expect(products[1]["feedDepth"] as? String == "top-of-book")
    }

    @Test func namesAreQuotedAndShortIdentifiersAreShort() throws {
        var configuration = Configuration.demonstration
        configuration.market.instruments[0].name = "A, \"B\""
        configuration.market.instruments[0].securityID = 7_000_000_000_002
        let line = try #require(
            InstrumentExport(configuration).csv.split(separator: "\n").dropFirst().first)
        let short = UInt32(truncatingIfNeeded: 7_000_000_000_002)
        #expect(line.contains(",7000000000002,\(short),\"A, \"\"B\"\"\",price-time,"))
    }
}
