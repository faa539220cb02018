import Foundation
import Testing

@testable import Datasets

/// Names and settings of augmentations: text, JSON, errors.
@Suite struct AugmentationSpecTests {
  private func error(_ text: String) -> AugmentationError? {
    do {
      _ = try AugmentationSpec.list(parsing: text)
      return nil
    } catch { return error }
  }

  @Test func readsTexts() throws {
    let flipAndShift = [try AugmentationSpec("flip"), try AugmentationSpec("shift")]
    for text in ["flip+shift", "flip,shift", " flip , shift ", "flip:p=0.5+shift", "flip:p=5e-1+shift"] {
      #expect(try AugmentationSpec.list(parsing: text) == flipAndShift, "\(text)")
    }
    #expect(try AugmentationSpec.list(parsing: "none").isEmpty && AugmentationSpec.list(parsing: "").isEmpty)
    let long = "flip+shift+color-jitter:brightness=0.4,contrast=0.4+auto-augment:policy=svhn+erase:value=random"
    let specs = try AugmentationSpec.list(parsing: long)
    #expect(specs.count == 5 && specs[2].settings == ["brightness": 0.4, "contrast": 0.4])
    #expect(specs[3].settings == ["policy": "svhn"] && specs[4].settings == ["value": "random"])
    #expect(AugmentationSpec.text(of: specs) == long)
    #expect(AugmentationSpec.text(of: []) == "none")
    let joined = try AugmentationSpec.list(parsing: "flip,mixup:alpha=2e-1")
    #expect(joined == [flipAndShift[0], try AugmentationSpec("mixup")])
    #expect(try AugmentationSpec.list(parsing: "erase:value=1e+1").first?.settings == ["value": 10])
  }

  @Test func writesBareNamesWhereNothingIsSet() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    func json(_ text: String) throws -> String {
      String(decoding: try encoder.encode(AugmentationSpec.list(parsing: text)), as: UTF8.self)
    }
    #expect(try json("flip,shift") == #"["flip","shift"]"#)
    #expect(try json("flip:p=0.5+auto-augment:policy=imagenet") == #"["flip","auto-augment"]"#)
    #expect(
      try json("rand-augment:magnitude=5+auto-augment:policy=cifar10")
        == #"[{"rand-augment":{"magnitude":5}},{"auto-augment":{"policy":"cifar10"}}]"#)
  }

  @Test func readsJSON() throws {
    func list(_ json: String) throws -> [AugmentationSpec] {
      try JSONDecoder().decode([AugmentationSpec].self, from: Data(json.utf8))
    }
    let texts = ["flip+shift", "crop:min_scale=0.25+erase:p=0.1,value=random+mixup", "none"]
    for text in texts {
      let specs = try AugmentationSpec.list(parsing: text)
      let data = try JSONEncoder().encode(specs)
      #expect(try JSONDecoder().decode([AugmentationSpec].self, from: data) == specs)
    }
    #expect(try list(#"["flip", {"shift": {}}]"#) == AugmentationSpec.list(parsing: "flip+shift"))
    for wrong in [
      #"["flap"]"#, #"[{"flip": {"q": 1}}]"#, #"[{"flip": {"p": 2}}]"#, #"[{"flip": {}, "shift": {}}]"#, #"[{}]"#,
      #"[1]"#, #"[{"flip": {"p": true}}]"#, #"[{"auto-augment": {"policy": 3}}]"#, #"[{"flip": {"p": "often"}}]"#,
    ] {
      #expect(throws: DecodingError.self, "\(wrong)") { try list(wrong) }
    }
  }

  @Test func errorsSayWhatIsWrong() throws {
    let texts: [(String, String)] = [
      ("flp", "unknown augmentation \"flp\"; there are: flip, "),
      ("colour-jitter:hue=0.1", "there are: color-jitter, "),
      ("autoaugment", "there are: auto-augment, "),
      ("flip:q=1", "flip has no parameter \"q\"; it has: p"),
      ("crop:min_scal=0.1", "it has: min_scale, "),
      ("flip:p=2", "flip: p is 2; expected a number from 0 to 1"),
      ("flip:p=often", "flip: p is often; expected a number from 0 to 1"),
      ("flip:p=nan", "expected a number from 0 to 1"),
      ("rand-augment:operations=1.5", "operations is 1.5; expected a whole number from 1 to 14"),
      ("rand-augment:magnitude=31", "magnitude is 31; expected at most 30"),
      ("auto-augment:policy=mnist", "policy is mnist; expected one of imagenet, cifar10, svhn"),
      ("erase:value=black", "expected a number from -1000 to 1000 or random"),
      ("crop:min_scale=0.5,max_scale=0.2", "min_scale is 0.5, above max_scale, which is 0.2"),
      ("color-jitter", "every strength is 0"),
      ("flip+flip", "flip is given twice"),
      ("flip:p=0.1,p=0.2", "p is given twice"),
      ("flip+", "a name is missing"),
      ("color-jitter:hue=0.1,flip", "\"flip\" after color-jitter: is not key=value"),
      ("flip:", "is not key=value"),
    ]
    for (text, wanted) in texts {
      let found = error(text)?.description ?? "no error"
      #expect(found.contains(wanted), "\(text): \(found)")
    }
  }

  /// Every entry: defaults within bounds, a bare spec or one setting that works, the stage that it says.
  @Test func theListIsSound() throws {
    let names = Augmentations.standard.map { $0.name }
    #expect(Set(names).count == names.count && !names.contains("none"))
    for type in Augmentations.standard {
      #expect(type.parameters.allSatisfy { $0.allows($0.standard) && !$0.meaning.isEmpty }, "\(type.name)")
      #expect(Set(type.parameters.map(\.name)).count == type.parameters.count)
      let spec = try type == ColorJitter.self ? AugmentationSpec(type.name, ["hue": 0.1]) : AugmentationSpec(type.name)
      #expect(spec.stage == type.stage)
      #expect(try AugmentationSpec.list(parsing: "\(spec)") == [spec])
      #expect(Swift.type(of: try spec.augmentation()) == type)
    }
  }
}
