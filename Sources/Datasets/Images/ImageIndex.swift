/// Pictures of one split with their labels, as found; nothing decoded.
struct ImageIndex {
  var store: any ImageStore
  var labels: [Int]
  var classNames: [String]
  /// The pictures of the split, as places in the store; nil for all.
  var places: [Int32]?
  /// Files beside the pictures.
  var passedOver = FilesPassedOver()
  /// The group of each picture, where the set tells it.
  var groups: [Int]?

  /// The samples of the split. Without a size asked for, pictures that all have one size keep it; others become
  /// 224 x 224. Only the headers of up to 64 pictures are looked at.
  func samples(_ reference: DataReference) throws(DatasetError) -> Samples {
    var images = EncodedImages(
      store, places: places, input: try reference.input(), policy: reference.onBadImage ?? .stop)
    images.passedOver = passedOver
    let shape = Self.shape(of: images, asked: reference.size)
    return Samples(encoded: images, labels: labels, shape: shape, classNames: classNames, groups: groups)
  }

  private static func shape(of images: EncodedImages, asked size: [Int]?) -> ImageShape {
    let reader = ImageReader()
    var sizes: Set<[Int]> = []
    var isGray = images.count > 0
    let step = max(images.count / 64, 1)
    for index in stride(from: 0, to: images.count, by: step) {
      // A bad one says nothing of the size, and is found again when it is needed.
      guard let header = try? reader.header(images, index) else { continue }
      sizes.insert([header.height, header.width])
      isGray = isGray && header.isGray
    }
    let channels = isGray && !sizes.isEmpty ? 1 : 3
    if let size { return ImageShape(channels: channels, height: size[0], width: size[size.count - 1]) }
    if sizes.count == 1, let only = sizes.first, only[0] <= 512, only[1] <= 512 {
      return ImageShape(channels: channels, height: only[0], width: only[1])
    }
    return ImageShape(channels: channels, height: 224, width: 224)
  }
}
