// swift-tools-version: 6.1
import PackageDescription

/// Dependencies point from left to right in the list below and nowhere else.
let package = Package(
  name: "separatrix",
  platforms: [.macOS(.v14)],
  products: [
    .executable(name: "separatrix", targets: ["separatrix"]),
    .library(name: "SeparatrixTool", targets: ["SeparatrixTool"]),
    .library(name: "Measures", targets: ["Measures", "Features", "Torch"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "LibTorch", pkgConfig: "libtorch"),
    .target(name: "CTorch", dependencies: ["LibTorch"]),
    .target(
      name: "CCodecs",
      linkerSettings: [
        .linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("archive"), .linkedLibrary("curl"),
        .linkedLibrary("z"),
      ]),
    .target(name: "Torch", dependencies: ["CTorch"]),
    .target(name: "Datasets", dependencies: ["CCodecs", .product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "Networks", dependencies: ["Torch"]),
    .target(name: "Objectives", dependencies: ["Torch", "Networks"]),
    .target(
      name: "Training",
      dependencies: [
        "Torch", "Datasets", "Networks", "Objectives", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Features", dependencies: ["Training", "CCodecs"]),
    .target(name: "Measures", dependencies: ["Features"]),
    .target(name: "Transfer", dependencies: ["Datasets", "Features", "Measures", "Torch", "Training"]),
    .target(
      name: "Study",
      dependencies: [
        "Transfer", "Measures", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Report", dependencies: ["Measures", "Study"]),
    .target(
      name: "SeparatrixTool",
      dependencies: ["Report", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .executableTarget(name: "separatrix", dependencies: ["SeparatrixTool"]),
    .executableTarget(
      name: "MeasuresExample", dependencies: ["Measures", "Features", "Torch"], path: "Examples/Measures"),

    .target(name: "TestSupport", dependencies: ["Torch"], path: "Tests/TestSupport"),
    .testTarget(name: "TorchTests", dependencies: ["Torch", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "DatasetsTests",
      dependencies: ["Datasets", "TestSupport", .product(name: "Crypto", package: "swift-crypto")],
      exclude: ["Fixtures"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "Torch", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ObjectivesTests", dependencies: ["Objectives", "TestSupport"], exclude: ["Fixtures/generate.py"],
      resources: [.copy("Fixtures")]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
    .testTarget(
      name: "FeaturesTests", dependencies: ["Features", "TestSupport"], exclude: ["Fixtures", "generate.py"]),
    .testTarget(
      name: "MeasuresTests", dependencies: ["Measures", "TestSupport"],
      exclude: [
        "Fixtures", "generate.py", "generate_calibration.py", "generate_representations.py", "generate_decisions.py",
        "generate_permutations.py", "generate_retrieval.py", "generate_shift.py",
      ]),
    .testTarget(
      name: "TransferTests",
      dependencies: [
        "Transfer", "Datasets", "Features", "Measures", "Networks", "Objectives", "Torch", "Training", "TestSupport",
      ],
      exclude: ["Fixtures", "generate.py", "generate_options.py", "generate_scores.py"]),
    .testTarget(name: "StudyTests", dependencies: ["Study", "Measures", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(name: "ReportTests", dependencies: ["Report", "TestSupport"]),
    .testTarget(
      name: "EndToEndTests", dependencies: ["separatrix", "TestSupport"], exclude: ["Fixtures", "generate_odd.py"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)
