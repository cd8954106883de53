import LinuxPlatform
import Streams

/// The heap object that keeps a shared region mapped for everybody who reads or writes it.
final class SharedPart: @unchecked Sendable {
    // Unchecked: the region's own state does not change; its bytes are guarded by their layouts.
    private let memory: SharedMemory

    init(_ memory: consuming SharedMemory) { self.memory = memory }

    /// A new part that is locked; nil when a program that lives has it.
    static func claim(
        _ part: SurfacePart, name: String, byteCount: Int
    ) throws(SurfaceError) -> SharedPart? {
        do throws(SystemError) {
            guard
                let memory = try SharedMemory.claim(
                    name: name, part: part.rawValue, count: byteCount)
            else { return nil }
            return SharedPart(memory)
        } catch {
            throw .system(error)
        }
    }

    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: memory.base, count: memory.count)
    }

    var region: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }

    var partMemory: PartMemory { PartMemory(bytes, owner: self) }

    var isCurrent: Bool { memory.isCurrent }

    var isLocked: Bool { memory.isLocked }
}
