import Platform

/// What the command line says about a venue, before any of it is believed.
///
/// Every option is the text that stood behind it, nil when it was not given.
public struct VenueOptions: Sendable, Equatable {
    /// `--config`: the configuration file; without it the demonstration market runs.
    public var config: String?
    /// `--name`: the venue's name on this machine.
    public var name: String?
    /// `--port`: where to listen, 0 for any free port.
    public var port: String?
    /// `--profile`: `laptop` or `latency`.
    public var profile: String?
    /// `--threads`: `dedicated`, `paired`, `single` or `automatic`.
    public var threads: String?
    /// `--feed`: `off`, or receivers as `[ADDRESS:]PORT`, separated by commas.
    public var feed: String?
    /// `--data-dir`: the folder that everything is kept in.
    public var dataDirectory: String?
    /// `--durability`: `none`, `async` or `sync`.
    public var durability: String?

    public init() {}

    /// The configuration in effect: the file's or the built-in one, then the options that win over it.
    /// `contentsOfFile` returns the bytes of the named file.
    public func configuration(
        contentsOfFile: (String) throws(FileError) -> [UInt8]
    ) throws(VenueOptionsError) -> Configuration {
        var configuration = Configuration.demonstration
        configuration.feed = FeedSettings()
        if let config {
            do {
                configuration = try Configuration(parsing: try contentsOfFile(config))
            } catch let error as FileError {
                throw VenueOptionsError(sentences: [error.description])
            } catch let error as ConfigurationError {
                throw VenueOptionsError(
                    sentences: error.issues.map { "\(config): \($0)" })
            } catch {
                preconditionFailure("reading a configuration throws one of the two")
            }
        }
        var problems: [String] = []
        apply(to: &configuration.runtime, &problems)
        applyFeed(to: &configuration.feed, &problems)
        applyDurability(to: &configuration.durability, &problems)
        guard problems.isEmpty else { throw VenueOptionsError(sentences: problems) }
        return configuration
    }

    private func apply(to runtime: inout RuntimeSettings, _ problems: inout [String]) {
        func apply<Value>(
            _ option: String, _ text: String?, to value: inout Value, _ expectation: String,
            read: (String) -> Value?
        ) {
            guard let text else { return }
            if let given = read(text) {
                value = given
            } else {
                problems.append("\(option): \(JSONValue.quoted(text)), expected \(expectation)")
            }
        }
        apply("--name", name, to: &runtime.name, RuntimeSettings.nameExpectation) {
            RuntimeSettings.isName($0) ? $0 : nil
        }
        apply("--port", port, to: &runtime.port, "a whole number from 0 to 65535") { UInt16($0) }
        apply("--profile", profile, to: &runtime.profile, choices(RuntimeSettings.Profile.self)) {
            RuntimeSettings.Profile(rawValue: $0)
        }
        apply("--threads", threads, to: &runtime.threads, choices(RuntimeSettings.Threads.self)) {
            RuntimeSettings.Threads(rawValue: $0)
        }
    }

    /// A folder alone means `async`; `none` alone gives up the folder of the configuration.
    private func applyDurability(
        to settings: inout DurabilitySettings, _ problems: inout [String]
    ) {
        if let dataDirectory {
            guard !dataDirectory.isEmpty, DurabilitySettings.isDataDirectory(dataDirectory) else {
                problems.append(
                    "--data-dir: \(JSONValue.quoted(dataDirectory)), expected the path of a folder, "
                        + "1 to 200 printable characters")
                return
            }
            settings.dataDirectory = dataDirectory
            if settings.mode == .none { settings.mode = .async }
        }
        if let durability {
            guard let mode = DurabilitySettings.Mode(rawValue: durability) else {
                problems.append(
                    "--durability: \(JSONValue.quoted(durability)), expected "
                        + choices(DurabilitySettings.Mode.self))
                return
            }
            settings.mode = mode
            if mode == .none, dataDirectory == nil { settings.dataDirectory = "" }
        }
        if let contradiction = settings.contradiction {
            problems.append("--durability: \(contradiction) (--data-dir DIR)")
        }
    }

    private func applyFeed(to settings: inout FeedSettings, _ problems: inout [String]) {
        guard let feed else { return }
        settings.receivers = []
        if feed == "off" { return }
        for text in feed.split(separator: ",", omittingEmptySubsequences: false) {
            guard let receiver = FeedAddress(text) else {
                problems.append(
                    "--feed: \(JSONValue.quoted(String(text))), expected off or a list of "
                        + FeedSettings.receiverExpectation)
                continue
            }
            settings.receivers.append(receiver)
        }
    }

    private func choices<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) -> String {
        "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }
}

/// Why a venue does not start with these options; a sentence for each reason.
public struct VenueOptionsError: Error, Sendable, Equatable {
    public var sentences: [String]

    public init(sentences: [String]) {
        self.sentences = sentences
    }
}
