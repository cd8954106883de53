import CBaselines
import Glibc

/// Places that are written to where an operation begins and where it ends, and then one for its kind: so
/// `Tools/cache-lines` finds the operations in a trace of all accesses to memory.
struct TraceMarks {
    private let kinds: [String]
    /// A byte each: begin, end, the kinds. Never given back, as nobody else may have them.
    private let places: UnsafeMutablePointer<UInt8>

    init(kinds: [String]) {
        self.kinds = kinds
        places = .allocate(capacity: 2 + kinds.count)
    }

    @inline(__always) func begin() { cbaselines_mark(places) }
    @inline(__always) func end() { cbaselines_mark(places + 1) }
    func note(kind: Int) { cbaselines_mark(places + 2 + kind) }

    /// Tells on the error output, where the trace is too, at which addresses the places lie, and whose other
    /// memory is.
    func announce(_ parts: [(StaticString, UnsafeRawBufferPointer)]) {
        var line = "\nmarks"
        for (index, name) in (["begin", "end"] + kinds).enumerated() {
            line += " \(name) \(hexadecimal(UInt(bitPattern: places + index)))"
        }
        line += " parts"
        for (name, extent) in parts {
            let start = UInt(bitPattern: extent.baseAddress)
            line += " \(name) \(hexadecimal(start)) \(hexadecimal(UInt(extent.count)))"
        }
        line += "\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
    }

    private func hexadecimal(_ number: UInt) -> String { String(number, radix: 16) }
}
