import Domain
import Rings

// The records that a venue shows other programs say themselves how long they are, so that a reader
// the venue does not know of can walk their rings.

extension Event: SlottedRecord {}

extension RequestStamps: SlottedRecord {}
