extension Array where Element == UInt8 {
  /// `withUnsafeBytes` that keeps the type of the error.
  func withRawBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let result: Result<Value, Failure> = withUnsafeBytes { raw in
      do throws(Failure) { return .success(try body(raw)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
