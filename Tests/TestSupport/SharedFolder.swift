import Foundation

/// The folder with real images and peers that developers may have beside the checkout (`../shared`);
/// nil where there is none. Tests that need it are skipped with `sharedReason`.
public let sharedFolder: URL? = {
  let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let shared = package.deletingLastPathComponent().appendingPathComponent("shared")
  let readme = shared.appendingPathComponent("data/README.md").path
  return FileManager.default.fileExists(atPath: readme) ? shared : nil
}()

/// Whether `../shared` is present.
public let hasSharedFolder = sharedFolder != nil

/// Why a test that needs `../shared` is skipped.
public let sharedReason = "needs the real images in ../shared"
