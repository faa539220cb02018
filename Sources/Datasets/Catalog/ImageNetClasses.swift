/// The classes of ImageNet-1k and of the test sets that use some of them.
///
/// A class's number is the place of its WordNet id among all in ascending order, as everywhere since torchvision and
/// Caffe; the development kit's own numbers (ILSVRC2012_ID) differ. The lists are those of timm 1.0.31
/// (timm/data/_info/imagenet_synsets.txt, imagenet_a_synsets.txt, imagenet_r_synsets.txt). Their numbers are all those in
/// eval.py of hendrycks/natural-adv-examples and of hendrycks/imagenet-r, compared in whole.
public enum ImageNetClasses {
  /// All 1000 WordNet ids, such as "n01440764", in the order of their numbers.
  public static let wordNetIDs: [String] = ids(allText)

  /// The 200 classes of ImageNet-A, as WordNet ids in ascending order.
  public static let adversarial: [String] = ids(adversarialText)

  /// The 200 classes of ImageNet-R, as WordNet ids in ascending order.
  public static let renditions: [String] = ids(renditionsText)

  /// The classes among which answers to a listed set are sought, by number: those of ImageNet-A and -R; nil for others.
  public static func mask(ofSet name: String) -> [Int]? {
    switch name {
    case "imagenet-a": numbers(of: adversarial)
    case "imagenet-r": numbers(of: renditions)
    default: nil
    }
  }

  /// The numbers, among the 1000, of some of the classes, in the order given; ids that are none are left out.
  public static func numbers(of wordNetIDs: [String]) -> [Int] {
    wordNetIDs.compactMap { number[$0] }
  }

  /// For each of the 1000 classes, whether it is one of these.
  public static func mask(of wordNetIDs: [String]) -> [Bool] {
    var mask = [Bool](repeating: false, count: self.wordNetIDs.count)
    for place in numbers(of: wordNetIDs) { mask[place] = true }
    return mask
  }

  private static let number = Dictionary(
    wordNetIDs.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })

  private static func ids(_ text: String) -> [String] {
    text.split { $0 == " " || $0 == "\n" }.map { "n" + $0 }
  }
}
