import Glibc

#if canImport(CZlib)
    import CZlib
#endif

/// Reads whole files, plain or gzip; which of the two a file is, its first bytes say.
public enum InputFile {
    /// Whether this build can read gzip files.
    static var readsGzip: Bool {
        #if canImport(CZlib)
            true
        #else
            false
        #endif
    }

    public static func read(_ path: String) throws(ToolError) -> [UInt8] {
        try unpack(readPlain(path), path: path)
    }

    /// The content of a file whose bytes these are.
    package static func unpack(_ plain: [UInt8], path: String) throws(ToolError) -> [UInt8] {
        guard plain.count >= 2, plain[0] == 0x1f, plain[1] == 0x8b else { return plain }
        #if canImport(CZlib)
            return try inflate(plain, path: path)
        #else
            throw .input(
                "\(path) is compressed and this build has no zlib: install zlib1g-dev and "
                    + "rebuild, or gunzip the file first")
        #endif
    }

    private static func readPlain(_ path: String) throws(ToolError) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw .input("\(path) cannot be opened: \(systemText(errno))")
        }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            content.append(contentsOf: chunk[0..<count])
        }
        guard ferror(file) == 0 else {
            throw .input("\(path) cannot be read: \(systemText(errno))")
        }
        return content
    }

    #if canImport(CZlib)
        private static func inflate(_ packed: [UInt8], path: String) throws(ToolError) -> [UInt8] {
            var stream = z_stream()
            // 16 + 15: a gzip header, and the largest window.
            let started = inflateInit2_(
                &stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard started == Z_OK else {
                throw .input("\(path): zlib could not start (\(started))")
            }
            defer { inflateEnd(&stream) }
            var content: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 256 * 1024)
            var source = packed
            let result = source.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                var result = Z_OK
                while true {
                    let produced = chunk.withUnsafeMutableBufferPointer { output -> Int in
                        stream.next_out = output.baseAddress
                        stream.avail_out = UInt32(output.count)
                        result = CZlib.inflate(&stream, Z_NO_FLUSH)
                        return output.count - Int(stream.avail_out)
                    }
                    content.append(contentsOf: chunk[0..<produced])
                    if result == Z_STREAM_END, stream.avail_in > 0 {
                        // gzip files may be several members in a row.
                        if inflateReset(&stream) == Z_OK { continue }
                    }
                    if result != Z_OK || produced == 0 { return result }
                }
            }
            guard result == Z_STREAM_END else {
                throw .input("\(path) is not a whole gzip file: expected its end (zlib \(result))")
            }
            return content
        }
    #endif
}

/// What the system calls an error number.
func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }
