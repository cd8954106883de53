import Testing
import Wire

/// The golden files: bytes and words, read and written.
@Suite struct VectorTests {
    @Test(arguments: Dialect.allCases)
    func `Every message has a vector`(_ dialect: Dialect) throws {
        let names = try VectorFile.all(dialect).map(\.name)
        #expect(names == dialect.templates.map { "\($0.id)-\($0.message.name).txt" })
    }

    @Test(arguments: Dialect.allCases)
    func `Bytes of a vector decode to its words`(_ dialect: Dialect) throws {
        for vector in try VectorFile.all(dialect) {
            let fields = describe(vector.bytes, dialect)
            #expect(fields.map(\.path) == vector.fields.map(\.path), "\(vector.name)")
            #expect(fields.map(\.offset) == vector.fields.map(\.offset), "\(vector.name)")
            #expect(fields.map(\.text) == vector.fields.map(\.words), "\(vector.name)")
        }
    }

    @Test(arguments: Dialect.allCases)
    func `Words of a vector encode to its bytes`(_ dialect: Dialect) throws {
        for vector in try VectorFile.all(dialect) {
            let (bytes, unknown) = try vector.sample().written()
            #expect(bytes == vector.bytes, "\(vector.name)")
            #expect(unknown.isEmpty, "\(vector.name)")
        }
    }

    @Test func `Requests among the vectors violate nothing`() throws {
        for vector in try VectorFile.all(.eti) {
            guard case .eti(let template) = try vector.sample().template else { continue }
            let violation = vector.bytes.withUnsafeBytes {
                template.firstViolation(in: $0.baseAddress!, length: $0.count)
            }
            #expect(violation == nil, "\(vector.name)")
        }
    }
}
