// BenchmarkTests
