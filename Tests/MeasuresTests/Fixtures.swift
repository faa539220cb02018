import Features
import Foundation
import Measures

/// The file called `name` that generate.py wrote.
func fixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
}

/// What generate.py expects of a case, as JSON.
func expected<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
  let all = try JSONSerialization.jsonObject(
    with: Data(contentsOf: URL(fileURLWithPath: fixture("expected.json"))))
  let part = (all as? [String: Any])?[name] ?? [:]
  return try JSONDecoder().decode(Value.self, from: JSONSerialization.data(withJSONObject: part))
}

/// Whether two figures agree to `tolerance` of max(1, size), or are both missing.
func agree(_ a: Double?, _ b: Double?, _ tolerance: Double = 1e-9) -> Bool {
  guard let a, let b else { return a == nil && b == nil }
  return abs(a - b) <= tolerance * max(1, abs(b))
}
