import Testing
import Wire

/// The golden files: bytes and words, read and written.
@Suite struct VectorTests {
    @Test func `Every message has a vector`() throws {
        let names = try VectorFile.all().map(\.name)
        #expect(
            names == TemplateID.allCases.map { "\($0.rawValue)-\($0.schemaName).txt" })
    }

    @Test func `Bytes of a vector decode to its words`() throws {
        for vector in try VectorFile.all() {
            let fields = describe(vector.bytes)
            #expect(fields.map(\.path) == vector.fields.map(\.path), "\(vector.name)")
            #expect(fields.map(\.offset) == vector.fields.map(\.offset), "\(vector.name)")
            #expect(fields.map(\.text) == vector.fields.map(\.words), "\(vector.name)")
        }
    }

    @Test func `Words of a vector encode to its bytes`() throws {
        for vector in try VectorFile.all() {
            let (bytes, unknown) = try vector.sample().written()
            #expect(bytes == vector.bytes, "\(vector.name)")
            #expect(unknown.isEmpty, "\(vector.name)")
        }
    }

    @Test func `Requests among the vectors violate nothing`() throws {
        for vector in try VectorFile.all() {
            let template = try vector.sample().template
            let violation = vector.bytes.withUnsafeBytes {
                template.firstViolation(in: $0.baseAddress!, length: $0.count)
            }
            #expect(violation == nil, "\(vector.name)")
        }
    }
}
