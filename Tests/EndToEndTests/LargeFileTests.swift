import Foundation
import Testing

#if os(Linux)
  /// A feature file larger than the memory that the program may have.
  struct LargeFileTests {
    /// Three gigabytes, all zeros but for the last row, which are no blocks on the disk.
    @Test func fitsUnderALimit() throws {
      let tool = try Tool()
      defer { tool.remove() }
      let (rows, columns) = (720_896, 1024)
      var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
      while (header.utf8.count + 11) % 64 != 0 { header += " " }
      header += "\n"
      let start = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(header.utf8.count), 0]) + Data(header.utf8)
      let path = tool.path("large.npy")
      try start.write(to: URL(fileURLWithPath: path))
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seek(toOffset: UInt64(start.count + (rows - 1) * columns * 4))
      try file.write(contentsOf: [Float](repeating: 1, count: columns).withUnsafeBytes { Data($0) })
      try file.close()

      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      // Kilobytes of address space: more than LibTorch takes, less than the file.
      process.arguments = [
        "-c", "ulimit -v 2600000; exec \"$0\" analyze sparsity \"$1\" --json", Tool.executable.path, path,
      ]
      let (output, errors) = (Pipe(), Pipe())
      (process.standardOutput, process.standardError) = (output, errors)
      try process.run()
      let text = output.fileHandleForReading.readDataToEndOfFile()
      let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(complaint)")
      let result = try JSONSerialization.jsonObject(with: text) as? [String: [[String: Any]]]
      #expect(result?["layers"]?.first?["nonzero_fraction"] as? Double == 1 / Double(rows))
    }
  }
#endif
