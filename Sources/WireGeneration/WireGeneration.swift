// WireGeneration
