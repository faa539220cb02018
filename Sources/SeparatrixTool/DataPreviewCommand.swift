import ArgumentParser
import Datasets
import Foundation
import Training

extension DataCommand {
  struct Preview: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draws samples as evaluation sees them, each followed by augmented views, into a PNG file.",
      discussion: """
        The views are those that the epochs 0, 1, ... of a run with this seed see.
        Example:
          separatrix data preview glyphs --augment flip+shift+color-jitter:brightness=0.4 --out views.png
        """)

    @Argument(help: "Data, such as glyphs or folder:DIR.") var data: String
    @Option(help: "Augmentations, as flip+shift; those of the study by default where sizes allow.")
    var augment = "crop+flip"
    @Option(help: "The PNG file to write.") var out: String
    @Option(help: "Samples: rows of the picture.") var samples = 8
    @Option(help: "Augmented views of each.") var views = 7
    @Option(help: "Seed of the choice and the views.") var seed: UInt64 = 0
    @Option(help: "Split: train or test.") var split: String?
    @Option(help: "Enlarges each pixel; by default small images are.") var scale: Int?
    @OptionGroup var pictures: PictureOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard (1...200).contains(samples), (0...100).contains(views) else {
        throw Outcome.usage("--samples 1 to 200 and --views 0 to 100 fit a picture")
      }
      let specs: [AugmentationSpec]
      do throws(AugmentationError) {
        specs = try AugmentationSpec.list(parsing: augment)
      } catch {
        throw Outcome.usage("--augment: \(error)")
      }
      let reference = try pictures.applied(to: DataReference(parsing: data))
      let set = try reference.load(try split.map { try named(Split.self, $0, "--split") } ?? .train)
      let drawn = try AugmentationPreview.samples(
        set, augment: specs, count: samples, views: views, seed: seed)
      let row = views + 1
      let rows = (0..<drawn.count / row).map { start in (start * row..<(start + 1) * row).map { $0 } }
      let factor = scale ?? max(1, 96 / max(drawn.shape.height, drawn.shape.width))
      try ContactSheet.write(drawn, rows: rows, to: URL(typed: out), scale: factor)
      let classes = rows.map { drawn.classNames[drawn.labels[$0[0]]] }
      if output.json {
        return try Console.printJSON(
          Written(out: out, augment: AugmentationSpec.text(of: specs), classes: classes, views: views))
      }
      print("\(out): \(rows.count) samples; left as evaluation sees them, then \(views) views by \(augment)")
      print("rows: \(classes.joined(separator: ", "))")
    }

    private struct Written: Encodable {
      let out, augment: String
      let classes: [String]
      let views: Int
    }
  }
}
