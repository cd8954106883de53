/// The raw values that mean "no value" on the wire.
///
/// Texts and byte arrays have no constant here: they are empty when their first byte is zero.
public enum Null {
    @inlinable public static var u8: UInt8 { .max }
    @inlinable public static var u16: UInt16 { .max }
    @inlinable public static var u32: UInt32 { .max }
    @inlinable public static var u64: UInt64 { .max }
    @inlinable public static var i8: Int8 { .min }
    @inlinable public static var i16: Int16 { .min }
    @inlinable public static var i32: Int32 { .min }
    @inlinable public static var i64: Int64 { .min }
    /// Prices (8 decimals) and quantities (4 decimals) are signed integers on the wire.
    @inlinable public static var price: Int64 { .min }
    @inlinable public static var quantity: Int64 { .min }
    /// Enumerations of characters use the zero byte.
    @inlinable public static var char: UInt8 { 0 }
}
