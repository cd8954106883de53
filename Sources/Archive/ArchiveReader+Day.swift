// Where the present business day begins.
extension ArchiveReader {
    /// The last transaction in the archive that began a business day; 0 when none did.
    public static func lastDayStart(
        _ store: any ArchiveStore, history: UInt64
    ) throws(ArchiveError) -> UInt64 {
        for number in try store.numbers().reversed() {
            var tails: [SessionTail] = []
            let file = try store.open(number, writable: false)
            // The last one may just be being made.
            guard let header = try SegmentHeader(of: file, &tails) else { continue }
            guard header.history == history else {
                throw ArchiveError("\(store.name(of: number)) belongs to another history")
            }
            var day = header.daySequence
            let scanner = SegmentScanner(
                number, file, offset: header.recordsOffset, check: header.check)
            while let record = try scanner.next() {
                if record.beginsDay { day = record.sequence }
            }
            return day
        }
        return 0
    }
}
