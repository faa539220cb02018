import Torch

/// Weights that cannot be taken from a file or written to one.
public enum StateDictionaryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be opened, read or written.
  case file(ArrayFileError)
  /// A file of torch.save.
  case pickled(file: String)
  /// Arrays of integers or truth values where weights belong.
  case notNumbers(file: String, names: [String])
  /// Arrays with NaN or infinities.
  case notFinite(file: String, names: [String])
  /// Names or shapes other than the network's, all of them.
  case doesNotFit(file: String, network: String, StateDictionary.Comparison)
  /// The network itself cannot be made.
  case network(NetworkError)

  /// What is wrong, each name on a line of its own, with the cure.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .pickled(let file): "\(file) is a file of torch.save, which only Python can read: \(Self.conversion(of: file))"
    case .notNumbers(let file, let names):
      "\(file): expected F16, BF16, F32 or F64, found other types in: \(names.joined(separator: ", "))"
    case .notFinite(let file, let names): "\(file): NaN or infinity in: \(names.joined(separator: ", "))"
    case .doesNotFit(let file, let network, let comparison):
      "\(file) does not fit \(network):\n\(comparison)"
    case .network(let error): error.description
    }
  }

  /// The line of Python that turns `file` into .safetensors.
  private static func conversion(of file: String) -> String {
    let stem = file.hasSuffix(".pth") ? file.dropLast(4) : file.hasSuffix(".pt") ? file.dropLast(3) : file[...]
    return """
      run\n  python -c "import sys, torch; from safetensors.torch import save_file; \
      d = torch.load(sys.argv[1], map_location='cpu', weights_only=True); d = d.get('state_dict', d); \
      save_file({k: v.clone().contiguous() for k, v in d.items()}, sys.argv[2])" '\(file)' '\(stem).safetensors'
      """
  }
}
