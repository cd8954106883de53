// VenueTests
