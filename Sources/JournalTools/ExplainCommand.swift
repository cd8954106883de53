import DataOutput
import Domain
import Engine

/// `apus-journal explain`: the life of one order.
struct ExplainCommand {
    let order: OrderID

    func run(_ history: KeptHistory, _ output: ToolOutput) throws {
        let end = try history.end()
        var walk = try ReplayWalk(
            history, from: Partition(history.partition), through: end.lastSequence)
        var story = OrderStory(order, history.names)
        while !story.hasEnded, let command = try walk.next() {
            output.passed(command.sequence, of: end.lastSequence)
            story.take(command, try walk.events())
        }
        story.finish()
        guard !story.isEmpty else {
            throw JournalToolError("no order \(order.raw) is in the journal")
        }
        for sentence in story.sentences {
            if output.isJSON {
                output.object {
                    $0.field("sequence", sentence.sequence)
                    $0.field("time", sentence.time.nanos)
                    $0.field("text", sentence.text)
                }
            } else {
                output.add(
                    "\(NumberText.exactMoment(sentence.time)) (command \(sentence.sequence)) "
                        + sentence.text)
            }
        }
    }
}
