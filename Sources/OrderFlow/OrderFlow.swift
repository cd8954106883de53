// OrderFlow
