import Platform

// Where a writer goes on: behind the last whole transaction that may stay.
extension ArchiveWriter {
    /// Takes over what the store holds up to a transaction; what lies behind it goes for good.
    mutating func recover(through limit: UInt64) throws(ArchiveError) {
        let numbers = try store.numbers()
        var last = numbers.count - 1
        for (index, number) in numbers.enumerated() where number != numbers[0] + index {
            throw ArchiveError(
                "\(store.name(of: numbers[0] + index)) is missing: " + Self.remedy)
        }
        lastSequence = 0
        lastExecID = 0
        daySequence = 0
        check = 0
        segment = nil
        var removed = false
        while last >= 0 {
            if try takeOver(numbers[last], isLast: last == numbers.count - 1, through: limit) {
                break
            }
            try store.remove(numbers[last])
            removed = true
            last -= 1
        }
        if removed { try store.syncNames() }
        if segment == nil {
            tails = Array(repeating: .none, count: sessionCount + 1)
            daySequence = 0
        }
        restart()
    }

    static let remedy =
        "move the files of the archive away, and they are made anew from the journal"

    /// Reads a segment up to the last whole transaction that may stay, and cuts it there. False when
    /// there is none in it: then it has to go, and the one before it is the last.
    private mutating func takeOver(
        _ number: Int, isLast: Bool, through limit: UInt64
    ) throws(ArchiveError) -> Bool {
        let file = try store.open(number, writable: true)
        var tails: [SessionTail] = []
        guard let header = try SegmentHeader(of: file, &tails) else {
            // The last one may have been made just before the end, and not begun.
            guard isLast else { throw damage(number, 0) }
            return false
        }
        guard header.history == history else {
            throw ArchiveError(
                "\(store.name(of: number)) belongs to another history: " + Self.remedy)
        }
        guard header.sessionCount == sessionCount else {
            throw ArchiveError(
                "\(store.name(of: number)) was written for \(header.sessionCount) sessions, "
                    + "there are \(sessionCount): " + Self.remedy)
        }
        guard header.number == number else { throw damage(number, 0) }
        guard header.firstSequence <= limit else { return false }
        return try scan(file, header, tails, through: limit)
    }

    private mutating func scan(
        _ file: any DiskFile, _ header: SegmentHeader, _ table: [SessionTail],
        through limit: UInt64
    ) throws(ArchiveError) -> Bool {
        let scanner = SegmentScanner(
            header.number, file, offset: header.recordsOffset, check: header.check)
        tails = table
        daySequence = header.daySequence
        var end: (offset: Int, check: UInt32)?
        // What a transaction that is not whole would change.
        var pending: [RecordHeader] = []
        while let record = try scanner.next(), record.sequence <= limit {
            pending.append(record)
            guard record.endsTransaction else { continue }
            for record in pending { note(record, in: header.number) }
            if record.kind == .hole {
                // Its id is of the event behind it.
                tails[sessionCount].id.execID = Self.execIDBehind(scanner.body)
            }
            pending.removeAll(keepingCapacity: true)
            end = (scanner.offset, scanner.check)
            lastSequence = record.sequence
            lastExecID = record.execID
        }
        guard let end else { return false }
        check = end.check
        try clear(file, from: end.offset)
        segment = Segment(
            number: header.number, file: file, byteCount: file.byteCount, offset: end.offset)
        return true
    }

    /// Writes the last segment over itself; those before it were synced when they were full. The process
    /// before may have left it to the system's memory alone, and may have been told that the disk did not
    /// take it, and been killed then: the system forgets such bytes, and the next sync would say that all
    /// is well.
    func writeAgain() throws(ArchiveError) {
        guard let segment else { return }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
        defer { bytes.deallocate() }
        // With what was cleared behind the end, as far as a record could be believed there.
        let end = min(segment.offset + SegmentScanner.recordBytesMax, segment.byteCount)
        try disked { () throws(DiskError) in
            var offset = 0
            while offset < end {
                let space = UnsafeMutableRawBufferPointer(
                    rebasing: bytes[..<min(bytes.count, end - offset)])
                let count = try segment.file.read(at: offset, into: space)
                guard count > 0 else { break }
                try segment.file.write(
                    UnsafeRawBufferPointer(rebasing: space[..<count]), at: offset)
                offset += count
            }
        }
    }

    private static func execIDBehind(_ body: UnsafeRawBufferPointer) -> UInt64 {
        guard body.count >= RecordHeader.holeBytes else { return 0 }
        return body.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    }

    /// Makes everything behind the end zero: a record left there might fit behind one written anew.
    private func clear(_ file: any DiskFile, from end: Int) throws(ArchiveError) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        defer {
            bytes.deallocate()
            zeros.deallocate()
        }
        try disked { () throws(DiskError) in
            var offset = end
            var isDirty = false
            while offset < file.byteCount {
                let count = try file.read(at: offset, into: bytes)
                guard count > 0 else { break }
                if !isZero(UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
                    isDirty = true
                    try file.write(UnsafeRawBufferPointer(rebasing: zeros[..<count]), at: offset)
                }
                offset += count
            }
            if isDirty { try file.sync() }
        }
    }

    /// Segments are whole words long.
    private func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position < bytes.count {
            if bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) != 0 { return false }
            position += 8
        }
        return true
    }

    private func damage(_ number: Int, _ offset: Int) -> ArchiveError {
        ArchiveError(
            "\(store.name(of: number)) is damaged at offset \(offset): " + Self.remedy)
    }
}
