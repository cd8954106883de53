import FuzzTargets
import Glibc

/// The target of this process: `--target=NAME` among the arguments, which libFuzzer passes over because
/// of the two dashes.
nonisolated(unsafe) private(set) var chosen: FuzzTarget? = nil

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    let prefix = "--target="
    for index in 1..<max(1, Int(count.pointee)) {
        guard let text = arguments.pointee[index].map({ String(cString: $0) }),
            text.hasPrefix(prefix)
        else { continue }
        chosen = FuzzTarget.named(String(text.dropFirst(prefix.count)))
    }
    guard chosen != nil else {
        let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
        let sentence = "apus-fuzzer: --target=NAME is needed, one of \(names)\n"
        _ = write(STDERR_FILENO, sentence, sentence.utf8.count)
        exit(2)
    }
    return 0
}
