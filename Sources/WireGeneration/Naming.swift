/// How schema names become Swift names.
enum Naming {
    /// Lowers the first word: `ClOrdID` becomes `clOrdID`, `FIXClOrdID` becomes `fixClOrdID`.
    static func lowerCamelCase(_ name: String) -> String {
        let run = name.prefix { $0.isUppercase }.count
        // In a run of capitals the last one opens the next word, unless the run is the whole name.
        let lowered = run <= 1 || run == name.count ? run : run - 1
        return name.prefix(lowered).lowercased() + name.dropFirst(lowered)
    }

    /// What a counter counts: `NoLegExecs` becomes `legExecs`.
    static func counted(_ counter: String) -> String {
        lowerCamelCase(counter.hasPrefix("No") ? String(counter.dropFirst(2)) : counter)
    }
}

extension Schema.Field {
    var swiftName: String { Naming.lowerCamelCase(name) }

    var swiftType: String {
        switch type {
        case .u8, .char: "UInt8"
        case .u16: "UInt16"
        case .u32: "UInt32"
        case .u64: "UInt64"
        case .i8: "Int8"
        case .i16: "Int16"
        case .i32: "Int32"
        case .i64: "Int64"
        case .text, .bytes: "UnsafeRawBufferPointer"
        }
    }

    /// The constant of `Null` that means no value; texts have none, their first byte decides.
    var swiftNull: String? {
        switch type {
        case .u8: "Null.u8"
        case .u16: "Null.u16"
        case .u32: "Null.u32"
        case .u64: "Null.u64"
        case .i8: "Null.i8"
        case .i16: "Null.i16"
        case .i32: "Null.i32"
        case .i64: "Null.i64"
        case .char: "Null.char"
        case .text, .bytes: nil
        }
    }

    /// The bytes that mean no value.
    var nullBytes: [UInt8] {
        if unit == "bits" { return [UInt8](repeating: 0, count: size) }
        return switch type {
        case .u8, .u16, .u32, .u64: [UInt8](repeating: 0xFF, count: size)
        case .i8, .i16, .i32, .i64: [UInt8](repeating: 0, count: size - 1) + [0x80]
        case .char, .text, .bytes: [UInt8](repeating: 0, count: size)
        }
    }
}

extension Schema.Message {
    var swiftCase: String { Naming.lowerCamelCase(name) }
    var viewName: String { dialect.prefix + name + "View" }
    var writerName: String { dialect.prefix + name + "Writer" }
    var templateTypeName: String { dialect.prefix + "TemplateID" }
}
