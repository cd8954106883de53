// OrderFlowTests
