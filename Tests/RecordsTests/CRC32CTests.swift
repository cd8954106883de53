import CChecksum
import Records
import Testing

@Suite("CRC32C")
struct CRC32CTests {
    /// Division by the polynomial, bit by bit.
    private func naive(_ bytes: [UInt8], continuing before: UInt32 = 0) -> UInt32 {
        var rest = ~before
        for byte in bytes {
            for bit in 0..<8 {
                let incoming = UInt32(byte >> bit & 1) ^ rest & 1
                rest = rest >> 1 ^ (incoming == 1 ? 0x82F6_3B78 : 0)
            }
        }
        return ~rest
    }

    private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    @Test("Vectors of RFC 3720, appendix B.4")
    func vectors() {
        let cases: [([UInt8], UInt32)] = [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ((0..<32).map { $0 }, 0x46DD_794E),
            ((0..<32).reversed().map { $0 }, 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283),
        ]
        for (bytes, expected) in cases {
            #expect(bytes.withUnsafeBytes { CRC32C.of($0) } == expected)
            #expect(naive(bytes) == expected)
        }
    }

    @Test("Instruction and tables agree with division bit by bit, at every length and alignment")
    func allWays() {
        let all = bytes(200, seed: 1)
        for start in 0..<9 {
            for count in 0...(all.count - start) {
                let part = Array(all[start..<start + count])
                let expected = naive(part, continuing: UInt32(start))
                all.withUnsafeBytes { all in
                    let place = all.baseAddress! + start
                    #expect(cchecksum_crc32c(UInt32(start), place, count) == expected)
                    #expect(cchecksum_crc32c_by_tables(UInt32(start), place, count) == expected)
                    if cchecksum_has_instruction() != 0 {
                        #expect(
                            cchecksum_crc32c_by_instruction(UInt32(start), place, count)
                                == expected)
                    }
                }
            }
        }
    }

    @Test("Taken in piece by piece it is the same")
    func pieces() {
        let all = bytes(1000, seed: 2)
        let whole = all.withUnsafeBytes { CRC32C.of($0) }
        for cut in [0, 1, 7, 8, 500, 999, 1000] {
            var checksum = CRC32C()
            all.withUnsafeBytes {
                checksum.update(UnsafeRawBufferPointer(rebasing: $0[..<cut]))
                checksum.update(UnsafeRawBufferPointer(rebasing: $0[cut...]))
            }
            #expect(checksum.value == whole)
        }
        var words = CRC32C()
        words.update(0x0807_0605_0403_0201)
        #expect(words.value == naive([1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(CRC32C(continuing: words.value).value == words.value)
    }

    @Test("Every single bit matters")
    func singleBits() {
        let all = bytes(130, seed: 3)
        let whole = all.withUnsafeBytes { CRC32C.of($0) }
        for bit in 0..<all.count * 8 {
            var changed = all
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(changed.withUnsafeBytes { CRC32C.of($0) } != whole)
        }
    }
}
