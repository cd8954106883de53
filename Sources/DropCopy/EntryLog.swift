/// The messages of one stream in order: where each lies in the history, by its place in the stream.
///
/// Places count from 0 and are never used again. Memory grows by small pages, because most streams of
/// most firms are short, and shrinks at the front when the history forgets. One thread uses a log.
final class EntryLog {
    private static let pageEntries: UInt64 = 128

    private var pages: [UnsafeMutablePointer<UInt64>] = []
    /// Pages before `pages[0]`.
    private var pagesDropped: UInt64 = 0
    /// The place at which the log began: those before it never had an entry.
    private(set) var start: UInt64 = 0
    /// The oldest place that is still known.
    private(set) var first: UInt64 = 0
    /// The next place to be used.
    private(set) var end: UInt64 = 0
    /// The places at which business days began, from which numbers count.
    private var days: [UInt64] = [0]
    /// The last message forgotten, where anybody has to know.
    var lastForgotten: MessageIDs?

    deinit { for page in pages { page.deallocate() } }

    var isEmpty: Bool { first == end }

    subscript(place: UInt64) -> UInt64 {
        precondition(place >= first && place < end, "the place is known")
        let page = pages[Int(place / Self.pageEntries - pagesDropped)]
        return page[Int(place % Self.pageEntries)]
    }

    func append(_ entry: UInt64) {
        if pages.isEmpty {
            pagesDropped = end / Self.pageEntries
            pages.append(.allocate(capacity: Int(Self.pageEntries)))
        } else if end / Self.pageEntries - pagesDropped == UInt64(pages.count) {
            pages.append(.allocate(capacity: Int(Self.pageEntries)))
        }
        pages[pages.count - 1][Int(end % Self.pageEntries)] = entry
        end += 1
    }

    /// Messages from here on are numbered from 1 again.
    func beginDay() {
        // Days of which no message is known any more are of no use.
        while days.count > 1, days[1] <= first { days.removeFirst() }
        if dayStart != end { days.append(end) }
    }

    /// The place of today's number 1.
    var dayStart: UInt64 { days[days.count - 1] }

    /// What a place's message is numbered, on its day.
    func number(of place: UInt64) -> UInt64 {
        place - (days.last { $0 <= place } ?? 0) + 1
    }

    /// Forgets the oldest place.
    func dropFirst() {
        precondition(first < end, "there is a place to forget")
        first += 1
        if first == end {
            empty(at: end)
        } else if first % Self.pageEntries == 0 {
            pages.removeFirst().deallocate()
            pagesDropped += 1
        }
    }

    /// Forgets everything and begins at this place.
    func begin(at place: UInt64) {
        empty(at: place)
        start = place
    }

    private func empty(at place: UInt64) {
        precondition(place >= end, "places are never used again")
        for page in pages { page.deallocate() }
        pages.removeAll(keepingCapacity: true)
        first = place
        end = place
    }
}
