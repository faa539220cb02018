import Foundation
import Testing

/// The commands on pictures, as a user calls them.
@Suite(.serialized) struct PictureCommandTests {
  /// A folder tree made by the program's own drawings, written as PNG by the contact sheet: one picture a file.
  private func pictures(_ tool: Tool) throws {
    for (split, count) in [("train", 24), ("test", 8)] {
      for name in ["a", "b"] {
        let folder = tool.folder.appendingPathComponent("photos/\(split)/\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<count {
          // Binary netpbm needs no encoder.
          var bytes = Array("P6 40 36 255\n".utf8)
          for place in 0..<40 * 36 {
            let value = UInt8(truncatingIfNeeded: place * (number + 3) / 11 + (split == "test" ? 57 : 0))
            bytes += name == "a" ? [value, 30, 40] : [30, 40, value]
          }
          try Data(bytes).write(to: folder.appendingPathComponent("\(number).ppm"))
        }
      }
    }
  }

  @Test func verifyPackPreviewTrainEvaluate() throws {
    let tool = try Tool()
    defer { tool.remove() }
    try pictures(tool)
    let info = try tool.run("data", "info", "folder:photos", "--json")
    #expect(info.code == 0, "\(info.errors)")
    #expect(info.json["n"] as? Int == 48 && info.json["shape"] as? [Int] == [3, 36, 40])
    let sound = try tool.run("data", "verify", "photos", "--json")
    #expect(sound.code == 0, "\(sound.errors)")
    #expect(sound.json["n"] as? Int == 64 && (sound.json["bad"] as? [Any])?.isEmpty == true)

    let pack = try tool.run("data", "pack", "folder:photos", "--out", "p.pack", "--side", "24", "--json")
    #expect(pack.code == 0, "\(pack.errors)")
    #expect(pack.json["n"] as? Int == 64)
    #expect(try tool.run("data", "verify", "pack:p.pack").code == 0)

    let preview = try tool.run("data", "preview", "pack:p.pack", "--out", "views.png", "--samples", "3")
    #expect(preview.code == 0, "\(preview.errors)")
    let png = try Data(contentsOf: tool.folder.appendingPathComponent("views.png"))
    #expect(png.starts(with: [0x89, 0x50, 0x4e, 0x47]))

    let training = try tool.run(
      "train", "--network", "convnet", "--width", "4", "--objective", "softmax", "--data", "pack:p.pack",
      "--image-size",
      "24", "--augment", "crop+flip", "--epochs", "2", "--batch", "8", "--threads", "1", "--out", "run", "--json")
    #expect(training.code == 0, "\(training.errors)")
    let evaluation = try tool.run("evaluate", "run", "--data", "folder:photos", "--json")
    #expect(evaluation.code == 0, "\(evaluation.errors)")
    #expect(evaluation.json["n"] as? Int == 16)
    let extraction = try tool.run(
      "extract", "run", "--data", "folder:photos", "--split", "train", "--out", "f.safetensors", "--json")
    #expect(extraction.code == 0, "\(extraction.errors)")
    #expect(extraction.json["n"] as? Int == 48)
    // A set of test images alone is taken whole.
    let only = tool.folder.appendingPathComponent("only")
    try FileManager.default.createDirectory(at: only, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: tool.folder.appendingPathComponent("photos/test"), to: only.appendingPathComponent("test"))
    for split in [[], ["--split", "test"]] {
      let whole = try tool.run(["evaluate", "run", "--data", "folder:only", "--json"] + split)
      #expect(whole.json["n"] as? Int == 16, "\(split): \(whole.errors)")
    }
  }

  @Test func badPicturesByPolicy() throws {
    let tool = try Tool()
    defer { tool.remove() }
    try pictures(tool)
    let bad = tool.folder.appendingPathComponent("photos/train/a/bad.jpg")
    try Data("nothing like a picture".utf8).write(to: bad)
    let verify = try tool.run("data", "verify", "photos", "--out", "found.json")
    #expect(verify.code == 3 && verify.output.contains("train/a/bad.jpg"))
    let found =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: tool.folder.appendingPathComponent("found.json"))) as? [String: Any]
    #expect((found?["bad"] as? [[String: Any]])?.first?["file"] as? String == "train/a/bad.jpg")
    func train(_ policy: String, _ out: String) throws -> Tool.Result {
      try tool.run(
        "train", "--network", "convnet", "--width", "4", "--objective", "softmax", "--data", "folder:photos",
        "--image-size", "24", "--augment", "crop", "--epochs", "1", "--batch", "8", "--holdout", "0", "--on-bad-image",
        policy, "--threads", "1", "--out", out)
    }
    let stopped = try train("stop", "stopped")
    #expect(stopped.code == 3 && stopped.errors.contains("train/a/bad.jpg"))
    let listed = try train("list", "listed")
    #expect(listed.code == 3 && listed.errors.contains("train/a/bad.jpg"))
    let skipped = try train("skip", "skipped")
    #expect(skipped.code == 0 && skipped.errors.contains("left out: train/a/bad.jpg"))
    let pack = try tool.run("data", "pack", "folder:photos", "--out", "p.pack")
    #expect(pack.code == 3 && !FileManager.default.fileExists(atPath: tool.path("p.pack")))
    let wrong = try train("ignore", "wrong")
    #expect(wrong.code == 2 && wrong.errors.contains("stop, skip, list"))
  }

  @Test func aKilledPackGoesOnToTheSameBytes() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let folder = tool.folder.appendingPathComponent("many/train/a")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for number in 0..<1500 {
      var bytes = Array("P6 64 64 255\n".utf8)
      for place in 0..<64 * 64 * 3 { bytes.append(UInt8(truncatingIfNeeded: place &* (number % 200 + 7) / 13)) }
      try Data(bytes).write(to: folder.appendingPathComponent("\(10_000 + number).ppm"))
    }
    let whole = try tool.run("data", "pack", "folder:many", "--out", "whole.pack", "--json")
    #expect(whole.code == 0, "\(whole.errors)")
    let process = Process()
    process.executableURL = Tool.executable
    process.arguments = ["data", "pack", "folder:many", "--out", "killed.pack", "--json"]
    process.currentDirectoryURL = tool.folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // As soon as the first pictures are safe.
    let journal = tool.path("killed.pack.journal")
    while process.isRunning {
      let size = (try? FileManager.default.attributesOfItem(atPath: journal)[.size] as? Int) ?? 0
      if size > 2000 { break }
      usleep(500)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let resumed = try tool.run("data", "pack", "folder:many", "--out", "killed.pack", "--json")
    #expect(resumed.code == 0, "\(resumed.errors)")
    if process.terminationReason == .uncaughtSignal { #expect((resumed.json["resumed"] as? Int ?? 0) >= 256) }
    #expect(resumed.json["sha256"] as? String == whole.json["sha256"] as? String)
    let files = ["whole.pack", "killed.pack"].map { tool.folder.appendingPathComponent($0) }
    #expect(try Data(contentsOf: files[0]) == Data(contentsOf: files[1]))
    #expect(!FileManager.default.fileExists(atPath: journal))
  }

  @Test func listsAndRefusals() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let list = try tool.run("data", "list", "--json")
    #expect(list.code == 0 && (list.json["datasets"] as? [Any])?.count ?? 0 > 30)
    let flowers = try tool.run("data", "list", "flowers102")
    #expect(flowers.code == 0 && flowers.output.contains("mean_per_class"))
    #expect(try tool.run("data", "list", "flowers").code != 0)
    let byHand = try tool.run("data", "fetch", "imagenet")
    #expect(byHand.code == 3 && !byHand.errors.isEmpty)
    #expect(try tool.run("data", "fetch", "cifar10", "--dry-run").output.contains("https://"))
    let missing = try tool.run("data", "info", "folder:nowhere")
    #expect(missing.code == 3 && missing.errors.contains("nowhere"))
    #expect(try tool.run("data", "preview", "glyphs", "--augment", "flipp", "--out", "x.png").code == 2)
    #expect(try tool.run("data", "info", "glyphs", "--fit", "middle").code == 2)
  }
}
