/// Claims of a specification's author.
extension SpecificationSchema {
  /// The list `claims`.
  var claims: SchemaValue {
    let entry = SchemaValue.object(SpecificationReader.claimKeys, claim, required: ["name"])
    return .array(entry.with(["oneOf": Self.one(of: SpecificationReader.relations)]), from: 0)
  }

  /// The keys of an entry of `claims`.
  private var claim: [String: SchemaValue] {
    var keys: [String: SchemaValue] = ["name": .someText, "statement": .someText]
    for relation in SpecificationReader.relations { keys[relation] = self.relation(relation) }
    return keys
  }

  private func relation(_ kind: String) -> SchemaValue {
    let partners = SpecificationReader.partners(kind)
    var keys = quantity
    for key in partners {
      keys[key] = key == "with" ? .object(SpecificationReader.quantity, quantity, required: ["measure"]) : .someText
    }
    for key in SpecificationReader.bounds { keys[key] = ["type": "number"] }
    keys["within"] = .positive()
    return SchemaValue.object(
      SpecificationReader.quantity + partners + SpecificationReader.bounds, keys, required: ["measure"] + partners
    ).with(["oneOf": Self.one(of: SpecificationReader.bounds)])
  }

  private var quantity: [String: SchemaValue] {
    ["measure": .someText, "target": .someText, "split": .names(["train", "test"])]
  }

  /// Exactly one of some keys.
  static func one(of keys: [String]) -> SchemaValue {
    .list(keys.map { ["required": .list([.text($0)])] })
  }
}
