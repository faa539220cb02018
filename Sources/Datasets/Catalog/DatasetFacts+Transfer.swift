extension DatasetFacts {
  /// Sets of photographs that representations are carried over to, the first half. Splits and metrics are those of
  /// the linear-probe protocol of SimCLR (Chen et al., 2020, appendix B.8).
  static let transferSets: [DatasetFacts] = [food101, birdsnap, sun397, cars, pets, flowers102]

  private static let food101 = DatasetFacts(
    name: "food101", title: "Food-101", classes: 101, parts: Part.split(train: 75_750, test: 25_250),
    imageSize: "varies", channels: 3, metric: .top1,
    layout: "images/CLASS/NUMBER.jpg with meta/classes.txt, meta/train.txt and meta/test.txt (CLASS/NUMBER a line), "
      + "also in food-101/",
    citation: Citation(
      authors: "Bossard, Guillaumin, Van Gool", year: 2014,
      title: "Food-101: Mining Discriminative Components with Random Forests", venue: "ECCV"),
    homepage: "https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/",
    licence: .stated(
      "the images come from Foodspotting: uses beyond scientific fair use must be agreed with their owners",
      at: "the set's license_agreement.txt as quoted in github.com/huggingface/datasets: datasets/food101/README.md"),
    tags: [.fineGrained],
    downloads: [
      Download(
        "food-101.tar.gz", "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz", bytes: 4_996_278_331,
        sha256: "d97d15e438b7f4498f96086a4f7e2fa42a32f2712e87d3295441b2b6314053a4",
        md5: "85eeb15f3717b99a5da872d97d918f87",
        seenAt: .tfds("url_checksums/food101.txt"), .torchvision("food101.py"))
    ],
    notes: "The training labels were not cleaned; the longer side has at most 512 pixels.")

  private static let birdsnap = DatasetFacts(
    name: "birdsnap", title: "Birdsnap", classes: 500, parts: Part.split(train: 47_386, test: 2_443),
    imageSize: "varies", channels: 3, metric: .top1,
    layout: "species.txt, images.txt and test_images.txt with the images in download/images/ under the paths that "
      + "images.txt names, also in birdsnap/",
    citation: Citation(
      authors: "Berg, Liu, Lee, Alexander, Jacobs, Belhumeur", year: 2014,
      title: "Birdsnap: Large-scale Fine-grained Visual Categorization of Birds", venue: "CVPR"),
    homepage: "http://thomasberg.org",
    licence: .notStated(
      at: "the set's readme.txt as kept in github.com/jonathantcallahan/birdboy: birdsnap_content/readme.txt"),
    tags: [.fineGrained],
    downloads: [
      Download(
        "birdsnap.tgz", "http://thomasberg.org/datasets/birdsnap/1.1/birdsnap.tgz",
        md5: "1788158175f6ae794aebf27bcd7a3f5d",
        seenAt: .github("JonasGeiping/breaching", "breaching/cases/data/datasets_vision.py"))
    ],
    needsForm: "the archive holds lists only: get_birdsnap.py in it downloads the images from Flickr",
    notes: "49,829 images are listed; many are gone from Flickr, so the counts of today's copies differ and their "
      + "results are not those of the literature. Some of its birds are also classes of ImageNet.")

  private static let sun397 = DatasetFacts(
    name: "sun397", title: "SUN397, split 1", classes: 397, parts: Part.split(train: 19_850, test: 19_850),
    imageSize: "varies", channels: 3, metric: .top1,
    layout: "SUN397/LETTER/CLASS/sun_*.jpg with SUN397/ClassName.txt; Training_01.txt and Testing_01.txt (paths from "
      + "SUN397/) beside it, in it, or in Partitions/",
    citation: Citation(
      authors: "Xiao, Hays, Ehinger, Oliva, Torralba", year: 2010,
      title: "SUN Database: Large-scale Scene Recognition from Abbey to Zoo", venue: "CVPR"),
    homepage: "https://vision.princeton.edu/projects/2010/SUN/", licence: .noneKnown, tags: [],
    downloads: [
      Download(
        "SUN397.tar.gz", "https://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz", bytes: 39_077_296_924,
        sha256: "f404130965a7ad77bed5ececc71e720ab50f3cc1e1bb257257610d38f3b928ec",
        seenAt: .tfds("datasets/sun397/checksums.tsv")),
      Download(
        "Partitions.zip", "https://vision.princeton.edu/projects/2010/SUN/download/Partitions.zip",
        bytes: 18_293_705, sha256: "e3311ea5f812d4cc6faef194688343d1111f6cd6f70f2c62f393c2b8d6ba1ec9",
        seenAt: .tfds("datasets/sun397/checksums.tsv")),
    ],
    notes: "The archive has 108,753 (or, by its authors' count, 108,754) images; a split uses 50 + 50 a class. "
      + "torchvision 0.28.0 gives the same address with http.")

  private static let cars = DatasetFacts(
    name: "cars", title: "Stanford Cars", classes: 196, parts: Part.split(train: 8_144, test: 8_041),
    imageSize: "varies", channels: 3, metric: .top1,
    layout: "cars_train/*.jpg and cars_test/*.jpg with devkit/cars_meta.mat, devkit/cars_train_annos.mat and "
      + "cars_test_annos_withlabels.mat, also in stanford_cars/",
    citation: Citation(
      authors: "Krause, Stark, Deng, Fei-Fei", year: 2013,
      title: "3D Object Representations for Fine-Grained Categorization", venue: "3dRR workshop, ICCV"),
    homepage: "https://ai.stanford.edu/~jkrause/cars/car_dataset.html", licence: .noneKnown,
    tags: [.fineGrained],
    downloads: [
      car(
        "cars_train.tgz", "http://ai.stanford.edu/~jkrause/car196/cars_train.tgz", 979_269_282,
        "512b227b30e2f0a8aab9e09485786ab4479582073a144998da74d64b801fd288"),
      car(
        "cars_test.tgz", "http://ai.stanford.edu/~jkrause/car196/cars_test.tgz", 977_350_468,
        "bffea656d6f425cba3c91c6d83336e4c5f86c6cffd8975b0f375d3a10da8e243"),
      car(
        "car_devkit.tgz", "https://ai.stanford.edu/~jkrause/cars/car_devkit.tgz", 330_960,
        "b97deb463af7d58b6bfaa18b2a4de9829f0f79e8ce663dfa9261bf7810e9accd"),
      car(
        "cars_test_annos_withlabels.mat",
        "http://ai.stanford.edu/~jkrause/car196/cars_test_annos_withlabels.mat", 185_758,
        "790f75be8ea34eeded134cc559332baf23e30e91367e9ddca97d26ed9b895f05"),
    ],
    needsForm: "its addresses stopped answering (torchvision 0.28.0 no longer downloads it): copies that others keep "
      + "can be checked with the SHA-256 here")

  private static func car(_ file: String, _ url: String, _ bytes: Int, _ sha256: String) -> Download {
    Download(file, url, bytes: bytes, sha256: sha256, seenAt: .tfds("url_checksums/cars196.txt"))
  }

  private static let pets = DatasetFacts(
    name: "pets", title: "Oxford-IIIT Pets", classes: 37, parts: Part.split(train: 3_680, test: 3_669),
    imageSize: "varies", channels: 3, metric: .meanPerClass,
    layout: "images/*.jpg with annotations/trainval.txt and annotations/test.txt (name, class from 1, species, breed), "
      + "also in oxford-iiit-pet/",
    citation: Citation(
      authors: "Parkhi, Vedaldi, Zisserman, Jawahar", year: 2012, title: "Cats and Dogs", venue: "CVPR"),
    homepage: "https://www.robots.ox.ac.uk/~vgg/data/pets/",
    licence: .stated(
      "CC BY-SA 4.0", at: "huggingface.co/datasets/pcuenq/oxford-pets: README.md, which refers to the homepage"),
    tags: [.fineGrained, .overlapsSource],
    downloads: [
      Download(
        "images.tar.gz", "https://thor.robots.ox.ac.uk/~vgg/data/pets/images.tar.gz", bytes: 791_918_971,
        sha256: "67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d",
        seenAt: .tfds("datasets/oxford_iiit_pet/checksums.tsv")),
      Download(
        "annotations.tar.gz", "https://thor.robots.ox.ac.uk/~vgg/data/pets/annotations.tar.gz",
        bytes: 19_173_078, sha256: "52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91",
        seenAt: .tfds("datasets/oxford_iiit_pet/checksums.tsv")),
    ],
    notes: "Most of its 25 breeds of dog and some of its 12 of cat are classes of ImageNet. Some files named .jpg "
      + "are of another format inside.")

  private static let flowers102 = DatasetFacts(
    name: "flowers102", title: "Oxford Flowers-102", classes: 102, parts: Part.split(train: 2_040, test: 6_149),
    imageSize: "varies", channels: 3, metric: .meanPerClass,
    layout: "jpg/image_NNNNN.jpg with imagelabels.mat and setid.mat, also in flowers-102/; train is trnid and valid "
      + "together",
    citation: Citation(
      authors: "Nilsback, Zisserman", year: 2008,
      title: "Automated Flower Classification over a Large Number of Classes", venue: "ICVGIP"),
    homepage: "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/", licence: .noneKnown, tags: [.fineGrained],
    downloads: [
      flower(
        "102flowers.tgz", 344_862_509, "2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246",
        "52808999861908f626f3c1f4e79d11fa"),
      flower(
        "imagelabels.mat", 502, "4903e94206bac23bf772aadf06451916df56b58fc483a62db32a97b82656651d",
        "e0620be6f572b9609742df49c70aed4d"),
      flower(
        "setid.mat", 14_989, "46b8678f91fd95d3c8f4feab80d271a6c834a1dd896fe29fd3e6ad9ce5c8dccd",
        "a5357ecc9cb78c4bef273ce3793fc85c"),
    ],
    notes: "The official test part is the larger one; some papers swap the two. The classes have numbers only.")

  private static func flower(_ file: String, _ bytes: Int, _ sha256: String, _ md5: String) -> Download {
    Download(
      file, "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/" + file, bytes: bytes, sha256: sha256, md5: md5,
      seenAt: .tfds("datasets/oxford_flowers102/checksums.tsv"), .torchvision("flowers102.py"))
  }
}
