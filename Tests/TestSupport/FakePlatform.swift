// The fakes have a room of their own, so that programs without tests can have them too.
@_exported import FakePlatform
