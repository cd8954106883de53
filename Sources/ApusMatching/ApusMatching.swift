// The product ApusMatching, libApusMatching.so: the room EmbeddedMatching with the Swift libraries it needs,
// of which nothing is to be seen but the functions of apus_matching.h.
@_exported import EmbeddedMatching
