/// Groups of the images of a train split: a text file with one line for each image, in the order of the images.
///
/// The group's key is the last comma-separated field of the line. Where that field is the name of an image file
/// (it ends in .ppm, .png, .jpg, .jpeg, .bmp or .pgm), what follows the last underscore of the name is dropped, so
/// that the frames of one track are one group: `00024/00002_00017.ppm` belongs to `00024/00002`. One more line than
/// images means that the first is a header. Groups are numbered in the order in which they first occur.
public enum GroupFile {
  /// The group of each of `count` images.
  public static func read(_ path: String, count: Int) throws(DatasetError) -> [Int] {
    var lines = try TextLines.read(path)
    if lines.count == count + 1 { lines.removeFirst() }
    guard lines.count == count else {
      throw DatasetError(
        .countMismatch, file: path, expected: "\(count) lines, one for each image of the train split",
        found: "\(lines.count)", cure: "list the images of all its files, in their order")
    }
    var numbers: [String: Int] = [:]
    return lines.map { line in
      let key = key(of: line)
      let number = numbers[key] ?? numbers.count
      numbers[key] = number
      return number
    }
  }

  /// The key of a line.
  static func key(of line: String) -> String {
    let field = TextLines.fields(line).last ?? ""
    let isImage = [".ppm", ".png", ".jpg", ".jpeg", ".bmp", ".pgm"].contains {
      field.lowercased().hasSuffix($0)
    }
    guard isImage, let underscore = field.lastIndex(of: "_") else { return field }
    if let slash = field.lastIndex(of: "/"), slash > underscore { return field }
    return String(field[..<underscore])
  }
}
